import { Problem } from '../api/problem';

/** Something that is read when somebody first looks at it, and read again when it has changed. */
export class Remote<T> {
  constructor(
    private readonly read: () => Promise<T>,
    private readonly onChange: () => void
  ) {}

  get value(): T | null {
    return this._value;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  /** Read it, unless that has been done. */
  ensure(): void {
    if (this._tickets === 0) {
      void this.load();
    }
  }

  /** Read it again, if somebody has looked at it before. */
  renew(): void {
    if (this._tickets > 0) {
      void this.load();
    }
  }

  /** Read it; what went wrong is in `problem`. */
  async load(): Promise<void> {
    const ticket = ++this._tickets;
    let value = this._value;
    let problem: Problem | null = null;
    try {
      value = await this.read();
    } catch (reason) {
      problem = Problem.of(reason);
    }
    if (ticket === this._tickets) {
      this._value = value;
      this._problem = problem;
      this.onChange();
    }
  }

  private _value: T | null = null;
  private _problem: Problem | null = null;
  private _tickets = 0;
}
