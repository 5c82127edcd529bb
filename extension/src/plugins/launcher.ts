import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { experimentsIcon } from '../icons';
import { CommandIDs, DOMAIN } from '../tokens';

const LAUNCH = 'expkit:launch';

export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: 'expkit:launcher',
  description: 'The Experiments card of the launcher.',
  autoStart: true,
  optional: [ILauncher, ITranslator],
  activate: (app: JupyterFrontEnd, launcher: ILauncher | null, translator: ITranslator | null) => {
    if (!launcher) {
      return; // Notebook 7 has none
    }
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    app.commands.addCommand(LAUNCH, {
      label: trans.__('Experiments'),
      caption: trans.__('Show the list of experiments'),
      icon: experimentsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.commands.execute(CommandIDs.sidebar)
    });
    launcher.add({ command: LAUNCH, category: trans.__('Other'), rank: 1 });
  }
};
