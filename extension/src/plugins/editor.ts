import { MainAreaWidget } from '@jupyterlab/apputils';
import { JupyterFrontEnd } from '@jupyterlab/application';

import { Problem } from '../api/problem';
import { Experiment } from '../api/types';
import { experimentsIcon } from '../icons';
import { isOpen } from '../models/actions';
import { changesOf, definitionOf, IDraft } from '../models/draft';
import { EditorPanel } from '../panels/editor';
import { CommandIDs } from '../tokens';
import { Doing } from './doing';

/** Making an experiment, and changing one, in a form. */
export function addEditor(doing: Doing, shell: JupyterFrontEnd.IShell): void {
  const { commands, trans } = doing;
  commands.addCommand(CommandIDs.create, {
    label: trans.__('New Experiment'),
    caption: trans.__('Describe a new experiment: hypothesis, variants, metrics, guardrails'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => open(doing, shell, null)
  });
  doing.add('edit', {
    caption: trans.__('Change what can be changed, as a new version'),
    run: async experiment => {
      await open(doing, shell, experiment);
      return null;
    }
  });
}

/** One form per experiment, and one for new ones. */
async function open(doing: Doing, shell: JupyterFrontEnd.IShell, experiment: Experiment | null): Promise<void> {
  const { commands, experiments, trans } = doing;
  const id = experiment ? `expkit-edit-${experiment.key}` : 'expkit-create';
  const there = Array.from(shell.widgets('main')).find(each => each.id === id);
  if (there) {
    shell.activateById?.(id);
    return;
  }
  const catalogue = await experiments.client.metrics().catch(() => []);
  const panel: MainAreaWidget = new MainAreaWidget({
    content: new EditorPanel({
      experiment,
      known: catalogue.map(metric => metric.key),
      trans,
      cancel: () => panel.dispose(),
      save: async draft => {
        const faults = await save(doing, draft, experiment);
        if (faults.length === 0) {
          panel.dispose();
          void commands.execute(CommandIDs.open, { key: experiment?.key ?? draft.key.trim() });
        }
        return faults.filter(Boolean);
      }
    })
  });
  panel.id = id;
  panel.title.label = experiment ? trans.__('Edit %1', experiment.name) : trans.__('New experiment');
  panel.title.icon = experimentsIcon;
  panel.title.closable = true;
  shell.add(panel, 'main');
  shell.activateById?.(id);
}

/** Resolves with what is wrong; with one empty line when that was told in a dialog. */
async function save(doing: Doing, draft: IDraft, seen: Experiment | null): Promise<ReadonlyArray<string>> {
  const { trans } = doing;
  let faults: ReadonlyArray<string> = [''];
  const title = seen ? trans.__('Save') : trans.__('Create');
  await doing.reported(title, seen ? { key: seen.key } : {}, async () => {
    try {
      const saved = await send(doing, draft, seen);
      faults = [];
      if (saved.version === seen?.version) {
        return trans.__('Nothing was changed');
      }
      return seen ? trans.__('Saved as version %1', saved.version) : trans.__('“%1” is a draft', saved.name);
    } catch (reason) {
      faults = faultsOf(Problem.of(reason), seen === null);
      if (faults.some(Boolean)) {
        return null; // they stand at their fields
      }
      throw reason;
    }
  });
  return faults;
}

async function send(doing: Doing, draft: IDraft, seen: Experiment | null): Promise<Experiment> {
  const { client } = doing.experiments;
  const saved = seen
    ? await client.update(seen.key, changesOf(draft, seen, isOpen(seen)), seen.version)
    : await client.create(definitionOf(draft));
  doing.experiments.put(saved);
  return saved;
}

/** A key that is taken is the key's fault. */
function faultsOf(problem: Problem, isNew: boolean): ReadonlyArray<string> {
  if (isNew && problem.kind === 'conflict') {
    return [`key: ${problem.message}`];
  }
  return problem.faults.length > 0 ? problem.faults : [''];
}
