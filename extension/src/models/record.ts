import { ExperimentsClient } from '../api/client';
import {
  ChecklistItem,
  Me,
  Note,
  Phase,
  Review,
  Risk,
  ScheduledMove,
  SignedPlan,
  TimelineItem,
  Version
} from '../api/types';
import { Remote } from './remote';

/** What is kept about one experiment beside its definition: each part is read when its tab is first opened. */
export class ExperimentRecord {
  constructor(client: ExperimentsClient, key: string, onChange: () => void) {
    const part = <T>(read: () => Promise<T>) => new Remote(read, onChange);
    this.checklist = part(() => client.checklist(key));
    this.plans = part(() => client.signedPlans(key));
    this.planned = part(() => client.scheduled(key));
    this.risks = part(() => client.risks(key));
    this.timeline = part(() => client.timeline(key));
    this.versions = part(() => client.versions(key));
    this.phases = part(() => client.phases(key));
    this.notes = part(() => client.notes(key));
    this.reviews = part(async () => {
      const [me, reviews] = await Promise.all([client.me(), client.reviews(key)]);
      return { me, reviews };
    });
  }

  /** Something was done: read again what has been shown. */
  renew(): void {
    Object.values(this).forEach(each => (each as Remote<unknown>).renew());
  }

  readonly checklist: Remote<ChecklistItem[]>;
  readonly plans: Remote<SignedPlan[]>;
  readonly planned: Remote<ScheduledMove[]>;
  readonly risks: Remote<Risk[]>;
  readonly timeline: Remote<TimelineItem[]>;
  readonly versions: Remote<Version[]>;
  readonly phases: Remote<Phase[]>;
  readonly notes: Remote<Note[]>;
  /** With who is looking at them: nobody judges their own. */
  readonly reviews: Remote<{ me: Me; reviews: Review[] }>;
}
