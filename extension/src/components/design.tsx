import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Experiment, Guardrail, Metric, Plan, SignedPlan } from '../api/types';
import { isOpen } from '../models/actions';
import { guardrailAction, kindLabel, metricName, planMethod } from '../models/names';
import { count, share } from '../models/numbers';
import { ExperimentRecord } from '../models/record';
import { when } from '../models/times';
import { Checklist } from './checklist';
import { Loaded } from './loaded';

interface IProps {
  experiment: Experiment;
  record: ExperimentRecord;
  trans: TranslationBundle;
  onSign: () => void;
}

/** The question, who gets what, what is measured, and what has to be in order before the start. */
export function Design({ experiment, record, trans, onSign }: IProps): JSX.Element {
  return (
    <>
      <HypothesisBox experiment={experiment} trans={trans} />
      <Variants experiment={experiment} trans={trans} />
      <Metrics metrics={experiment.metrics} trans={trans} />
      <Guardrails guardrails={experiment.guardrails} trans={trans} />
      <section>
        <h3>{trans.__('Plan')}</h3>
        <Facts facts={planFacts(experiment, trans)} />
        <Loaded from={record.planned} trans={trans}>
          {planned => planned.length > 0 && (
            <Facts
              facts={planned.map(each => [
                each.verb === 'start' ? trans.__('Starts') : trans.__('Stops'),
                trans.__('%1 (planned by %2)', when(each.at), each.by)
              ])}
            />
          )}
        </Loaded>
        <Loaded from={record.plans} trans={trans}>
          {plans => <Signatures plans={plans} canSign={isOpen(experiment)} trans={trans} onSign={onSign} />}
        </Loaded>
      </section>
      <section>
        <h3>{trans.__('Checklist before the start')}</h3>
        <Loaded from={record.checklist} trans={trans}>
          {items => <Checklist items={items} trans={trans} />}
        </Loaded>
      </section>
    </>
  );
}

function HypothesisBox({ experiment, trans }: Pick<IProps, 'experiment' | 'trans'>): JSX.Element {
  const { hypothesis, description } = experiment;
  const parts: Array<[string, string]> = hypothesis.text
    ? []
    : [
        [trans.__('If'), hypothesis.if],
        [trans.__('Then'), hypothesis.then],
        [trans.__('Because'), hypothesis.because]
      ];
  const expected = hypothesis.prediction;
  if (expected) {
    const said = trans.__('%1 on %2, %3 sure', signedShare(expected.lift), expected.metric, share(expected.confidence));
    parts.push([trans.__('Prediction'), said]);
  }
  return (
    <section>
      <h3>{trans.__('Hypothesis')}</h3>
      {hypothesis.text && <p className="jp-expkit-prose">{hypothesis.text}</p>}
      <Facts facts={parts.filter(([, text]) => text)} />
      {description && <p className="jp-expkit-prose jp-expkit-faint">{description}</p>}
    </section>
  );
}

function Variants({ experiment, trans }: Pick<IProps, 'experiment' | 'trans'>): JSX.Element {
  const title = trans.__('Variants');
  return (
    <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={title}>
      <table className="jp-expkit-table">
        <caption>
          {title} <small>{trans.__('%1 of the eligible units are let in', share(experiment.coverage))}</small>
        </caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Variant')}</th>
            <th scope="col">{trans.__('Share')}</th>
            <th scope="col">{trans.__('Parameters')}</th>
          </tr>
        </thead>
        <tbody>
          {experiment.variants.map(variant => (
            <tr key={variant.key}>
              <th scope="row">
                {variant.name || variant.key}
                {variant.name && <small> {variant.key}</small>}
                {variant.description && <small className="jp-expkit-block">{variant.description}</small>}
              </th>
              <td className="jp-expkit-share">
                <progress max={1} value={variant.weight ?? 0} aria-hidden="true" /> {share(variant.weight ?? 0)}
              </td>
              <td>
                <code>{parameters(variant.recommender, variant.params)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Metrics({ metrics, trans }: { metrics: Metric[]; trans: TranslationBundle }): JSX.Element {
  const title = trans.__('Metrics');
  return (
    <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={title}>
      <table className="jp-expkit-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Metric')}</th>
            <th scope="col">{trans.__('Kind')}</th>
            <th scope="col">{trans.__('Better is')}</th>
            <th scope="col">{trans.__('Window')}</th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric, index) => (
            <tr key={metric.key}>
              <th scope="row">
                {metricName(metric)} <small>{index === 0 ? trans.__('primary') : trans.__('secondary')}</small>
              </th>
              <td>{kindLabel(metric.kind, trans)}</td>
              <td>{metric.direction === 'increase' ? trans.__('more') : trans.__('less')}</td>
              <td>{metric.window_days ? days(metric.window_days, trans) : trans.__('no end')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Guardrails({ guardrails, trans }: { guardrails: Guardrail[]; trans: TranslationBundle }): JSX.Element {
  const title = trans.__('Guardrails');
  if (guardrails.length === 0) {
    return (
      <section>
        <h3>{title}</h3>
        <p className="jp-expkit-faint">{trans.__('None is set: nothing stops it when it does harm.')}</p>
      </section>
    );
  }
  return (
    <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={title}>
      <table className="jp-expkit-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Metric')}</th>
            <th scope="col">{trans.__('Tolerated')}</th>
            <th scope="col">{trans.__('When it breaks')}</th>
          </tr>
        </thead>
        <tbody>
          {guardrails.map(guardrail => (
            <tr key={guardrail.metric.key}>
              <th scope="row">{metricName(guardrail.metric)}</th>
              <td>{bounds(guardrail, trans)}</td>
              <td>{guardrailAction(guardrail.action, trans)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ISignatures {
  plans: SignedPlan[];
  canSign: boolean;
  trans: TranslationBundle;
  onSign: () => void;
}

function Signatures({ plans, canSign, trans, onSign }: ISignatures): JSX.Element {
  return (
    <div className="jp-expkit-signatures">
      {plans.map(plan => (
        <p key={plan.digest}>
          <span aria-hidden="true">{'\u2713'}</span>{' '}
          {trans.__('Version %1 signed by %2, %3', plan.version, plan.signed_by, when(plan.at))}{' '}
          <code title={plan.digest}>{plan.digest.slice(0, 12)}</code>
        </p>
      ))}
      {plans.length === 0 && <p className="jp-expkit-faint">{trans.__('Nobody has signed the plan.')}</p>}
      {canSign && (
        <button className="jp-expkit-button" onClick={onSign}>
          {trans.__('Sign plan')}
        </button>
      )}
    </div>
  );
}

/** Names and what they are, as a description list. */
export function Facts({ facts }: { facts: ReadonlyArray<readonly [string, string]> }): JSX.Element | null {
  return facts.length === 0 ? null : (
    <dl className="jp-expkit-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function planFacts(experiment: Experiment, trans: TranslationBundle): Array<[string, string]> {
  const plan: Plan = experiment.plan;
  const { rice, tags, sample_size: size, project } = experiment;
  const method = planMethod(plan.method, trans);
  const facts: Array<[string, string]> = [
    [trans.__('Method'), trans.__('%1, alpha %2, power %3', method, plan.alpha, share(plan.power))]
  ];
  const add = (name: string, value: string | null | undefined) => value && facts.push([name, value]);
  add(trans.__('Smallest effect worth finding'), plan.minimum_effect ? share(plan.minimum_effect) : null);
  add(trans.__('Units per variant'), size ? count(size) : null);
  add(trans.__('Duration'), plan.days ? days(plan.days, trans) : null);
  add(trans.__('RICE score'), rice ? riceScore(rice) : null);
  add(trans.__('Project'), project);
  add(trans.__('Tags'), tags.join(', '));
  return facts;
}

function riceScore(rice: NonNullable<Experiment['rice']>): string {
  const score = ((rice.reach ?? 1) * rice.impact * rice.confidence) / rice.effort;
  return String(Number(score.toPrecision(3)));
}

/** `model_version: v3, reranking.style: 0.6`: what is given, and nothing that was left at its default. */
function parameters(...given: Array<object | null>): string {
  return given
    .flatMap(each => Object.entries(each ?? {}).flatMap(([name, value]) => leaves(name, value)))
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

function leaves(name: string, value: unknown): Array<[string, string]> {
  if (value === null || value === '') {
    return [];
  }
  if (typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([inner, part]) => leaves(`${name}.${inner}`, part));
  }
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
}

function bounds(guardrail: Guardrail, trans: TranslationBundle): string {
  const told = [
    guardrail.max_change !== null && trans.__('%1 worse than control', share(guardrail.max_change)),
    guardrail.limit !== null && trans.__('a level of %1', guardrail.limit)
  ];
  return told.filter(Boolean).join(', ');
}

function days(n: number, trans: TranslationBundle): string {
  return trans._n('%1 day', '%1 days', n);
}

function signedShare(part: number): string {
  return `${part < 0 ? '\u2212' : '+'}${share(Math.abs(part))}`;
}
