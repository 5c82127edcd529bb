import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Impact } from '../api/types';
import { count, lift, share } from '../models/numbers';

interface IProps {
  impact: Impact;
  trans: TranslationBundle;
}

/** What a rollback would take away: who gets what now, and what the last look says is given up. */
export function RollbackImpact({ impact, trans }: IProps): JSX.Element {
  return (
    <div className="jp-expkit-scroll">
      <table className="jp-expkit-table" aria-label={trans.__('What is taken back')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Variant')}</th>
            <th scope="col">{trans.__('Share now')}</th>
            <th scope="col">{trans.__('Units so far')}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(impact.now).map(([variant, now]) => (
            <tr key={variant}>
              <th scope="row">{variant}</th>
              <td>{share(now)}</td>
              <td>{count(impact.units[variant] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <GivenUp impact={impact} trans={trans} />
      {impact.dependents.length > 0 && <p>{trans.__('Let in by it: %1', impact.dependents.join(', '))}</p>}
    </div>
  );
}

function GivenUp({ impact, trans }: IProps): JSX.Element {
  if (impact.look === null) {
    return <p>{trans.__('Nobody has looked at it yet.')}</p>;
  }
  const rows = impact.metrics.filter(row => row.role === 'primary' && row.lift !== null);
  return (
    <>
      {rows.map(row => (
        <p key={row.variant}>
          {trans.__('%1 of %2 at look %3: %4 is given up.', row.metric, row.variant, impact.look, lift(row.lift ?? 0))}
        </p>
      ))}
    </>
  );
}
