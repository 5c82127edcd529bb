import { ReactWidget } from '@jupyterlab/ui-components';
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Experiment } from '../api/types';
import { Field, IField } from '../components/fields';
import { directions, GuardrailRows, kinds } from '../components/guardrailRows';
import { Fault, Rows } from '../components/rows';
import { isOpen } from '../models/actions';
import { byPath, draftOf, IDraft, keyFrom, newDraft, newMetric } from '../models/draft';
import { planMethod } from '../models/names';
import { typeLabels } from '../models/status';

interface IOptions {
  /** What is changed; null for a new one. */
  experiment: Experiment | null;
  /** Metrics that are known, to choose from. */
  known: ReadonlyArray<string>;
  trans: TranslationBundle;
  /** Resolves with what the service has to say against it; empty when nothing. */
  save: (draft: IDraft) => Promise<ReadonlyArray<string>>;
  cancel: () => void;
}

/** The form of a new experiment, or of one that is changed. */
export class EditorPanel extends ReactWidget {
  constructor(private readonly options: IOptions) {
    super();
    this.addClass('jp-expkit-page');
  }

  protected onActivateRequest(): void {
    this.node.querySelector<HTMLElement>('input')?.focus();
  }

  protected render(): JSX.Element {
    return <Editor {...this.options} />;
  }
}

/** The first field that is at fault, else what is said of the whole. */
function showFault(form: HTMLFormElement | null): void {
  const found = form?.querySelector('[aria-invalid=true]') ?? form?.querySelector('[role=alert]');
  (found as HTMLElement | null | undefined)?.focus();
}

type Simple = Exclude<keyof IDraft, 'variants' | 'metrics' | 'guardrails'>;

function Editor({ experiment, known, trans, save, cancel }: IOptions): JSX.Element {
  const [draft, setDraft] = React.useState(() => (experiment ? draftOf(experiment) : newDraft()));
  const [faults, setFaults] = React.useState<ReadonlyMap<string, string>>(new Map());
  const [isBusy, setBusy] = React.useState(false);
  const form = React.useRef<HTMLFormElement>(null);
  React.useEffect(() => showFault(form.current), [faults]); // not before they are shown
  const isAll = !experiment || isOpen(experiment);
  const set = (changed: Partial<IDraft>) => setDraft({ ...draft, ...changed });

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      setFaults(byPath(await save(draft)));
    } finally {
      setBusy(false);
    }
  };
  const field = (name: Simple, path: string, more: Omit<IField, 'name'>) => (
    <Field
      name={name}
      {...more}
      value={draft[name]}
      error={faults.get(path)}
      onChange={value => set({ [name]: value } as Partial<IDraft>)}
    />
  );
  const onName = (name: string) => {
    const follows = !experiment && draft.key === keyFrom(draft.name);
    set(follows ? { name, key: keyFrom(name) } : { name });
  };

  return (
    <form ref={form} className="jp-expkit-article jp-expkit-form" aria-busy={isBusy} onSubmit={submit} noValidate>
      <header>
        <h2>{experiment ? trans.__('Edit “%1”', experiment.name) : trans.__('New experiment')}</h2>
        <p className="jp-expkit-faint">
          {isAll
            ? trans.__('A draft: nobody sees it until it is started, and everything can still be changed.')
            : trans.__('It has started: the question stands. Traffic and guardrails have dialogs of their own.')}
        </p>
      </header>
      <Summary faults={faults} trans={trans} />
      <fieldset className="jp-expkit-fieldset">
        <legend>{trans.__('What it is')}</legend>
        <div className="jp-expkit-grid">
          <Field name="name" label={trans.__('Name')} isRequired value={draft.name} error={faults.get('name')} onChange={onName} />
          {field('key', 'key', {
            label: trans.__('Key'),
            isRequired: true,
            isDisabled: experiment !== null,
            help: trans.__('The name in code; it cannot be changed later')
          })}
          {isAll && field('type', 'type', { label: trans.__('Type'), kind: 'choice', options: Object.entries(typeLabels(trans)) })}
          {field('owner', 'owner', { label: trans.__('Owner') })}
          {field('department', 'department', { label: trans.__('Department') })}
          {field('tags', 'tags', { label: trans.__('Tags'), placeholder: trans.__('with commas between them') })}
        </div>
        {field('description', 'description', { label: trans.__('Description'), kind: 'area' })}
      </fieldset>
      {isAll && (
        <>
          <fieldset className="jp-expkit-fieldset">
            <legend>{trans.__('Hypothesis')}</legend>
            {draft.text
              ? field('text', 'hypothesis.text', { label: trans.__('Hypothesis'), kind: 'area' })
              : (
                <>
                  {field('if', 'hypothesis.if', { label: trans.__('If'), isRequired: true, placeholder: trans.__('checkout is one page') })}
                  {field('then', 'hypothesis.then', { label: trans.__('Then'), isRequired: true, placeholder: trans.__('more visitors buy') })}
                  {field('because', 'hypothesis.because', { label: trans.__('Because'), placeholder: trans.__('there is less to fill in') })}
                </>
              )}
            <Fault text={faults.get('hypothesis')} />
          </fieldset>
          <Rows
            title={trans.__('Variants')}
            path="variants"
            rows={draft.variants}
            fresh={() => ({ key: '', name: '', share: '0' })}
            least={2}
            add={trans.__('Add variant')}
            faults={faults}
            trans={trans}
            onChange={variants => set({ variants })}
            fields={[
              { name: 'key', path: 'key', label: trans.__('Key'), isRequired: true },
              { name: 'name', path: 'name', label: trans.__('Name') },
              { name: 'share', path: 'weight', label: trans.__('Share'), kind: 'number', suffix: '%', min: 0, max: 100 }
            ]}
          />
          <Rows
            title={trans.__('Metrics')}
            path="metrics"
            rows={draft.metrics}
            fresh={newMetric}
            least={1}
            add={trans.__('Add metric')}
            faults={faults}
            trans={trans}
            onChange={metrics => set({ metrics })}
            fields={[
              { name: 'key', path: 'key', label: trans.__('Key'), isRequired: true, options: known.map(key => [key, ''] as const) },
              { name: 'kind', path: 'kind', label: trans.__('Kind'), kind: 'choice', options: kinds(trans) },
              { name: 'direction', path: 'direction', label: trans.__('Better is'), kind: 'choice', options: directions(trans) }
            ]}
          />
          <p className="jp-expkit-faint">{trans.__('The first metric is the primary one: it decides.')}</p>
          <GuardrailRows
            rows={draft.guardrails}
            known={known}
            faults={faults}
            trans={trans}
            onChange={guardrails => set({ guardrails })}
          />
          <fieldset className="jp-expkit-fieldset">
            <legend>{trans.__('Plan')}</legend>
            <div className="jp-expkit-grid">
              {field('method', 'plan.method', { label: trans.__('Method'), kind: 'choice', options: methods(trans) })}
              {field('effect', 'plan.minimum_effect', { label: trans.__('Smallest effect worth finding'), kind: 'number', suffix: '%', min: 0 })}
              {field('size', 'sample_size', { label: trans.__('Units per variant'), kind: 'number', min: 2 })}
              {field('days', 'plan.days', { label: trans.__('Days'), kind: 'number', min: 0 })}
            </div>
          </fieldset>
        </>
      )}
      <div className="jp-expkit-row">
        <button className="jp-expkit-button jp-expkit-mod-start" disabled={isBusy}>
          {experiment ? trans.__('Save as a new version') : trans.__('Create draft')}
        </button>
        <button type="button" className="jp-expkit-button" onClick={cancel}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}

/** How many faults there are, and those that belong to no field. */
function Summary({ faults, trans }: { faults: ReadonlyMap<string, string>; trans: TranslationBundle }): JSX.Element | null {
  if (faults.size === 0) {
    return null;
  }
  return (
    <section className="jp-expkit-advice jp-expkit-mod-stop" role="alert" tabIndex={-1}>
      <h3>{trans._n('One thing has to be mended', '%1 things have to be mended', faults.size)}</h3>
      <ul>
        {[...faults].map(([path, text]) => (
          <li key={path}>{path ? trans.__('%1: %2', path, text) : text}</li>
        ))}
      </ul>
    </section>
  );
}

function methods(trans: TranslationBundle): Array<readonly [string, string]> {
  return (['fixed', 'group_sequential', 'always_valid', 'bayesian'] as const).map(
    each => [each, planMethod(each, trans)] as const
  );
}
