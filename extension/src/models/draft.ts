/** An experiment as a form holds it: texts, and per cents instead of parts; and the way back to a definition. */
import { Experiment, ExperimentInput, ExperimentType, Guardrail, Metric, Plan } from '../api/types';
import { percent, unit } from './numbers';

export interface IVariantRow {
  key: string;
  name: string;
  share: string;
}

export interface IMetricRow {
  key: string;
  kind: Metric['kind'];
  direction: Metric['direction'];
}

export interface IGuardrailRow extends IMetricRow {
  /** How much worse than control, in per cent. */
  tolerated: string;
  /** The level that no variant may cross. */
  limit: string;
  action: Guardrail['action'];
}

export interface IDraft {
  key: string;
  name: string;
  type: ExperimentType;
  owner: string;
  department: string;
  tags: string;
  description: string;
  text: string;
  if: string;
  then: string;
  because: string;
  variants: IVariantRow[];
  metrics: IMetricRow[];
  guardrails: IGuardrailRow[];
  method: Plan['method'];
  size: string;
  effect: string;
  days: string;
}

/** What can still be changed once an experiment has started. */
const ALWAYS: Array<keyof Experiment> = ['name', 'owner', 'department', 'tags', 'description'];

export function newMetric(key = ''): IMetricRow {
  return { key, kind: 'conversion', direction: 'increase' };
}

export function newGuardrail(): IGuardrailRow {
  return { ...newMetric(), direction: 'decrease', tolerated: '10', limit: '', action: 'alert' };
}

export function newDraft(): IDraft {
  return {
    key: '',
    name: '',
    type: 'feature',
    owner: '',
    department: '',
    tags: '',
    description: '',
    text: '',
    if: '',
    then: '',
    because: '',
    variants: [
      { key: 'control', name: '', share: '50' },
      { key: 'treatment', name: '', share: '50' }
    ],
    metrics: [newMetric()],
    guardrails: [],
    method: 'fixed',
    size: '',
    effect: '',
    days: ''
  };
}

export function draftOf(experiment: Experiment): IDraft {
  const { hypothesis, plan } = experiment;
  return {
    key: experiment.key,
    name: experiment.name,
    type: experiment.type,
    owner: experiment.owner,
    department: experiment.department,
    tags: experiment.tags.join(', '),
    description: experiment.description,
    text: hypothesis.text,
    if: hypothesis.if,
    then: hypothesis.then,
    because: hypothesis.because,
    variants: experiment.variants.map(each => ({ key: each.key, name: each.name, share: percent(each.weight ?? 0) })),
    metrics: experiment.metrics.map(({ key, kind, direction }) => ({ key, kind, direction })),
    guardrails: guardrailRows(experiment.guardrails),
    method: plan.method,
    size: optional(experiment.sample_size),
    effect: plan.minimum_effect === null ? '' : percent(plan.minimum_effect),
    days: optional(plan.days)
  };
}

export function guardrailRows(guardrails: ReadonlyArray<Guardrail>): IGuardrailRow[] {
  return guardrails.map(({ metric, max_change, limit, action }) => ({
    key: metric.key,
    kind: metric.kind,
    direction: metric.direction,
    tolerated: max_change === null ? '' : percent(max_change),
    limit: optional(limit),
    action
  }));
}

/** What the rows say; what they do not show stays as it was. */
export function guardrailsOf(rows: ReadonlyArray<IGuardrailRow>, known: ReadonlyArray<Metric>, before: ReadonlyArray<Guardrail>): Guardrail[] {
  const metrics = [...before.map(each => each.metric), ...known];
  return rows.map(row => ({
    metric: metricOf(row, metrics),
    max_change: row.tolerated === '' ? null : unit(row.tolerated),
    limit: number(row.limit),
    action: row.action
  }));
}

/** The definition that the form describes; what it does not show stays as it was. */
export function definitionOf(draft: IDraft, before?: Experiment): ExperimentInput {
  const { key, name, type, owner, department, description, text, because } = draft;
  const shares = draft.variants.map(each => unit(each.share));
  const metrics = draft.metrics.map(row => metricOf(row, before?.metrics ?? []));
  const definition = {
    key: key.trim(),
    name,
    type,
    owner,
    department,
    description,
    tags: draft.tags.split(',').map(tag => tag.trim()).filter(Boolean),
    hypothesis: { ...before?.hypothesis, text, if: draft.if, then: draft.then, because },
    variants: draft.variants.map((row, index) => ({
      ...before?.variants.find(each => each.key === row.key),
      key: row.key,
      name: row.name,
      weight: shares[index]
    })),
    metrics,
    guardrails: guardrailsOf(draft.guardrails, metrics, before?.guardrails ?? []),
    plan: {
      ...before?.plan,
      method: draft.method,
      minimum_effect: draft.effect === '' ? null : unit(draft.effect),
      days: number(draft.days)
    },
    sample_size: number(draft.size)
  };
  return definition as ExperimentInput;
}

/** Only what the form has made another. */
export function changesOf(draft: IDraft, before: Experiment, isOpen: boolean): ExperimentInput {
  const was = definitionOf(draftOf(before), before);
  const now = definitionOf(draft, before);
  const names = (Object.keys(now) as Array<keyof ExperimentInput>).filter(
    name => (isOpen || ALWAYS.includes(name)) && JSON.stringify(now[name]) !== JSON.stringify(was[name])
  );
  return Object.fromEntries(names.map(name => [name, now[name]]));
}

/** `variants[1].weight: …` by its path, without the value that the field shows anyway. */
export function byPath(faults: ReadonlyArray<string>): Map<string, string> {
  return new Map(
    faults.map(fault => {
      const found = /^([\w[\].]+): (.*?)(?: \(value .*\))?$/s.exec(fault) ?? /^([\w[\].]+) (is missing)$/.exec(fault);
      return found ? [found[1], found[2]] : ['', fault];
    })
  );
}

/** A key that fits a name: `One-page checkout` -> `one_page_checkout`. */
export function keyFrom(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, 60);
}

function metricOf(row: IMetricRow, known: ReadonlyArray<Metric>): Metric {
  const found = known.find(each => each.key === row.key);
  return { ...found, key: row.key, kind: row.kind, direction: row.direction } as Metric;
}

function optional(n: number | null): string {
  return n === null ? '' : String(n);
}

function number(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}
