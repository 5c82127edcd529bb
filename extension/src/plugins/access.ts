import { MainAreaWidget } from '@jupyterlab/apputils';
import { JupyterFrontEnd } from '@jupyterlab/application';

import { experimentsIcon } from '../icons';
import { EVERYWHERE, ROLES } from '../models/roles';
import { ElevationsPanel } from '../panels/elevations';
import { reasonField } from '../panels/dialogs';
import { askForm } from '../panels/form';
import { CommandIDs } from '../tokens';
import { Doing } from './doing';

/** Asking for more rights, and answering those who ask. */
export function addAccess(doing: Doing, shell: JupyterFrontEnd.IShell): void {
  addRequest(doing);
  addAnswer(doing);
  addPanel(doing, shell);
}

function addRequest(doing: Doing): void {
  const { commands, experiments, trans } = doing;
  const title = trans.__('Request Access');
  commands.addCommand(CommandIDs.requestAccess, {
    label: title,
    caption: trans.__('Ask an admin for more rights for a while'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          role: { type: 'string', enum: ROLES, description: trans.__('The role to propose') },
          project: { type: 'string', description: trans.__('The project to propose; * for all') }
        }
      }
    },
    execute: args =>
      doing.reported(title, args, async () => {
        const asked = await askForm(
          {
            title: trans.__('Request access'),
            text: trans.__('An admin approves or denies it. What is approved expires by itself.'),
            fields: [
              {
                name: 'role',
                label: trans.__('Role'),
                kind: 'choice',
                options: ROLES.map(role => [role, role] as const),
                value: String(args['role'] ?? 'experimenter')
              },
              {
                name: 'project',
                label: trans.__('Project'),
                value: String(args['project'] ?? EVERYWHERE),
                isRequired: true,
                help: trans.__('* for all projects')
              },
              { name: 'hours', label: trans.__('Hours'), kind: 'number', value: '8', min: 1, max: 744, isRequired: true },
              { ...reasonField(trans, true), placeholder: trans.__('What do you need it for?') }
            ],
            accept: trans.__('Request access')
          },
          trans
        );
        if (!asked) {
          return null;
        }
        await experiments.client.requestElevation(asked.role, asked.project, asked.reason, Number(asked.hours));
        return trans.__('The request is with the admins');
      })
  });
}

function addAnswer(doing: Doing): void {
  const { commands, experiments, trans } = doing;
  const title = trans.__('Answer Request');
  commands.addCommand(CommandIDs.answerElevation, {
    label: title,
    caption: trans.__('Approve or deny a request for more rights'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          id: { type: 'integer', description: trans.__('The number of the request') },
          approve: { type: 'boolean', description: trans.__('Whether it is approved') }
        }
      }
    },
    execute: args =>
      doing.reported(title, args, async () => {
        const approve = args['approve'] === true;
        const word = approve ? trans.__('Approve') : trans.__('Deny');
        const asked = await askForm(
          { title: trans.__('%1 the request?', word), fields: [reasonField(trans)], accept: word },
          trans
        );
        if (!asked) {
          return null;
        }
        await experiments.client.answerElevation(Number(args['id']), approve, asked.reason);
        return approve ? trans.__('The request is approved') : trans.__('The request is denied');
      })
  });
}

function addPanel(doing: Doing, shell: JupyterFrontEnd.IShell): void {
  const { commands, experiments, trans } = doing;
  let panel: MainAreaWidget<ElevationsPanel> | null = null;
  commands.addCommand(CommandIDs.elevations, {
    label: trans.__('Elevation Requests'),
    caption: trans.__('Who asks for more rights; admins answer here'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      if (!panel || panel.isDisposed) {
        const content = new ElevationsPanel({
          read: async () => {
            const [me, requests] = await Promise.all([experiments.client.me(), experiments.client.elevations()]);
            return { me, requests };
          },
          trans,
          onAnswer: (id, approve) => commands.execute(CommandIDs.answerElevation, { id, approve })
        });
        panel = new MainAreaWidget({ content });
        panel.id = 'expkit-elevations';
        panel.title.label = trans.__('Elevation requests');
        panel.title.icon = experimentsIcon;
        panel.title.closable = true;
        shell.add(panel, 'main');
      }
      shell.activateById?.(panel.id);
    }
  });
}
