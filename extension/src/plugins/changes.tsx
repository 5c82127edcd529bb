import * as React from 'react';

import { CommandIDs } from '../tokens';
import { ExperimentInput, Experiment, Guardrail } from '../api/types';
import { Changes } from '../components/versions';
import { isRunning } from '../models/actions';
import { fromField, hoursFromNow, toField, when, zone } from '../models/times';
import { reasonField } from '../panels/dialogs';
import { askForm } from '../panels/form';
import { askGuardrails } from '../panels/guardrails';
import { askTraffic } from '../panels/traffic';
import { Doing } from './doing';

/** What changes an experiment's definition, its plans, or makes another of it. */
export function addChanges(doing: Doing): void {
  addTraffic(doing);
  addGuardrails(doing);
  addRestore(doing);
  addSchedule(doing);
  addUnschedule(doing);
  addSign(doing);
  addClone(doing);
  addDelete(doing);
  addReport(doing);
}

/** The change on top of what the user saw; refused when somebody else was faster. */
async function change(doing: Doing, seen: Experiment, changes: ExperimentInput, reason: string): Promise<Experiment> {
  const changed = await doing.experiments.client.update(seen.key, changes, seen.version, reason);
  doing.experiments.put(changed);
  return changed;
}

function addTraffic(doing: Doing): void {
  const { trans } = doing;
  doing.add('traffic', {
    caption: trans.__('Set how many units are let in, and how they are split between the variants'),
    run: async experiment => {
      const asked = await askTraffic(experiment, isRunning(experiment), trans);
      if (!asked) {
        return null;
      }
      const variants = experiment.variants.map(each => ({ ...each, weight: asked.shares[each.key] }));
      const changed = await change(doing, experiment, { coverage: asked.coverage, variants }, asked.reason);
      return trans.__('The traffic is changed: version %1', changed.version);
    }
  });
}

function addGuardrails(doing: Doing): void {
  const { trans } = doing;
  doing.add('guardrails', {
    caption: trans.__('Set what must not get worse, and what happens when it does'),
    run: async experiment => {
      const asked = await askGuardrails(experiment, trans);
      if (!asked) {
        return null;
      }
      const guardrails = asked.guardrails as Guardrail[];
      const changed = await change(doing, experiment, { guardrails }, asked.reason);
      return trans.__('The guardrails are set: version %1', changed.version);
    }
  });
}

function addRestore(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.addAs(CommandIDs.restore, trans.__('Restore Version'), {
    caption: trans.__('Make a new version that equals an old one'),
    args: { version: { type: 'integer', description: trans.__('The version to go back to') } },
    run: async (experiment, args) => {
      const number = Number(args['version']);
      const later = (await experiments.client.versions(experiment.key)).filter(each => each.version > number);
      const asked = await askForm(
        {
          title: trans.__('Restore version %1 of “%2”?', number, experiment.name),
          text: trans.__('A new version %1 is made that equals it; no version is lost. This is taken back:', experiment.version + 1),
          more: <Changes changes={later.flatMap(each => each.changes)} trans={trans} />,
          fields: [reasonField(trans, true)],
          accept: trans.__('Restore')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      experiments.put(await experiments.client.restore(experiment.key, number, asked.reason));
      return trans.__('Version %1 is restored', number);
    }
  });
}

function addSchedule(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('schedule', {
    caption: trans.__('Plan its start or its stop; whichever server is alive then does it'),
    run: async experiment => {
      const verbs: Array<[string, string]> = [['stop', trans.__('Stop')]];
      if (!isRunning(experiment)) {
        verbs.unshift(['start', trans.__('Start')]);
      }
      const asked = await askForm(
        {
          title: trans.__('Schedule “%1”', experiment.name),
          text: trans.__('Somebody should be there to watch it. A time that was planned before is replaced.'),
          fields: [
            { name: 'verb', label: trans.__('What'), kind: 'choice', options: verbs, value: verbs[0][0] },
            {
              name: 'at',
              label: trans.__('When'),
              kind: 'moment',
              value: hoursFromNow(24),
              min: toField(new Date()),
              isRequired: true,
              help: trans.__('Time zone: %1', zone())
            },
            reasonField(trans)
          ],
          accept: trans.__('Schedule')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      const verb = asked.verb as 'start' | 'stop';
      const planned = await experiments.client.schedule(experiment.key, {
        at: fromField(asked.at),
        verb,
        reason: asked.reason
      });
      experiments.put(await experiments.client.get(experiment.key));
      return verb === 'start'
        ? trans.__('It will start %1', when(planned.at))
        : trans.__('It will stop %1', when(planned.at));
    }
  });
}

function addUnschedule(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('unschedule', {
    caption: trans.__('Take planned starts and stops back'),
    run: async experiment => {
      const asked = await askForm(
        {
          title: trans.__('Unschedule “%1”?', experiment.name),
          text: trans.__('What is planned for it will not happen. One that waits for its start is a draft again.'),
          fields: [reasonField(trans)],
          accept: trans.__('Unschedule')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      await experiments.client.unschedule(experiment.key, asked.reason);
      experiments.put(await experiments.client.get(experiment.key));
      return trans.__('Nothing is planned for “%1” any more', experiment.name);
    }
  });
}

function addSign(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('sign', {
    caption: trans.__('Promise, before the start, what will be judged and how'),
    run: async experiment => {
      const asked = await askForm(
        {
          title: trans.__('Sign the plan of “%1”?', experiment.name),
          text: trans.__(
            'You promise what will be judged and how: question, metrics, method, stopping and variants, as in version %1. ' +
              'A later change of them shows.',
            experiment.version
          ),
          accept: trans.__('Sign')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      const signed = await experiments.client.signPlan(experiment.key);
      experiments.touch(experiment.key);
      return trans.__('The plan is signed: %1', signed.digest.slice(0, 12));
    }
  });
}

function addClone(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('clone', {
    caption: trans.__('Make a draft with the same definition'),
    args: { newKey: { type: 'string', description: trans.__('The key of the draft') } },
    run: async (experiment, args) => {
      let key = typeof args['newKey'] === 'string' ? args['newKey'] : '';
      if (!key) {
        const asked = await askForm(
          {
            title: trans.__('Clone “%1”', experiment.name),
            text: trans.__('A draft with the same definition, to be changed and started on its own.'),
            fields: [
              { name: 'key', label: trans.__('Key of the draft'), value: `${experiment.key}-2`, isRequired: true }
            ],
            accept: trans.__('Clone')
          },
          trans
        );
        key = asked?.key ?? '';
      }
      if (!key) {
        return null;
      }
      const clone = await experiments.client.clone(experiment.key, key);
      experiments.put(clone);
      void doing.commands.execute(CommandIDs.open, { key: clone.key });
      return trans.__('“%1” is a draft', clone.name);
    }
  });
}

function addDelete(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('delete', {
    caption: trans.__('Delete a draft that was never started'),
    run: async experiment => {
      const asked = await askForm(
        {
          title: trans.__('Delete the draft “%1”?', experiment.name),
          text: trans.__('It goes, with its notes and reviews. The audit trail keeps what was in it.'),
          fields: [reasonField(trans)],
          accept: trans.__('Delete'),
          isFinal: true
        },
        trans
      );
      if (!asked) {
        return null;
      }
      await experiments.client.delete(experiment.key, asked.reason);
      experiments.remove(experiment.key);
      return trans.__('The draft “%1” is deleted', experiment.name);
    }
  });
}

function addReport(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('report', {
    caption: trans.__('Open the report of the latest look in a tab of its own, to be saved or printed'),
    run: async experiment => {
      if ((await experiments.client.results(experiment.key)) === null) {
        await experiments.analyze(experiment.key);
      }
      window.open(experiments.client.reportUrl(experiment.key), '_blank', 'noopener');
      return trans.__('The report of “%1” is open in another tab', experiment.name);
    }
  });
}
