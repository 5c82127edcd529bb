import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';

import { ExperimentsClient } from './api/client';
import { Experiment, Scorecard, Verb } from './api/types';

/** The translation domain of every string shown. */
export const DOMAIN = 'expkit';

/** Every action by name; menus, shortcuts, buttons and other extensions go through these. */
export namespace CommandIDs {
  export const sidebar = 'expkit:open-sidebar';
  export const open = 'expkit:open';
  export const refresh = 'expkit:refresh';
  export const create = 'expkit:create';
  export const edit = 'expkit:edit';
  export const start = 'expkit:start';
  export const pause = 'expkit:pause';
  export const resume = 'expkit:resume';
  export const stop = 'expkit:stop';
  export const conclude = 'expkit:conclude';
  export const promote = 'expkit:promote';
  export const finish = 'expkit:finish';
  export const rollback = 'expkit:rollback';
  export const complete = 'expkit:complete';
  export const archive = 'expkit:archive';
  export const analyze = 'expkit:analyze';
  export const traffic = 'expkit:traffic';
  export const guardrails = 'expkit:guardrails';
  export const schedule = 'expkit:schedule';
  export const unschedule = 'expkit:unschedule';
  export const sign = 'expkit:sign';
  export const clone = 'expkit:clone';
  export const remove = 'expkit:delete';
  export const report = 'expkit:report';
  export const restore = 'expkit:restore';
  export const note = 'expkit:note';
  export const editNote = 'expkit:edit-note';
  export const deleteNote = 'expkit:delete-note';
  export const review = 'expkit:review';
  export const answerReview = 'expkit:answer-review';
  export const cancelReview = 'expkit:cancel-review';
  export const requestAccess = 'expkit:request-access';
  export const elevations = 'expkit:elevations';
  export const answerElevation = 'expkit:answer-elevation';
}

/** The experiments that the server knows, kept fresh while somebody looks. */
export interface IExperiments {
  readonly client: ExperimentsClient;
  /** The experiments last read; empty before the first answer. */
  readonly known: ReadonlyArray<Experiment>;
  /** Emitted when `known`, or what went wrong, has changed. */
  readonly changed: ISignal<IExperiments, void>;
  /** Emitted with an experiment as it is after something was done here. */
  readonly moved: ISignal<IExperiments, Experiment>;
  /** Emitted with the key of an experiment whose notes, reviews or other records have changed here. */
  readonly touched: ISignal<IExperiments, string>;
  /** Emitted with the key of an experiment that was deleted here. */
  readonly removed: ISignal<IExperiments, string>;
  /** Emitted with the scorecard of a look taken here. */
  readonly analyzed: ISignal<IExperiments, Scorecard>;
  /** Ask the server again; never rejects. */
  refresh(): Promise<void>;
  /** Keep fresh until the returned function is called. */
  watch(): () => void;
  /** Make a lifecycle move; rejects with a `Problem`. */
  move(key: string, verb: Verb, reason: string): Promise<Experiment>;
  /** Take a look at the data; rejects with a `Problem`. */
  analyze(key: string): Promise<Scorecard>;
  /** Take note of an experiment as the server answered it. */
  put(experiment: Experiment): void;
  /** Take note that something about an experiment has changed. */
  touch(key: string): void;
  /** Take note that an experiment is gone. */
  remove(key: string): void;
}

export const IExperiments = new Token<IExperiments>(
  'expkit:IExperiments',
  'The experiments that the server knows, and a client to ask for more.'
);

/** The experiment that the user is looking at. */
export interface ICurrentExperiment {
  readonly key: string | null;
  readonly changed: ISignal<ICurrentExperiment, void>;
}

export const ICurrentExperiment = new Token<ICurrentExperiment>(
  'expkit:ICurrentExperiment',
  'The experiment whose page is in front.'
);
