import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Risk, Status } from '../api/types';
import { riskLabel, statusLabel, Tone, tone } from '../models/status';

/** One shape per tone, on a grid of 12: colour is never the only difference. */
const SHAPES: Record<Tone, string> = {
  waiting: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9zm0 1.5a3 3 0 1 1 0 6a3 3 0 0 1 0-6z',
  running: 'M3 1.5 10.5 6 3 10.5z',
  held: 'M2.5 2h2.5v8H2.5zM7 2h2.5v8H7z',
  ended: 'M2 2h8v8H2z',
  good: 'M1.5 6.5 3 5l2 2 4.2-4.5 1.4 1.4L5 9.9z',
  bad: 'M2.6 1.5 6 4.9l3.4-3.4 1.1 1.1L7.1 6l3.4 3.4-1.1 1.1L6 7.1l-3.4 3.4-1.1-1.1L4.9 6 1.5 2.6z'
};

interface IProps {
  status: Status;
  trans: TranslationBundle;
}

/** A status as a shape, a colour and a word. */
export function StatusBadge({ status, trans }: IProps): JSX.Element {
  const kind = tone(status);
  return (
    <span className={`jp-expkit-badge jp-expkit-mod-${kind}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={SHAPES[kind]} />
      </svg>
      {statusLabel(status, trans)}
    </span>
  );
}

/** That a running experiment may not give its answer, and why. */
export function RiskBadge({ risks, trans }: { risks: ReadonlyArray<Risk>; trans: TranslationBundle }): JSX.Element {
  return (
    <span className="jp-expkit-badge jp-expkit-mod-held" title={risks.map(risk => riskLabel(risk, trans)).join('\n')}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d="M6 1 11.5 11H.5zM5.3 4.5v3.2h1.4V4.5zm0 4v1.3h1.4V8.5z" fillRule="evenodd" />
      </svg>
      {trans.__('At risk')}
    </span>
  );
}
