import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ExperimentsClient } from '../api/client';
import { Problem } from '../api/problem';
import { Experiment, Figure, Scorecard } from '../api/types';
import { IExperiments } from '../tokens';
import { ExperimentRecord } from './record';
import { Tab } from './tabs';

export type Theme = 'light' | 'dark';

/** One experiment as its page shows it: the experiment, its latest scorecard and the scorecard's figure. */
export class ExperimentModel implements IDisposable {
  constructor(
    readonly key: string,
    private readonly experiments: IExperiments
  ) {
    this.record = new ExperimentRecord(experiments.client, key, () => this._changed.emit());
    experiments.moved.connect(this.onMoved, this);
    experiments.touched.connect(this.onTouched, this);
    experiments.analyzed.connect(this.onAnalyzed, this);
    experiments.changed.connect(this.onListed, this);
  }

  /** Notes, reviews, versions and all else that is kept beside the definition. */
  readonly record: ExperimentRecord;

  get tab(): Tab {
    return this._tab;
  }

  /** Show another part of the page. */
  show(tab: Tab): void {
    this._tab = tab;
    this._changed.emit();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  get experiment(): Experiment | null {
    return this._experiment;
  }

  get scorecard(): Scorecard | null {
    return this._scorecard;
  }

  get figure(): Figure | null {
    return this._figure;
  }

  /** Why there is no page. */
  get problem(): Problem | null {
    return this._problem;
  }

  /** Why there is no scorecard. */
  get scorecardProblem(): Problem | null {
    return this._scorecardProblem;
  }

  /** Why there is a scorecard without a figure. */
  get figureProblem(): Problem | null {
    return this._figureProblem;
  }

  get isLoading(): boolean {
    return this._isLoading;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read everything again. */
  async load(): Promise<void> {
    this._isLoading = true;
    this._problem = null;
    this._changed.emit();
    try {
      this._experiment = await this.client.get(this.key);
      this._changed.emit();
      this.record.renew();
      this.record.risks.ensure();
      this.record.planned.ensure();
      await this.loadScorecard();
    } catch (reason) {
      this._problem = Problem.of(reason);
    }
    this._isLoading = false;
    this._changed.emit();
  }

  /** Draw the figure in another theme. */
  setTheme(theme: Theme): void {
    if (theme !== this._theme) {
      this._theme = theme;
      void this.loadFigure();
    }
  }

  private async loadScorecard(): Promise<void> {
    this._scorecardProblem = null;
    try {
      this._scorecard = await this.client.results(this.key);
    } catch (reason) {
      this._scorecardProblem = Problem.of(reason);
      return;
    }
    await this.loadFigure();
  }

  private async loadFigure(): Promise<void> {
    const theme = this._theme;
    this._figureProblem = null;
    try {
      const figure = this._scorecard ? await this.client.figure(this.key, theme) : null;
      if (theme === this._theme) {
        this._figure = figure;
      }
    } catch (reason) {
      this._figure = null;
      this._figureProblem = Problem.of(reason);
    }
    this._changed.emit();
  }

  private get client(): ExperimentsClient {
    return this.experiments.client;
  }

  private onMoved(_: IExperiments, experiment: Experiment): void {
    if (experiment.key === this.key) {
      this._experiment = experiment;
      this._changed.emit();
    }
  }

  private onTouched(_: IExperiments, key: string): void {
    if (key === this.key) {
      this.record.renew();
    }
  }

  private onAnalyzed(_: IExperiments, scorecard: Scorecard): void {
    if (scorecard.experiment === this.key) {
      this._scorecard = scorecard;
      this._scorecardProblem = null;
      this._changed.emit();
      void this.loadFigure();
    }
  }

  /** The list knows something newer: somebody else has moved it. */
  private onListed(experiments: IExperiments): void {
    const listed = experiments.known.find(each => each.key === this.key);
    const mine = this._experiment;
    if (listed && mine && !this._isLoading && (listed.updated_at ?? '') > (mine.updated_at ?? '')) {
      void this.load();
    }
  }

  private _experiment: Experiment | null = null;
  private _scorecard: Scorecard | null = null;
  private _figure: Figure | null = null;
  private _problem: Problem | null = null;
  private _scorecardProblem: Problem | null = null;
  private _figureProblem: Problem | null = null;
  private _isLoading = false;
  private _isDisposed = false;
  private _theme: Theme = 'light';
  private _tab: Tab = 'results';
  private _changed = new Signal<this, void>(this);
}
