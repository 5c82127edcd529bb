import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { Segments } from '../components/breakdown';
import { Design } from '../components/design';
import { FigureView } from '../components/figure';
import { Advice, Checks } from '../components/findings';
import { Header } from '../components/header';
import { Loaded } from '../components/loaded';
import { Notes } from '../components/notes';
import { Notice, ProblemNotice } from '../components/notices';
import { Progress } from '../components/progress';
import { Reviews } from '../components/reviews';
import { ScorecardTables } from '../components/scorecard';
import { Tabs } from '../components/tabs';
import { Timeline } from '../components/timeline';
import { Phases, Versions } from '../components/versions';
import { fits } from '../models/actions';
import { ExperimentModel } from '../models/page';
import { TABS, tabLabel } from '../models/tabs';
import { when } from '../models/times';
import { CommandIDs, IExperiments } from '../tokens';

interface IOptions {
  model: ExperimentModel;
  experiments: IExperiments;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** One experiment: what it is, what can be done with it, and its latest scorecard. */
export class ExperimentPanel extends ReactWidget {
  constructor(private readonly options: IOptions) {
    super();
    this.addClass('jp-expkit-page');
    this.node.tabIndex = -1;
    void this.model.load();
  }

  get model(): ExperimentModel {
    return this.options.model;
  }

  dispose(): void {
    this._unwatch?.();
    this.model.dispose();
    super.dispose();
  }

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
    this._unwatch?.();
    this._unwatch = null;
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected render(): JSX.Element {
    return <UseSignal signal={this.model.changed}>{() => <Page {...this.options} />}</UseSignal>;
  }

  private look(): void {
    this._unwatch ??= this.options.experiments.watch();
  }

  private _unwatch: (() => void) | null = null;
}

function Page({ model, experiments, commands, trans }: IOptions): JSX.Element {
  const [busy, setBusy] = React.useState(false);
  const article = React.useRef<HTMLElement>(null);
  const run = async (command: string, args: ReadonlyPartialJSONObject = {}): Promise<boolean> => {
    setBusy(true);
    try {
      return Boolean(await commands.execute(command, { key: model.key, ...args }));
    } finally {
      setBusy(false);
    }
  };
  const wasBusy = React.useRef(false);
  React.useEffect(() => {
    if (wasBusy.current && !busy) {
      keepFocus(article.current);
    }
    wasBusy.current = busy;
  }, [busy]);

  if (model.problem) {
    return <ProblemNotice problem={model.problem} trans={trans} onRetry={() => void model.load()} />;
  }
  if (!model.experiment) {
    return (
      <p className="jp-expkit-faint jp-expkit-padded" role="status">
        {trans.__('Loading…')}
      </p>
    );
  }
  return (
    <article ref={article} className="jp-expkit-article" tabIndex={-1} aria-busy={busy || model.isLoading}>
      <Header
        experiment={model.experiment}
        risks={(model.experiment.status === 'active' && model.record.risks.value) || []}
        planned={model.record.planned.value ?? []}
        busy={busy}
        trans={trans}
        onAction={action => void run(`expkit:${action}`)}
      />
      <Tabs
        label={trans.__('Parts of the experiment')}
        tabs={TABS.map(tab => [tab, tabLabel(tab, trans)] as const)}
        current={model.tab}
        onChange={tab => model.show(tab)}
      >
        <Part model={model} experiments={experiments} trans={trans} run={run} />
      </Tabs>
    </article>
  );
}

/** What had the focus may be gone, like the Stop button after a stop: the page takes it then. */
function keepFocus(article: HTMLElement | null): void {
  if (document.activeElement === document.body) {
    article?.focus();
  }
}

type IPart = Omit<IOptions, 'commands'> & {
  run: (command: string, args?: ReadonlyPartialJSONObject) => Promise<boolean>;
};

/** What the chosen tab shows. */
function Part({ model, experiments, trans, run }: IPart): JSX.Element | null {
  const { record } = model;
  const experiment = model.experiment!;
  switch (model.tab) {
    case 'results':
      return <Results model={model} experiments={experiments} trans={trans} />;
    case 'design':
      return (
        <Design experiment={experiment} record={record} trans={trans} onSign={() => void run(CommandIDs.sign)} />
      );
    case 'timeline':
      return (
        <Loaded from={record.timeline} trans={trans}>
          {items => <Timeline items={items} trans={trans} />}
        </Loaded>
      );
    case 'versions':
      return (
        <>
          <Loaded from={record.phases} trans={trans}>
            {phases => <Phases phases={phases} trans={trans} />}
          </Loaded>
          <Loaded from={record.versions} trans={trans}>
            {versions => (
              <Versions
                versions={versions}
                trans={trans}
                onRestore={version => void run(CommandIDs.restore, { version })}
              />
            )}
          </Loaded>
        </>
      );
    case 'notes':
      return (
        <Loaded from={record.notes} trans={trans}>
          {notes => (
            <Notes
              notes={notes}
              trans={trans}
              onAdd={text => run(CommandIDs.note, { text })}
              onEdit={id => void run(CommandIDs.editNote, { id })}
              onDelete={id => void run(CommandIDs.deleteNote, { id })}
              history={id => experiments.client.noteHistory(id)}
            />
          )}
        </Loaded>
      );
    case 'reviews':
      return (
        <Loaded from={record.reviews} trans={trans}>
          {({ me, reviews }) => (
            <Reviews
              reviews={reviews}
              me={me}
              canRequest={fits('review', experiment)}
              trans={trans}
              onRequest={() => void run(CommandIDs.review)}
              onAnswer={(id, verdict) => void run(CommandIDs.answerReview, { id, verdict })}
              onCancel={id => void run(CommandIDs.cancelReview, { id })}
            />
          )}
        </Loaded>
      );
  }
}

function Results({ model, experiments, trans }: Omit<IOptions, 'commands'>): JSX.Element | null {
  const { scorecard, scorecardProblem } = model;
  if (scorecardProblem) {
    return <ProblemNotice problem={scorecardProblem} trans={trans} onRetry={() => void model.load()} />;
  }
  if (!scorecard) {
    return model.isLoading ? null : (
      <Notice title={trans.__('Not analyzed yet')}>
        <p>{trans.__('Start it, let it gather exposures and outcomes, and choose Analyze to take a look.')}</p>
      </Notice>
    );
  }
  return (
    <>
      <p className="jp-expkit-faint">
        {trans.__('Look %1, %2, alpha %3', scorecard.look, when(scorecard.at), scorecard.alpha)}
      </p>
      <Advice advice={scorecard.recommendation} trans={trans} />
      {model.figure && (
        <FigureView figure={model.figure} bokehUrl={experiments.client.staticUrl(BOKEH)} trans={trans} />
      )}
      {model.figureProblem && (
        <p className="jp-expkit-faint">{trans.__('There is no figure: %1', model.figureProblem.message)}</p>
      )}
      <ScorecardTables scorecard={scorecard} trans={trans} />
      <Segments scorecard={scorecard} trans={trans} />
      <Progress scorecard={scorecard} trans={trans} />
      <Checks scorecard={scorecard} trans={trans} />
    </>
  );
}

/** Under the server side's static files. */
const BOKEH = 'bokeh/bokeh.min.js';
