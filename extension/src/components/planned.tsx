import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ScheduledMove } from '../api/types';
import { until, when } from '../models/times';

const EVERY_HALF_MINUTE = 30_000;
const EVERY_SECOND = 1_000;
const LAST_MINUTES = 120_000;

interface IProps {
  moves: ReadonlyArray<ScheduledMove>;
  trans: TranslationBundle;
}

/** What will happen by itself, and how long until then; it counts down while it is looked at. */
export function Planned({ moves, trans }: IProps): JSX.Element | null {
  const now = useNow(moves);
  if (moves.length === 0) {
    return null;
  }
  return (
    <ul className="jp-expkit-planned" aria-label={trans.__('Planned')}>
      {moves.map(move => (
        <li key={move.id}>
          <strong>
            {move.verb === 'start'
              ? trans.__('Starts %1', until(move.at, now))
              : trans.__('Stops %1', until(move.at, now))}
          </strong>{' '}
          <time dateTime={move.at}>{when(move.at)}</time>{' '}
          <small className="jp-expkit-faint">{trans.__('planned by %1', move.by)}</small>
        </li>
      ))}
    </ul>
  );
}

/** The time, renewed as often as the next move is worth it. */
function useNow(moves: ReadonlyArray<ScheduledMove>): number {
  const [now, setNow] = React.useState(Date.now);
  const next = Math.min(...moves.map(move => Date.parse(move.at)));
  const step = next - now < LAST_MINUTES ? EVERY_SECOND : EVERY_HALF_MINUTE;
  const isWaiting = moves.length > 0;
  React.useEffect(() => {
    if (isWaiting) {
      const timer = window.setInterval(() => setNow(Date.now()), step);
      return () => window.clearInterval(timer);
    }
  }, [isWaiting, step]);
  return now;
}
