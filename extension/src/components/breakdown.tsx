import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Breakdown, Scorecard, Segment } from '../api/types';
import { armName } from '../models/names';
import { count, interval, isNotEstimable, lift, pValue } from '../models/numbers';

interface IProps {
  scorecard: Scorecard;
  trans: TranslationBundle;
}

type Difference = Breakdown['differences'][number];

/** The primary metric by the attributes that the experiment names; no verdict rests on them. */
export function Segments({ scorecard, trans }: IProps): JSX.Element | null {
  if (scorecard.segments.length === 0) {
    return null;
  }
  const notes = [...new Set(scorecard.segments.map(found => found.note))].filter(Boolean);
  return (
    <section className="jp-expkit-tables">
      <h3>{trans.__('Segments')}</h3>
      {scorecard.segments.flatMap(found =>
        found.differences.map(told => (
          <SegmentTable
            key={`${found.attribute}/${told.metric}/${told.variant}`}
            found={found}
            told={told}
            variant={armName(scorecard, told.variant)}
            trans={trans}
          />
        ))
      )}
      {notes.map(note => (
        <p key={note} className="jp-expkit-faint">
          {note}
        </p>
      ))}
    </section>
  );
}

interface ITable {
  found: Breakdown;
  told: Difference;
  variant: string;
  trans: TranslationBundle;
}

function SegmentTable({ found, told, variant, trans }: ITable): JSX.Element {
  const title = trans.__('%1 of %2 by %3', told.title, variant, found.attribute);
  return (
    <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={title}>
      <table className="jp-expkit-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Segment')}</th>
            <th scope="col" className="jp-expkit-number">{trans.__('Units')}</th>
            <th scope="col" className="jp-expkit-number">{trans.__('Lift')}</th>
            <th scope="col" className="jp-expkit-number">{trans.__('Adjusted p')}</th>
            <th scope="col" className="jp-expkit-number">{trans.__('Shrunken')}</th>
          </tr>
        </thead>
        <tbody>
          {found.segments.map(segment => (
            <tr key={`${segment.what}/${segment.value}`}>
              <th scope="row">{segmentName(segment, trans)}</th>
              <td className="jp-expkit-number">{count(Object.values(segment.units).reduce((all, n) => all + n, 0))}</td>
              <Numbers segment={segment} told={told} trans={trans} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="jp-expkit-note">
            <td colSpan={5}>
              <small>{differs(told, trans)}</small>
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function Numbers({ segment, told, trans }: { segment: Segment; told: Difference; trans: TranslationBundle }): JSX.Element {
  const one = segment.effects.find(effect => effect.metric === told.metric && effect.variant === told.variant);
  if (!one || one.estimate.kind === 'not_estimable') {
    return (
      <td colSpan={3} className="jp-expkit-reason">
        {one?.estimate.kind === 'not_estimable' ? one.estimate.reason : ''}
      </td>
    );
  }
  const found = one.estimate;
  const base = Math.abs(found.control.mean);
  return (
    <>
      <td className="jp-expkit-number">
        {isNotEstimable(found.lift) ? trans.__('not estimable') : lift(found.lift)}
        {!isNotEstimable(found.lift_ci) && <small>{interval(found.lift_ci, lift, trans)}</small>}
      </td>
      <td className="jp-expkit-number" title={found.method}>{pValue(one.adjusted_p_value)}</td>
      <td className="jp-expkit-number">
        {typeof one.shrunken === 'number' && base > 0 ? lift(one.shrunken / base) : '\u2013'}
      </td>
    </>
  );
}

function segmentName(segment: Segment, trans: TranslationBundle): string {
  const names = { value: segment.value, missing: trans.__('(missing)'), other: trans.__('(other)') };
  return names[segment.what];
}

function differs(told: Difference, trans: TranslationBundle): string {
  if (typeof told.p_value !== 'number') {
    return trans.__('Whether the effect differs between them cannot be told: %1', told.note);
  }
  return trans.__('Does the effect differ between them? p %1', pValue(told.adjusted_p_value ?? told.p_value));
}
