import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Status, TimelineItem } from '../api/types';
import { statusLabel } from '../models/status';
import { when } from '../models/times';

interface IProps {
  items: ReadonlyArray<TimelineItem>;
  trans: TranslationBundle;
}

/** Everything that people and processes did, the newest first; what is still to come stands on top. */
export function Timeline({ items, trans }: IProps): JSX.Element {
  const now = Date.now();
  const latestFirst = [...items].reverse();
  return (
    <ol className="jp-expkit-timeline" aria-label={trans.__('Timeline')}>
      {latestFirst.map((item, index) => (
        <li key={index} className={`jp-expkit-mod-${mood(item, now)}`}>
          <p>
            <strong>{label(item.what, trans)}</strong>
            {isAhead(item, now) && <em> {trans.__('to come')}</em>}
            {item.detail && <span> {item.detail}</span>}
          </p>
          <p className="jp-expkit-faint">
            <time dateTime={item.at}>{when(item.at)}</time>
            {item.actor && ` \u00b7 ${item.actor}`}
          </p>
        </li>
      ))}
    </ol>
  );
}

function isAhead(item: TimelineItem, now: number): boolean {
  return item.what === 'planned' && Date.parse(item.at) > now;
}

function mood(item: TimelineItem, now: number): string {
  if (isAhead(item, now)) {
    return 'ahead';
  }
  return item.what.includes(' \u2192 ') ? 'move' : item.what === 'look' ? 'look' : 'other';
}

/** The registry's own words, as people read them. */
function label(what: string, trans: TranslationBundle): string {
  const [from, to] = what.split(' \u2192 ') as Status[];
  if (to) {
    return trans.__('%1 → %2', statusLabel(from, trans), statusLabel(to, trans));
  }
  const labels: Record<string, string> = {
    created: trans.__('Created'),
    changed: trans.__('Changed'),
    phase: trans.__('Traffic phase'),
    look: trans.__('Look'),
    review: trans.__('Review requested'),
    'review: approve': trans.__('Review: approved'),
    'review: changes': trans.__('Review: changes asked for'),
    'review: comment': trans.__('Review: comment'),
    planned: trans.__('Scheduled'),
    note: trans.__('Note'),
    'note changed': trans.__('Note changed'),
    'plan signed': trans.__('Plan signed'),
    learning: trans.__('Learning')
  };
  return labels[what] ?? what;
}
