import { ChecklistItem, Impact, Verb } from '../api/types';
import { actionLabel, VERBS } from '../models/actions';
import { confirmMove } from '../panels/dialogs';
import { Doing } from './doing';

/** The steps of the lifecycle, and taking a look. */
export function addMoves(doing: Doing): void {
  VERBS.forEach(verb => addMove(doing, verb));
  addAnalyze(doing);
}

function addMove(doing: Doing, verb: Verb): void {
  const { experiments, trans } = doing;
  const label = actionLabel(verb, trans);
  doing.add(verb, {
    caption: trans.__('%1 the experiment in front, or one of your choice', label),
    args: { reason: { type: 'string', description: trans.__('Given, the user is not asked for confirmation') } },
    run: async (experiment, args) => {
      let reason = typeof args['reason'] === 'string' ? args['reason'] : null;
      if (reason === null) {
        const items = await checklist(doing, verb, experiment.key);
        reason = await confirmMove(experiment, verb, items, await impact(doing, verb, experiment.key), trans);
      }
      if (reason === null) {
        return null;
      }
      await experiments.move(experiment.key, verb, reason);
      return trans.__('%1: done (%2)', label, experiment.name);
    }
  });
}

/** What to look at before a start; that it cannot be read is no reason not to start. */
async function checklist(doing: Doing, verb: Verb, key: string): Promise<ChecklistItem[]> {
  return verb === 'start' ? doing.experiments.client.checklist(key).catch(() => []) : [];
}

/** What a rollback would change; that it cannot be told is no reason not to roll back. */
async function impact(doing: Doing, verb: Verb, key: string): Promise<Impact | null> {
  return verb === 'rollback' ? doing.experiments.client.impact(key).catch(() => null) : null;
}

function addAnalyze(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('analyze', {
    caption: trans.__('Take a look at the data so far'),
    run: async experiment => {
      const scorecard = await experiments.analyze(experiment.key);
      return trans.__('Look %1 at “%2” is there', scorecard.look, experiment.name);
    }
  });
}
