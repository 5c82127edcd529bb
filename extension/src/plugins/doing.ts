import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { ReadonlyJSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { Problem } from '../api/problem';
import { Experiment } from '../api/types';
import { announce } from '../components/announce';
import { Action, actionLabel, fits, whyNot } from '../models/actions';
import { chooseExperiment, showProblem } from '../panels/dialogs';
import { CommandIDs, ICurrentExperiment, IExperiments } from '../tokens';
import { keyArgument } from './arguments';

type Args = ReadonlyPartialJSONObject;

/** One thing that can be done with an experiment. */
export interface IDeed {
  caption: string;
  /** What may be given beside the key; given, the user is not asked for it. */
  args?: ReadonlyJSONObject;
  /** Do it. Resolves with what to tell the user, or null when they have thought better of it. */
  run: (experiment: Experiment, args: Args) => Promise<string | null>;
}

/** What the commands about one experiment share: which one is meant, how failures and outcomes are told. */
export class Doing {
  constructor(
    readonly commands: CommandRegistry,
    readonly experiments: IExperiments,
    private readonly current: ICurrentExperiment | null,
    readonly trans: TranslationBundle
  ) {
    current?.changed.connect(() => commands.notifyCommandChanged());
    experiments.changed.connect(() => commands.notifyCommandChanged());
  }

  /** The command of an action of the page's menu: enabled as the lifecycle allows it. */
  add(action: Action, deed: IDeed): void {
    this.addAs(`expkit:${action}`, this.trans.__('Experiment: %1', actionLabel(action, this.trans)), deed, action);
  }

  /** A command that belongs to something on the page, like one note. */
  addAs(id: string, label: string, deed: IDeed, action?: Action): void {
    const may = (experiment: Experiment) => !action || fits(action, experiment);
    this.commands.addCommand(id, {
      label,
      caption: args => (action && this.whyNot(action, args)) || deed.caption,
      describedBy: { args: keyArgument(this.trans, deed.args) },
      isEnabled: args => {
        const meant = this.meant(args);
        return 'key' in args || meant === undefined || may(meant);
      },
      execute: args => this.reported(label, args, () => this.resolved(label, args, may, deed))
    });
  }

  /** Do it and say what came of it; what went wrong in a dialog, with the server's hint. True when it was done. */
  async reported(title: string, args: Args, work: () => Promise<string | null>): Promise<boolean> {
    try {
      const told = await work();
      if (told) {
        announce(told);
        Notification.success(told, { autoClose: 3000 });
      }
      return told !== null;
    } catch (reason) {
      await this.explain(title, Problem.of(reason), args['key']);
      return false;
    }
  }

  private async resolved(
    title: string,
    args: Args,
    may: (experiment: Experiment) => boolean,
    deed: IDeed
  ): Promise<string | null> {
    const experiment = await this.choose(args['key'], title, may);
    return experiment && deed.run(experiment, args);
  }

  /** The one named, the one in front, or the one that the user chooses. */
  private async choose(
    key: unknown,
    title: string,
    may: (experiment: Experiment) => boolean
  ): Promise<Experiment | null> {
    const named = typeof key === 'string' ? key : this.inFront && may(this.inFront) ? this.inFront.key : null;
    if (named) {
      return this.experiments.client.get(named);
    }
    await this.experiments.refresh();
    const chosen = await chooseExperiment(this.experiments.known.filter(may), title, this.trans);
    return this.experiments.known.find(each => each.key === chosen) ?? null;
  }

  private async explain(title: string, problem: Problem, key: unknown): Promise<void> {
    const { trans } = this;
    if (problem.isForbidden) {
      if (await showProblem(trans.__('You may not do that'), problem, trans.__('Request access…'), trans)) {
        const { role, project } = problem.needed;
        await this.commands.execute(CommandIDs.requestAccess, { ...(role && { role }), ...(project && { project }) });
      }
    } else if (problem.isOvertaken) {
      if (await showProblem(trans.__('Somebody else was faster'), problem, trans.__('Reload'), trans)) {
        await this.reload(key);
      }
    } else {
      await showProblem(trans.__('%1: not done', title), problem, null, trans);
    }
  }

  private async reload(key: unknown): Promise<void> {
    const named = typeof key === 'string' ? key : this.current?.key;
    if (named) {
      this.experiments.put(await this.experiments.client.get(named));
    }
  }

  private whyNot(action: Action, args: Args): string {
    const meant = this.meant(args);
    return meant ? whyNot(action, meant, this.trans) : '';
  }

  private meant(args: Args): Experiment | undefined {
    const key = typeof args['key'] === 'string' ? args['key'] : this.current?.key;
    return this.experiments.known.find(each => each.key === key);
  }

  private get inFront(): Experiment | undefined {
    return this.meant({});
  }
}
