/** The service's nouns under the names used here; their shapes are generated from openapi.json. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Experiment = Schemas['Experiment'];
/** What may be sent: everything but what makes an experiment may be left out. */
export type ExperimentInput = Partial<Schemas['ExperimentInput']>;
export type ExperimentPage = Schemas['ExperimentPage'];
export type Status = Experiment['status'];
export type ExperimentType = Experiment['type'];
export type Variant = Schemas['Variant'];
export type Metric = Schemas['Metric'];
export type Guardrail = Schemas['Guardrail'];
export type Plan = Schemas['Plan'];
export type Scorecard = Schemas['Scorecard'];
export type MetricEstimate = Scorecard['estimates'][number];
export type Check = Scorecard['checks'][number];
export type GuardrailFinding = Scorecard['guardrails'][number];
export type Recommendation = Scorecard['recommendation'];
export type Reached = Schemas['Reached'];
export type Breakdown = Schemas['Breakdown'];
export type Segment = Breakdown['segments'][number];
export type Estimate = Extract<MetricEstimate['estimate'], { kind: 'estimate' }>;
export type NotEstimable = Schemas['NotEstimable'];
export type TimelineItem = Schemas['TimelineItem'];

export type ChecklistItem = Schemas['ChecklistItem'];
export type Impact = Schemas['Impact'];
export type Risk = Schemas['Risk'];
export type AtRisk = Record<string, Risk[]>;
export type Version = Schemas['Version'];
export type Phase = Schemas['PhaseItem'];
export type Note = Schemas['Note'];
export type NoteEdit = Schemas['NoteEditItem'];
export type Review = Schemas['Review'];
export type ReviewAnswer = Schemas['ReviewAnswer'];
export type Verdict = ReviewAnswer['verdict'];
export type ReviewRequest = Partial<Schemas['ReviewRequest']>;
export type ScheduledMove = Schemas['ScheduledMove'];
export type ScheduleRequest = Partial<Schemas['ScheduleRequest']>;
export type SignedPlan = Schemas['SignedPlanItem'];
export type Elevation = Schemas['Elevation'];
export type Me = Schemas['Me'];
export type Role = Elevation['role'];
export type ProblemDocument = Schemas['Problem'];

/** A list as the service answers it. */
export interface Page<T> {
  items: T[];
}

/** The steps of the lifecycle that are offered here. */
export type Verb =
  | 'start'
  | 'pause'
  | 'resume'
  | 'stop'
  | 'conclude'
  | 'promote'
  | 'finish'
  | 'rollback'
  | 'complete'
  | 'archive';

/** What `bokeh.embed.json_item` gives: opaque here, read by BokehJS. */
export type Figure = Record<string, unknown>;
