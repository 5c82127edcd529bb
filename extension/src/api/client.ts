import { Connection, query, route } from './connection';
import {
  AtRisk,
  ChecklistItem,
  Elevation,
  Experiment,
  ExperimentInput,
  ExperimentPage,
  Figure,
  Impact,
  Me,
  Metric,
  Note,
  NoteEdit,
  Page,
  Phase,
  Review,
  ReviewRequest,
  Risk,
  ScheduledMove,
  ScheduleRequest,
  Scorecard,
  SignedPlan,
  TimelineItem,
  Verdict,
  Verb,
  Version
} from './types';

/** What to list; everything is optional, and the server does the searching. */
export interface IQuery {
  text?: string;
  status?: string;
  type?: string;
  department?: string;
  significance?: string;
  outcome?: string;
  days?: string;
  order?: string;
  limit?: number;
  offset?: number;
}

/** The service's routes about experiments, one method each. */
export class ExperimentsClient {
  constructor(private readonly to = new Connection()) {}

  list(wanted: IQuery = {}): Promise<ExperimentPage> {
    return this.to.get(`experiments${query({ ...wanted })}`);
  }

  get(key: string): Promise<Experiment> {
    return this.to.get(route('experiments', key));
  }

  create(experiment: ExperimentInput): Promise<Experiment> {
    return this.to.post('experiments', experiment);
  }

  /** Change some fields; refused when the experiment is no longer at the version that was seen. */
  update(key: string, changes: object, version: number, reason = ''): Promise<Experiment> {
    return this.to.patch(route('experiments', key), { changes, version, reason });
  }

  delete(key: string, reason: string): Promise<void> {
    return this.to.delete(route('experiments', key) + query({ reason }));
  }

  clone(key: string, newKey: string): Promise<Experiment> {
    return this.to.post(route('experiments', key, 'clone'), { new_key: newKey });
  }

  move(key: string, verb: Verb, reason: string): Promise<Experiment> {
    return this.to.post(route('experiments', key, verb), { reason });
  }

  analyze(key: string): Promise<Scorecard> {
    return this.to.post(route('experiments', key, 'analyze'));
  }

  /** The latest scorecard; null when the experiment has not been analysed yet. */
  results(key: string): Promise<Scorecard | null> {
    return this.to.find(route('experiments', key, 'results'));
  }

  /** The shared figure of the latest scorecard; null when there is none. */
  figure(key: string, theme: 'light' | 'dark'): Promise<Figure | null> {
    return this.to.find(route('experiments', key, 'figure') + query({ theme }));
  }

  checklist(key: string): Promise<ChecklistItem[]> {
    return this.items(route('experiments', key, 'checklist'));
  }

  /** What a rollback would change. */
  impact(key: string): Promise<Impact> {
    return this.to.get(route('experiments', key, 'impact'));
  }

  risks(key: string): Promise<Risk[]> {
    return this.items(route('experiments', key, 'risks'));
  }

  /** Of the active experiments those at risk, and why. */
  async atRisk(): Promise<AtRisk> {
    return (await this.to.get<{ items: AtRisk }>('risks')).items;
  }

  timeline(key: string): Promise<TimelineItem[]> {
    return this.items(route('experiments', key, 'timeline'));
  }

  versions(key: string): Promise<Version[]> {
    return this.items(route('experiments', key, 'versions'));
  }

  restore(key: string, version: number, reason: string): Promise<Experiment> {
    return this.to.post(route('experiments', key, 'versions', version, 'restore'), { reason });
  }

  phases(key: string): Promise<Phase[]> {
    return this.items(route('experiments', key, 'phases'));
  }

  notes(key: string): Promise<Note[]> {
    return this.items(route('experiments', key, 'notes'));
  }

  addNote(key: string, text: string): Promise<Note> {
    return this.to.post(route('experiments', key, 'notes'), { text });
  }

  editNote(id: number, text: string): Promise<Note> {
    return this.to.patch(route('notes', id), { text });
  }

  deleteNote(id: number, reason: string): Promise<void> {
    return this.to.delete(route('notes', id) + query({ reason }));
  }

  /** What a note said before. */
  noteHistory(id: number): Promise<NoteEdit[]> {
    return this.items(route('notes', id, 'history'));
  }

  reviews(key: string): Promise<Review[]> {
    return this.items(route('experiments', key, 'reviews'));
  }

  /** The open reviews of all experiments that somebody was asked for. */
  openReviews(reviewer: string): Promise<Review[]> {
    return this.items(`reviews${query({ reviewer, state: 'open' })}`);
  }

  requestReview(key: string, wanted: ReviewRequest): Promise<Review> {
    return this.to.post(route('experiments', key, 'review'), wanted);
  }

  answerReview(id: number, verdict: Verdict, comment: string): Promise<Review> {
    return this.to.post(route('reviews', id, 'answer'), { verdict, comment });
  }

  cancelReview(id: number, reason: string): Promise<Review> {
    return this.to.post(route('reviews', id, 'cancel'), { reason });
  }

  scheduled(key: string): Promise<ScheduledMove[]> {
    return this.items(`scheduled${query({ key })}`);
  }

  schedule(key: string, wanted: ScheduleRequest): Promise<ScheduledMove> {
    return this.to.post(route('experiments', key, 'schedule'), wanted);
  }

  unschedule(key: string, reason: string): Promise<unknown> {
    return this.to.post(route('experiments', key, 'unschedule'), { reason });
  }

  signPlan(key: string): Promise<SignedPlan> {
    return this.to.post(route('experiments', key, 'sign'));
  }

  signedPlans(key: string): Promise<SignedPlan[]> {
    return this.items(route('experiments', key, 'plans'));
  }

  /** The metric catalogue. */
  metrics(): Promise<Metric[]> {
    return this.items('catalogue/metrics');
  }

  /** Who asks, and what they may. */
  me(): Promise<Me> {
    return this.to.get('me');
  }

  /** The values of the department filter. */
  departments(): Promise<string[]> {
    return this.items('departments');
  }

  elevations(state = ''): Promise<Elevation[]> {
    return this.items(`elevations${query({ state })}`);
  }

  requestElevation(role: string, project: string, reason: string, hours: number): Promise<Elevation> {
    return this.to.post('elevations', { role, project, reason, hours });
  }

  answerElevation(id: number, approve: boolean, reason: string): Promise<Elevation> {
    return this.to.post(route('elevations', id, 'answer'), { approve, reason });
  }

  /** The address of the report, for a tab of its own. */
  reportUrl(key: string): string {
    return this.to.url(route('experiments', key, 'report'));
  }

  /** The address of a file that the server side carries. */
  staticUrl(path: string): string {
    return this.to.url(`static/${path}`);
  }

  private async items<T>(path: string): Promise<T[]> {
    return (await this.to.get<Page<T>>(path)).items;
  }
}
