import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { ExperimentsClient } from '../api/client';
import { Connection } from '../api/connection';
import { Experiments } from '../models/experiments';
import { IExperiments } from '../tokens';

const ID = 'expkit:plugin';

/** Provides the experiments to the other plugins, and to other extensions. */
export const experimentsPlugin: JupyterFrontEndPlugin<IExperiments> = {
  id: ID,
  description: 'The experiments that the server knows.',
  autoStart: true,
  provides: IExperiments,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, registry: ISettingRegistry | null) => {
    const model = new Experiments(new ExperimentsClient(new Connection(app.serviceManager.serverSettings)));
    const apply = (settings: ISettingRegistry.ISettings) => {
      model.refreshSeconds = settings.composite['refreshSeconds'] as number;
    };
    const begin = (settings: ISettingRegistry.ISettings) => {
      const days = settings.composite['timeRange'] as string;
      const status = settings.composite['status'] as string;
      if (days || status) {
        model.filter({ days, status });
      }
    };
    registry?.load(ID).then(
      settings => {
        apply(settings);
        begin(settings);
        settings.changed.connect(apply);
      },
      reason => console.warn(`The settings of ${ID} could not be read.`, reason)
    );
    return model;
  }
};
