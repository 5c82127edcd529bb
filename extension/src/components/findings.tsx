import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Recommendation, Scorecard } from '../api/types';
import { armName, metricTitle } from '../models/names';

interface IProps {
  scorecard: Scorecard;
  trans: TranslationBundle;
}

/** What the numbers advise, before the numbers. */
export function Advice({ advice, trans }: { advice: Recommendation; trans: TranslationBundle }): JSX.Element {
  return (
    <section className={`jp-expkit-advice jp-expkit-mod-${advice.action}`} aria-label={trans.__('Recommendation')}>
      <h3>{advice.headline}</h3>
      {advice.reasons.length > 0 && (
        <ul>
          {advice.reasons.map(reason => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {advice.would_change.length > 0 && (
        <>
          <p>{trans.__('What would change it:')}</p>
          <ul>
            {advice.would_change.map(turn => (
              <li key={turn}>{turn}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Whether the data can be trusted, and whether a guardrail broke. */
export function Checks({ scorecard, trans }: IProps): JSX.Element | null {
  if (scorecard.checks.length + scorecard.guardrails.length === 0) {
    return null;
  }
  return (
    <section className="jp-expkit-checks">
      <h3>{trans.__('Checks')}</h3>
      <ul>
        {scorecard.checks.map(check => (
          <Finding key={check.name} ok={check.ok} name={checkLabel(check.name, trans)} detail={check.detail} trans={trans} />
        ))}
        {scorecard.guardrails.map(found => (
          <Finding
            key={`${found.metric}/${found.variant}`}
            ok={found.breached === null ? null : !found.breached}
            name={trans.__('%1, %2', metricTitle(scorecard, found.metric), armName(scorecard, found.variant))}
            detail={found.detail}
            trans={trans}
          />
        ))}
      </ul>
    </section>
  );
}

function checkLabel(name: string, trans: TranslationBundle): string {
  const labels: Record<string, string> = {
    srm: trans.__('Sample ratio'),
    multiple_exposure: trans.__('Multiple exposure'),
    unknown_variants: trans.__('Unknown variants'),
    anomaly: trans.__('Odd days'),
    outlier_units: trans.__('Single units'),
    missing_exposure: trans.__('Missing exposure'),
    late_exposure: trans.__('Late exposure'),
    logging_delay: trans.__('Logging delay'),
    clock_skew: trans.__('Clocks')
  };
  return labels[name] ?? name.replace(/_/g, ' ');
}

interface IFinding {
  ok: boolean | null;
  name: string;
  detail: string;
  trans: TranslationBundle;
}

function Finding({ ok, name, detail, trans }: IFinding): JSX.Element {
  const mood = ok === null ? 'unknown' : ok ? 'better' : 'worse';
  const label = { unknown: trans.__('Too early'), better: trans.__('OK'), worse: trans.__('Alarm') }[mood];
  const sign = { unknown: '?', better: '\u2713', worse: '\u2717' }[mood];
  return (
    <li>
      <span className={`jp-expkit-verdict jp-expkit-mod-${mood}`}>
        <span aria-hidden="true">{sign}</span> {label}
      </span>
      <span>
        <strong>{name}</strong> {detail}
      </span>
    </li>
  );
}
