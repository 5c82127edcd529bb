import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { MetricEstimate, Scorecard } from '../api/types';
import { armName } from '../models/names';
import { amount, count, interval, isNotEstimable, lift, pValue, share } from '../models/numbers';

interface IProps {
  scorecard: Scorecard;
  trans: TranslationBundle;
}

/** The arms and the estimates of one look, as two tables. */
export function ScorecardTables({ scorecard, trans }: IProps): JSX.Element {
  return (
    <div className="jp-expkit-tables">
      <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={trans.__('Metrics')}>
        <table className="jp-expkit-table">
          <caption>{trans.__('Metrics')}</caption>
          <thead>
            <tr>
              <th scope="col">{trans.__('Metric')}</th>
              <th scope="col">{trans.__('Variant')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('Control')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('Treatment')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('Effect')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('Lift')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('p-value')}</th>
              <th scope="col">{trans.__('Verdict')}</th>
            </tr>
          </thead>
          <tbody>
            {inOrder(scorecard.estimates).map(row => (
              <MetricRow
                key={`${row.metric}/${row.variant}`}
                row={row}
                variant={armName(scorecard, row.variant)}
                trans={trans}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={trans.__('Arms')}>
        <table className="jp-expkit-table jp-expkit-mod-arms">
          <caption>{trans.__('Arms')}</caption>
          <thead>
            <tr>
              <th scope="col">{trans.__('Variant')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('Units')}</th>
              <th scope="col" className="jp-expkit-number">{trans.__('Planned share')}</th>
            </tr>
          </thead>
          <tbody>
            {scorecard.arms.map(arm => (
              <tr key={arm.key}>
                <th scope="row">
                  {arm.name || arm.key}
                  {arm.key === scorecard.control && <small> {trans.__('reference')}</small>}
                </th>
                <td className="jp-expkit-number">{count(arm.n)}</td>
                <td className="jp-expkit-number">{share(arm.share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface IRow {
  row: MetricEstimate;
  trans: TranslationBundle;
}

function MetricRow({ row, variant, trans }: IRow & { variant: string }): JSX.Element {
  return (
    <>
      <tr>
        <th scope="row">
          {row.title}
          <small> {roleLabel(row.role, trans)}</small>
        </th>
        <td>{variant}</td>
        <Numbers row={row} trans={trans} />
        <td>
          <Verdict verdict={row.verdict} trans={trans} />
        </td>
      </tr>
      {row.note && (
        <tr className="jp-expkit-note">
          <td colSpan={8}>
            <small>{row.note}</small>
          </td>
        </tr>
      )}
    </>
  );
}

/** Five numbers, or the reason why there are none. */
function Numbers({ row, trans }: IRow): JSX.Element {
  const found = row.estimate;
  if (found.kind === 'not_estimable') {
    return (
      <td colSpan={5} className="jp-expkit-reason">
        {found.reason}
        {found.hint && <small>{trans.__('Hint: %1', found.hint)}</small>}
      </td>
    );
  }
  const difference = (value: number) => amount(value, row.kind, row.unit, true);
  return (
    <>
      <td className="jp-expkit-number">{amount(found.control.mean, row.kind, row.unit)}</td>
      <td className="jp-expkit-number">{amount(found.treatment.mean, row.kind, row.unit)}</td>
      <td className="jp-expkit-number">
        {difference(found.effect)}
        <small>{interval(found.ci, difference, trans)}</small>
      </td>
      <td className="jp-expkit-number" title={isNotEstimable(found.lift) ? found.lift.reason : undefined}>
        {isNotEstimable(found.lift) ? trans.__('not estimable') : lift(found.lift)}
        {!isNotEstimable(found.lift_ci) && <small>{interval(found.lift_ci, lift, trans)}</small>}
      </td>
      <td className="jp-expkit-number" title={found.method}>
        {pValue(row.adjusted_p_value ?? found.p_value)}
        {typeof row.adjusted_p_value === 'number' && <small>{trans.__('adjusted')}</small>}
        {typeof row.decision?.p_value === 'number' && (
          <small>{trans.__('at any look %1', pValue(row.decision.p_value))}</small>
        )}
      </td>
    </>
  );
}

const SIGNS: Record<MetricEstimate['verdict'], string> = {
  better: '\u2713',
  worse: '\u2717',
  inconclusive: '\u2248',
  unknown: '?'
};
const ROLES: MetricEstimate['role'][] = ['primary', 'secondary', 'guardrail'];

function Verdict({ verdict, trans }: { verdict: MetricEstimate['verdict']; trans: TranslationBundle }): JSX.Element {
  const labels: Record<MetricEstimate['verdict'], string> = {
    better: trans.__('Better'),
    worse: trans.__('Worse'),
    inconclusive: trans.__('Inconclusive'),
    unknown: trans.__('Not estimable')
  };
  return (
    <span className={`jp-expkit-verdict jp-expkit-mod-${verdict}`}>
      <span aria-hidden="true">{SIGNS[verdict]}</span> {labels[verdict]}
    </span>
  );
}

/** The primary metric first, the guardrails last. */
function inOrder(rows: MetricEstimate[]): MetricEstimate[] {
  return [...rows].sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
}

function roleLabel(role: MetricEstimate['role'], trans: TranslationBundle): string {
  return { primary: trans.__('primary'), secondary: trans.__('secondary'), guardrail: trans.__('guardrail') }[role];
}
