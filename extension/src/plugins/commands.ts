import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs, DOMAIN, ICurrentExperiment, IExperiments } from '../tokens';
import { addAccess } from './access';
import { addChanges } from './changes';
import { Doing } from './doing';
import { addEditor } from './editor';
import { addMoves } from './moves';
import { addPeople } from './people';

/** These need to know which note, review, version or request is meant; the page tells them. */
const OF_THE_PAGE: string[] = [
  CommandIDs.restore,
  CommandIDs.editNote,
  CommandIDs.deleteNote,
  CommandIDs.answerReview,
  CommandIDs.cancelReview,
  CommandIDs.answerElevation
];

/** What can be done with experiments, as commands: for the palette, menus, shortcuts and other extensions. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'expkit:commands',
  description: 'Everything that can be done with experiments, as commands.',
  autoStart: true,
  requires: [IExperiments],
  optional: [ICurrentExperiment, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    experiments: IExperiments,
    current: ICurrentExperiment | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const doing = new Doing(app.commands, experiments, current, trans);
    app.commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh Experiments'),
      caption: trans.__('Ask the server for the experiments again'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => experiments.refresh()
    });
    addMoves(doing);
    addChanges(doing);
    addPeople(doing);
    addEditor(doing, app.shell);
    addAccess(doing, app.shell);
    const category = trans.__('Experiments');
    Object.values(CommandIDs)
      .filter(command => !OF_THE_PAGE.includes(command))
      .forEach(command => palette?.addItem({ command, category, args: { isPalette: true } }));
  }
};
