/** What can be done with an experiment, and when. The service has the last word; this is for buttons and menus. */
import { TranslationBundle } from '@jupyterlab/translation';

import { Experiment, Status, Verb } from '../api/types';
import { statusLabel } from './status';

export type Action =
  | Verb
  | 'analyze'
  | 'edit'
  | 'traffic'
  | 'guardrails'
  | 'schedule'
  | 'unschedule'
  | 'review'
  | 'sign'
  | 'note'
  | 'clone'
  | 'report'
  | 'delete';

const OPEN: Status[] = ['draft', 'review', 'scheduled'];
const RUNNING: Status[] = ['active', 'paused'];

/** From which statuses; an action that is not here is possible from all. */
const FROM: Partial<Record<Action, Status[]>> = {
  start: OPEN,
  pause: ['active'],
  resume: ['paused'],
  stop: RUNNING,
  conclude: ['stopped'],
  promote: ['stopped', 'analysis'],
  finish: ['rolling_out'],
  rollback: [...RUNNING, 'rolling_out', 'rolled_out'],
  complete: ['analysis', 'rolled_out'],
  archive: ['stopped', 'rolled_out', 'rolled_back', 'completed'],
  traffic: [...OPEN, ...RUNNING],
  guardrails: [...OPEN, ...RUNNING],
  schedule: [...OPEN, ...RUNNING],
  unschedule: ['scheduled', ...RUNNING],
  review: ['draft', 'review'],
  sign: OPEN,
  delete: ['draft']
};

export const VERBS: Verb[] = [
  'start',
  'pause',
  'resume',
  'stop',
  'conclude',
  'promote',
  'finish',
  'rollback',
  'complete',
  'archive'
];

/** Whether units are being assigned, or will be again: what they get is settled, how many get it is not. */
export function isRunning(experiment: Experiment): boolean {
  return RUNNING.includes(experiment.status);
}

/** Before its start everything can still be changed. */
export function isOpen(experiment: Experiment): boolean {
  return OPEN.includes(experiment.status);
}

export function fits(action: Action, experiment: Experiment): boolean {
  return FROM[action]?.includes(experiment.status) ?? true;
}

/** Why an action is not possible now; empty when it is. */
export function whyNot(action: Action, experiment: Experiment, trans: TranslationBundle): string {
  if (fits(action, experiment)) {
    return '';
  }
  const from = FROM[action]!.map(status => statusLabel(status, trans)).join(', ');
  return trans.__('It is “%1”; possible from: %2', statusLabel(experiment.status, trans), from);
}

/** The word on a button or in a menu. */
export function actionLabel(action: Action, trans: TranslationBundle): string {
  return {
    start: trans.__('Start'),
    pause: trans.__('Pause'),
    resume: trans.__('Resume'),
    stop: trans.__('Stop'),
    conclude: trans.__('Begin analysis'),
    promote: trans.__('Promote'),
    finish: trans.__('Finish rollout'),
    rollback: trans.__('Roll back'),
    complete: trans.__('Complete'),
    archive: trans.__('Archive'),
    analyze: trans.__('Analyze'),
    edit: trans.__('Edit'),
    traffic: trans.__('Configure traffic'),
    guardrails: trans.__('Set guardrails'),
    schedule: trans.__('Schedule'),
    unschedule: trans.__('Unschedule'),
    review: trans.__('Request review'),
    sign: trans.__('Sign plan'),
    note: trans.__('Add note'),
    clone: trans.__('Clone'),
    report: trans.__('Export report'),
    delete: trans.__('Delete draft')
  }[action];
}

/** Moves that cannot be taken back ask for a reason. */
export function needsReason(verb: Verb): boolean {
  return verb === 'stop' || verb === 'rollback';
}

/** What a move does, for those who are about to make it. */
export function consequence(verb: Verb, trans: TranslationBundle): string {
  return {
    start: trans.__('Eligible units are assigned from now on, and their outcomes count.'),
    pause: trans.__('New units get no variant; units that have one keep it.'),
    resume: trans.__('New units are assigned again.'),
    stop: trans.__(
      'Every unit gets the default from now on. A stopped experiment never restarts: it can only be cloned.'
    ),
    conclude: trans.__('The data is complete; the result is being judged.'),
    promote: trans.__('The winning variant is rolled out. Watch its metrics: it can be rolled back at any time.'),
    finish: trans.__('The rollout has reached everybody.'),
    rollback: trans.__('Every unit gets control again, at once. The experiment ends as “Rolled back”.'),
    complete: trans.__('The decision is made and nothing more is to be done.'),
    archive: trans.__('It is put away: no step leads out of the archive, and its record stays.')
  }[verb];
}
