import { addIcon, ReactWidget, refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import { ITranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { ExperimentList } from '../components/experimentList';
import { FilterBar } from '../components/filterBar';
import { Notice, ProblemNotice } from '../components/notices';
import { Waiting } from '../components/waiting';
import { experimentsIcon } from '../icons';
import { Experiments, PAGE_SIZE } from '../models/experiments';
import { chosen } from '../models/filters';
import { CommandIDs, DOMAIN, ICurrentExperiment } from '../tokens';

interface IOptions {
  model: Experiments;
  commands: CommandRegistry;
  current: ICurrentExperiment | null;
  translator: ITranslator;
}

/** The list of experiments at the side; it asks the server only while it is seen. */
export class ExperimentsSidebar extends ReactWidget {
  constructor(private readonly options: IOptions) {
    super();
    const trans = options.translator.load(DOMAIN);
    this.id = 'expkit-sidebar';
    this.addClass('jp-expkit-sidebar');
    this.title.icon = experimentsIcon;
    this.title.caption = trans.__('Experiments');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Experiments'));
    options.current?.changed.connect(this.update, this);
  }

  /** Notebook 7 may open its side before that is on the page: then nothing is shown later, only attached. */
  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.look();
    }
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.look();
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.rest();
  }

  protected onBeforeDetach(message: Message): void {
    this.rest();
    super.onBeforeDetach(message);
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    const target = this.node.querySelector<HTMLElement>('[role=option][tabindex="0"], input');
    target?.focus();
  }

  protected render(): JSX.Element {
    const trans = this.options.translator.load(DOMAIN);
    return (
      <>
        <div className="jp-expkit-sidebar-head">
          <h2>{trans.__('Experiments')}</h2>
          <span className="jp-expkit-row">
            <button
              className="jp-expkit-icon-button"
              title={trans.__('New experiment')}
              aria-label={trans.__('New experiment')}
              onClick={() => void this.options.commands.execute(CommandIDs.create)}
            >
              <addIcon.react tag="span" />
            </button>
            <button
              className="jp-expkit-icon-button"
              title={trans.__('Refresh')}
              aria-label={trans.__('Refresh')}
              onClick={() => void this.options.commands.execute(CommandIDs.refresh)}
            >
              <refreshIcon.react tag="span" />
            </button>
          </span>
        </div>
        <UseSignal signal={this.options.model.changed}>{() => this.renderList()}</UseSignal>
      </>
    );
  }

  private renderList(): JSX.Element {
    const { model, commands, current } = this.options;
    const trans = this.options.translator.load(DOMAIN);
    if (model.problem) {
      return <ProblemNotice problem={model.problem} trans={trans} onRetry={() => void model.refresh()} />;
    }
    if (!model.isLoaded) {
      return (
        <p className="jp-expkit-faint jp-expkit-padded" role="status">
          {trans.__('Loading…')}
        </p>
      );
    }
    const isFiltered = model.filters.text !== '' || chosen(model.filters) > 0;
    if (model.known.length === 0 && model.total === 0 && !isFiltered) {
      return this.renderWelcome();
    }
    return (
      <>
        <FilterBar
          filters={model.filters}
          order={model.order}
          departments={model.departments}
          trans={trans}
          onOpen={() => void model.readDepartments()}
          onFilter={wanted => model.filter(wanted)}
          onSort={order => model.sort(order)}
          onReset={() => model.reset()}
        />
        <Waiting
          reviews={model.waiting}
          trans={trans}
          onOpen={key => void commands.execute(CommandIDs.open, { key, tab: 'reviews' })}
        />
        {model.known.length > 0 && (
          <ExperimentList
            experiments={model.known}
            current={current?.key ?? null}
            atRisk={model.atRisk}
            trans={trans}
            onOpen={key => void commands.execute(CommandIDs.open, { key })}
          />
        )}
        {this.renderFoot()}
      </>
    );
  }

  /** How many there are, and the way to the others. */
  private renderFoot(): JSX.Element {
    const { model } = this.options;
    const trans = this.options.translator.load(DOMAIN);
    const { offset, total } = model;
    const isPaged = offset > 0 || total > PAGE_SIZE;
    return (
      <div className="jp-expkit-foot">
        <p className="jp-expkit-faint" role="status">
          {this.summary()}
        </p>
        {isPaged && (
          <span className="jp-expkit-row">
            <button
              className="jp-expkit-button jp-expkit-mod-small"
              disabled={offset === 0}
              onClick={() => this.turn(offset - PAGE_SIZE)}
            >
              {trans.__('Previous')}
            </button>
            <button
              className="jp-expkit-button jp-expkit-mod-small"
              disabled={offset + PAGE_SIZE >= total}
              onClick={() => this.turn(offset + PAGE_SIZE)}
            >
              {trans.__('Next')}
            </button>
          </span>
        )}
      </div>
    );
  }

  /** Another page, from its beginning. */
  private turn(offset: number): void {
    this.options.model.turn(offset);
    this.node.scrollTop = 0;
  }

  private summary(): string {
    const { known, total, offset } = this.options.model;
    const trans = this.options.translator.load(DOMAIN);
    if (total === 0) {
      return trans.__('Nothing matches.');
    }
    return known.length < total
      ? trans.__('%1 to %2 of %3', offset + 1, offset + known.length, total)
      : trans._n('%1 experiment', '%1 experiments', total);
  }

  private renderWelcome(): JSX.Element {
    const trans = this.options.translator.load(DOMAIN);
    return (
      <Notice title={trans.__('No experiments yet')}>
        <p>{trans.__('See one with simulated data. In a terminal:')}</p>
        <pre>expkit demo</pre>
        <p>{trans.__('Or describe your own, here or in a notebook:')}</p>
        <p>
          <button className="jp-expkit-button" onClick={() => void this.options.commands.execute(CommandIDs.create)}>
            {trans.__('New experiment')}
          </button>
        </p>
        <pre>{EXAMPLE}</pre>
      </Notice>
    );
  }

  private look(): void {
    this._unwatch ??= this.options.model.watch();
  }

  private rest(): void {
    this._unwatch?.();
    this._unwatch = null;
  }

  private _unwatch: (() => void) | null = null;
}

const EXAMPLE = `import expkit
wb = expkit.open()
wb.create({
  "key": "checkout",
  "name": "New checkout",
  "hypothesis": "If ..., then ...",
  "variants": [{"key": "control"}, {"key": "treatment"}],
  "metrics": ["conversion"],
})`;
