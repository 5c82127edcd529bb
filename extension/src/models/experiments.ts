import { Debouncer, Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { ExperimentsClient } from '../api/client';
import { Problem } from '../api/problem';
import { AtRisk, Experiment, ExperimentPage, Me, Review, Scorecard, Verb } from '../api/types';
import { IExperiments } from '../tokens';
import { EVERYTHING, IFilters, Order } from './filters';
import { waitsFor } from './roles';

export const PAGE_SIZE = 100;

/** The list of experiments: what to look for, what was found, what went wrong. */
export class Experiments implements IExperiments {
  constructor(readonly client: ExperimentsClient) {
    this._poll = new Poll({
      name: 'expkit:experiments',
      auto: false,
      factory: () => this.load(),
      frequency: { interval: 15_000, backoff: true, max: 300_000 },
      standby: () => (this._watchers > 0 ? 'when-hidden' : true)
    });
  }

  get known(): ReadonlyArray<Experiment> {
    return this._known;
  }

  get total(): number {
    return this._total;
  }

  /** How many matching experiments come before those known. */
  get offset(): number {
    return this._offset;
  }

  get atRisk(): Readonly<AtRisk> {
    return this._atRisk;
  }

  /** The reviews that wait for whoever is looking. */
  get waiting(): ReadonlyArray<Review> {
    return this._waiting;
  }

  /** Those that can be filtered by; empty until somebody has asked for them. */
  get departments(): ReadonlyArray<string> {
    return this._departments;
  }

  /** Ask which departments there are; a filter without them is no reason to have no list. */
  async readDepartments(): Promise<void> {
    this._departments = await this.client.departments().catch(() => this._departments);
    this._changed.emit();
  }

  /** Whether an answer, good or bad, has come yet. */
  get isLoaded(): boolean {
    return this._isLoaded;
  }

  get problem(): Problem | null {
    return this._problem;
  }

  get filters(): Readonly<IFilters> {
    return this._filters;
  }

  get order(): Order {
    return this._order;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get moved(): ISignal<this, Experiment> {
    return this._moved;
  }

  get touched(): ISignal<this, string> {
    return this._touched;
  }

  get removed(): ISignal<this, string> {
    return this._removed;
  }

  get analyzed(): ISignal<this, Scorecard> {
    return this._analyzed;
  }

  set refreshSeconds(seconds: number) {
    this._poll.frequency = { ...this._poll.frequency, interval: seconds * 1000 };
  }

  /** Look for something else, from the first page. */
  filter(wanted: Partial<IFilters>): void {
    this._filters = { ...this._filters, ...wanted };
    this.turn(0);
  }

  sort(order: Order): void {
    this._order = order;
    this.turn(0);
  }

  reset(): void {
    this._order = 'newest';
    this.filter(EVERYTHING);
  }

  /** Go to the page that begins there. */
  turn(offset: number): void {
    this._offset = Math.max(0, offset);
    this._changed.emit();
    void this._typed.invoke();
  }

  /** Poll from now until the returned function is called: nobody looking, nothing asked. */
  watch(): () => void {
    this._watchers += 1;
    void this._poll.refresh();
    let watching = true;
    return () => {
      this._watchers -= watching ? 1 : 0;
      watching = false;
    };
  }

  /** Ask now; what went wrong is in `problem`. */
  async refresh(): Promise<void> {
    await this.load().catch(() => undefined);
  }

  async move(key: string, verb: Verb, reason: string): Promise<Experiment> {
    const moved = await this.client.move(key, verb, reason);
    this.put(moved);
    return moved;
  }

  async analyze(key: string): Promise<Scorecard> {
    const scorecard = await this.client.analyze(key);
    this._analyzed.emit(scorecard);
    this.touch(key);
    return scorecard;
  }

  put(experiment: Experiment): void {
    const isNew = !this._known.some(each => each.key === experiment.key);
    this._known = this._known.map(each => (each.key === experiment.key ? experiment : each));
    this._changed.emit();
    this._moved.emit(experiment);
    this.touch(experiment.key);
    if (isNew) {
      void this.refresh();
    }
  }

  touch(key: string): void {
    this._touched.emit(key);
    if (this._waiting.some(review => review.experiment === key)) {
      void this.loadWaiting();
    }
  }

  remove(key: string): void {
    this._known = this._known.filter(each => each.key !== key);
    this._removed.emit(key);
    void this.refresh();
  }

  private async load(): Promise<void> {
    const ticket = ++this._tickets;
    let page: ExperimentPage | null = null;
    let problem: Problem | null = null;
    try {
      page = await this.client.list(this.query());
    } catch (reason) {
      problem = Problem.of(reason);
    }
    if (ticket !== this._tickets) {
      return; // asked again meanwhile: that answer counts
    }
    this._known = page?.items ?? this._known;
    this._total = page?.total ?? this._total;
    this._problem = problem;
    this._isLoaded = true;
    this._changed.emit();
    if (problem) {
      throw problem; // the poll backs off
    }
    await Promise.all([this.loadRisks(), this.loadWaiting()]);
  }

  /** A mark in the list is no reason to have no list. */
  private async loadRisks(): Promise<void> {
    const isAnyActive = this._known.some(each => each.status === 'active');
    try {
      this._atRisk = isAnyActive ? await this.client.atRisk() : {};
    } catch {
      return;
    }
    this._changed.emit();
  }

  /** Nor is it a reason that nobody can say what waits for me. */
  private async loadWaiting(): Promise<void> {
    try {
      const me = (this._me ??= await this.client.me());
      this._waiting = (await this.client.openReviews(me.name)).filter(review => waitsFor(review, me));
    } catch {
      return;
    }
    this._changed.emit();
  }

  private query() {
    const { text, ...choices } = this._filters;
    return { ...choices, text: text.trim(), order: this._order, limit: PAGE_SIZE, offset: this._offset };
  }

  private _known: Experiment[] = [];
  private _total = 0;
  private _offset = 0;
  private _atRisk: AtRisk = {};
  private _departments: string[] = [];
  private _waiting: Review[] = [];
  private _me: Me | null = null;
  private _isLoaded = false;
  private _problem: Problem | null = null;
  private _filters: IFilters = EVERYTHING;
  private _order: Order = 'newest';
  private _tickets = 0;
  private _watchers = 0;
  private _changed = new Signal<this, void>(this);
  private _moved = new Signal<this, Experiment>(this);
  private _touched = new Signal<this, string>(this);
  private _removed = new Signal<this, string>(this);
  private _analyzed = new Signal<this, Scorecard>(this);
  private _typed = new Debouncer(() => this.refresh(), 200);
  private _poll: Poll;
}
