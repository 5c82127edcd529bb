import { ILabShell, ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { experimentsIcon } from '../icons';
import { ExperimentModel, Theme } from '../models/page';
import { TABS } from '../models/tabs';
import { chooseExperiment } from '../panels/dialogs';
import { ExperimentPanel } from '../panels/page';
import { CommandIDs, DOMAIN, ICurrentExperiment, IExperiments } from '../tokens';
import { keyArgument } from './arguments';

type Page = MainAreaWidget<ExperimentPanel>;

/** One page per experiment; it comes back when the browser is reloaded. */
export const pagePlugin: JupyterFrontEndPlugin<ICurrentExperiment> = {
  id: 'expkit:page',
  description: 'The page of an experiment: its results, design, timeline, versions, notes and reviews.',
  autoStart: true,
  provides: ICurrentExperiment,
  requires: [IExperiments],
  optional: [ILabShell, ILayoutRestorer, IThemeManager, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    experiments: IExperiments,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const tracker = new WidgetTracker<Page>({ namespace: 'expkit' });
    const theme = (): Theme => (themes?.theme && !themes.isLight(themes.theme) ? 'dark' : 'light');
    themes?.themeChanged.connect(() => tracker.forEach(page => page.content.model.setTheme(theme())));

    const create = (key: string): Page => {
      const model = new ExperimentModel(key, experiments);
      model.setTheme(theme());
      const content = new ExperimentPanel({ model, experiments, commands: app.commands, trans });
      const page = new MainAreaWidget({ content });
      page.id = `expkit-page-${key}`;
      page.title.icon = experimentsIcon;
      page.title.label = key;
      page.title.closable = true;
      const onRemoved = (_: IExperiments, gone: string) => {
        if (gone === key) {
          page.dispose();
        }
      };
      model.changed.connect(() => {
        page.title.label = model.experiment?.name ?? key;
      });
      experiments.removed.connect(onRemoved);
      page.disposed.connect(() => experiments.removed.disconnect(onRemoved));
      void tracker.add(page);
      return page;
    };

    app.commands.addCommand(CommandIDs.open, {
      label: trans.__('Open Experiment…'),
      caption: trans.__('Open the page of an experiment'),
      icon: args => (args['isPalette'] ? undefined : experimentsIcon),
      describedBy: {
        args: keyArgument(trans, {
          tab: { type: 'string', enum: TABS, description: trans.__('The part of the page to show') }
        })
      },
      execute: async args => {
        const key = typeof args['key'] === 'string' ? args['key'] : await choose();
        if (!key) {
          return;
        }
        const page = tracker.find(each => each.content.model.key === key) ?? create(key);
        if (!page.isAttached) {
          // Notebook 7 keeps its main area for the one document
          app.shell.add(page, labShell ? 'main' : 'right');
        }
        const tab = TABS.find(each => each === args['tab']);
        if (tab) {
          page.content.model.show(tab);
        }
        app.shell.activateById(page.id);
        return page;
      }
    });

    const choose = async (): Promise<string | null> => {
      await experiments.refresh();
      return chooseExperiment(experiments.known, trans.__('Open Experiment'), trans);
    };

    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.open,
        args: page => ({ key: page.content.model.key }),
        name: page => page.content.model.key
      });
    }
    return new Current(tracker);
  }
};

class Current implements ICurrentExperiment {
  constructor(private readonly tracker: WidgetTracker<Page>) {
    tracker.currentChanged.connect(() => this.changed.emit());
  }

  get key(): string | null {
    return this.tracker.currentWidget?.content.model.key ?? null;
  }

  readonly changed = new Signal<this, void>(this);
}
