import { ProblemDocument } from './types';

/** The stable name of what went wrong; empty when the answer was not expkit's. */
export type ProblemKind = ProblemDocument['kind'] | '';

/** What a request came to when it did not succeed: an RFC 9457 problem, or the nearest thing to one. */
export class Problem extends Error {
  constructor(
    readonly title: string,
    readonly detail: string,
    readonly status: number,
    readonly hint = '',
    readonly kind: ProblemKind = '',
    readonly correlationId = '',
    /** One line per fault of a definition: `variants[1].weight: …`. */
    readonly faults: ReadonlyArray<string> = [],
    /** The role that would be enough, and the project where it is needed. */
    readonly needed: Partial<Pick<ProblemDocument, 'role' | 'project'>> = {}
  ) {
    super(detail || title);
    this.name = 'Problem';
  }

  /** The server is there, but has no expkit in it. */
  get isMissingServerSide(): boolean {
    return this.status === 404 && this.kind === '';
  }

  /** It takes a role that whoever asked does not have. */
  get isForbidden(): boolean {
    return this.kind === 'forbidden';
  }

  /** Somebody else was faster. */
  get isOvertaken(): boolean {
    return this.kind === 'overtaken';
  }

  static async from(response: Response): Promise<Problem> {
    const text = await response.text();
    const body = parse(text);
    return new Problem(
      string(body.title) || response.statusText || `HTTP ${response.status}`,
      string(body.detail) || string(body.message),
      response.status,
      string(body.hint),
      string(body.kind) as ProblemKind,
      string(body.correlation_id),
      Array.isArray(body.problems) ? body.problems.map(string) : [],
      { role: string(body.role), project: string(body.project) }
    );
  }

  /** Anything thrown, as a problem; status 0 when no answer came. */
  static of(reason: unknown): Problem {
    if (reason instanceof Problem) {
      return reason;
    }
    return new Problem('', reason instanceof Error ? reason.message : String(reason), 0);
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const body = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {}; // a proxy's page of HTML
  }
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
