import { TranslationBundle } from '@jupyterlab/translation';

import { ExperimentType, Risk, Status } from '../api/types';

/** How a status looks: the shape says it too, so colour alone never does. */
export type Tone = 'waiting' | 'running' | 'held' | 'ended' | 'good' | 'bad';

const TONES: Record<Status, Tone> = {
  draft: 'waiting',
  review: 'waiting',
  scheduled: 'waiting',
  active: 'running',
  paused: 'held',
  stopped: 'ended',
  analysis: 'ended',
  rolling_out: 'running',
  rolled_out: 'good',
  rolled_back: 'bad',
  completed: 'good',
  archived: 'ended'
};

export const STATUSES = Object.keys(TONES) as Status[];

export function tone(status: Status): Tone {
  return TONES[status] ?? 'waiting';
}

export function statusLabel(status: Status, trans: TranslationBundle): string {
  const labels: Record<Status, string> = {
    draft: trans.__('Draft'),
    review: trans.__('In review'),
    scheduled: trans.__('Scheduled'),
    active: trans.__('Active'),
    paused: trans.__('Paused'),
    stopped: trans.__('Stopped'),
    analysis: trans.__('In analysis'),
    rolling_out: trans.__('Rolling out'),
    rolled_out: trans.__('Rolled out'),
    rolled_back: trans.__('Rolled back'),
    completed: trans.__('Completed'),
    archived: trans.__('Archived')
  };
  return labels[status] ?? status;
}

export function typeLabels(trans: TranslationBundle): Record<ExperimentType, string> {
  return {
    model: trans.__('Model Comparison'),
    prompt: trans.__('Prompt A/B Test'),
    feature: trans.__('Feature Test'),
    infrastructure: trans.__('Infrastructure Test'),
    cost: trans.__('Cost Optimization'),
    recommender: trans.__('Recommender'),
    canary: trans.__('Canary Deployment'),
    multivariate: trans.__('Multivariate Test')
  };
}

export function riskLabel(risk: Risk, trans: TranslationBundle): string {
  const labels: Record<Risk['kind'], string> = {
    underpowered: trans.__('Too few units by its end'),
    check: trans.__('A data check fails'),
    guardrail: trans.__('A guardrail is near its bound or beyond it'),
    overdue: trans.__('It runs longer than planned'),
    alert: trans.__('Watching has raised an alert')
  };
  return labels[risk.kind] ?? risk.kind;
}
