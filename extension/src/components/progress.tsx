import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Reached, Scorecard } from '../api/types';
import { armName } from '../models/names';
import { count, share } from '../models/numbers';

interface IProps {
  scorecard: Scorecard;
  trans: TranslationBundle;
}

/** How far it got, what it can find by now, when what was planned would be there. */
export function Progress({ scorecard, trans }: IProps): JSX.Element | null {
  const reached = scorecard.progress;
  const lines = reached ? [...soFar(reached, trans), ...powers(scorecard, reached, trans), ...end(reached, trans)] : [];
  const all = [...lines, ...scorecard.remarks];
  if (all.length === 0) {
    return null;
  }
  return (
    <section className="jp-expkit-progress">
      <h3>{trans.__('Progress')}</h3>
      <ul>
        {all.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

function soFar(reached: Reached, trans: TranslationBundle): string[] {
  const { planned_units: units, planned_days: days } = reached;
  return [
    ...(units
      ? [trans.__('%1 of %2 planned units in the smallest arm (%3).', count(reached.units), count(units), share(reached.units / units))]
      : []),
    ...(days ? [trans.__('%1 of %2 planned days.', (reached.days ?? 0).toFixed(1), days)] : [])
  ];
}

function powers(scorecard: Scorecard, reached: Reached, trans: TranslationBundle): string[] {
  return reached.powers.flatMap(power => {
    const name = armName(scorecard, power.variant);
    const sought = typeof power.power === 'number' && typeof power.sought === 'number';
    return [
      ...(sought
        ? [trans.__('Power %1 to find the planned %2 (%3).', share(power.power ?? 0), share(power.sought ?? 0), name)]
        : []),
      ...(typeof power.detectable_lift === 'number'
        ? [trans.__('By now a lift of %1 would be found with power %2 (%3).', share(power.detectable_lift), share(reached.wanted_power), name)]
        : [])
    ];
  });
}

function end(reached: Reached, trans: TranslationBundle): string[] {
  const planned = reached.planned_units ?? reached.planned_days;
  const day = (at: string) => at.slice(0, 10);
  const note = reached.note && planned ? [`${reached.note[0].toUpperCase()}${reached.note.slice(1)}.`] : [];
  if (!reached.end) {
    return note;
  }
  const told =
    reached.earliest && reached.latest && reached.earliest !== reached.latest
      ? trans.__(
          'At this pace complete on %1, nine times in ten between %2 and %3.',
          day(reached.end), day(reached.earliest), day(reached.latest)
        )
      : trans.__('At this pace complete on %1.', day(reached.end));
  return [told, ...note];
}
