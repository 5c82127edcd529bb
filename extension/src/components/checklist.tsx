import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ChecklistItem } from '../api/types';

interface IProps {
  items: ReadonlyArray<ChecklistItem>;
  trans: TranslationBundle;
}

/** What should be in order before the start: a sign, a word and what was found. */
export function Checklist({ items, trans }: IProps): JSX.Element {
  return (
    <ul className="jp-expkit-findings" aria-label={trans.__('Checklist')}>
      {items.map(item => (
        <li key={item.name}>
          <Standing item={item} trans={trans} />
          <span>
            <strong>{item.title}</strong>
            {item.detail && <small> {item.detail}</small>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Standing({ item, trans }: { item: ChecklistItem; trans: TranslationBundle }): JSX.Element {
  const mood = item.ok ? 'ok' : item.strictness === 'block' ? 'block' : 'warn';
  const label = { ok: trans.__('OK'), warn: trans.__('Warning'), block: trans.__('Blocks') }[mood];
  const sign = { ok: '\u2713', warn: '!', block: '\u2717' }[mood];
  return (
    <span className={`jp-expkit-verdict jp-expkit-mod-${mood}`}>
      <span aria-hidden="true">{sign}</span> {label}
    </span>
  );
}
