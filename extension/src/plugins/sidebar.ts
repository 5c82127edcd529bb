import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { experimentsIcon } from '../icons';
import { Experiments } from '../models/experiments';
import { ExperimentsSidebar } from '../panels/sidebar';
import { CommandIDs, DOMAIN, ICurrentExperiment, IExperiments } from '../tokens';

const RANK = 600;

export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'expkit:sidebar',
  description: 'The list of experiments at the side.',
  autoStart: true,
  requires: [IExperiments],
  optional: [ICurrentExperiment, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    experiments: IExperiments,
    current: ICurrentExperiment | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const sidebar = new ExperimentsSidebar({
      model: experiments as Experiments,
      commands: app.commands,
      current,
      translator: translator ?? nullTranslator
    });
    app.shell.add(sidebar, 'left', { rank: RANK });
    restorer?.add(sidebar, sidebar.id);
    app.commands.addCommand(CommandIDs.sidebar, {
      label: trans.__('Show Experiments'),
      caption: trans.__('Show the list of experiments'),
      icon: args => (args['isPalette'] ? undefined : experimentsIcon),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(sidebar.id)
    });
  }
};
