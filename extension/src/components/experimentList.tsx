import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { AtRisk, Experiment } from '../api/types';
import { RiskBadge, StatusBadge } from './statusBadge';

interface IProps {
  experiments: ReadonlyArray<Experiment>;
  /** The one whose page is in front. */
  current: string | null;
  atRisk: Readonly<AtRisk>;
  trans: TranslationBundle;
  onOpen: (key: string) => void;
}

/** The experiments as a listbox: one tab stop, arrows to move, Enter to open. */
export function ExperimentList({ experiments, current, atRisk, trans, onOpen }: IProps): JSX.Element {
  const list = React.useRef<HTMLUListElement>(null);
  const [active, setActive] = React.useState<string | null>(null);
  const found = experiments.findIndex(experiment => experiment.key === (active ?? current));
  const index = Math.max(0, found);

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      onOpen(experiments[index].key);
    } else {
      const next = step(event.key, index, experiments.length);
      if (next === null) {
        return;
      }
      setActive(experiments[next].key);
      (list.current?.children[next] as HTMLElement | undefined)?.focus();
    }
    event.preventDefault();
  };

  return (
    <ul ref={list} className="jp-expkit-list" role="listbox" aria-label={trans.__('Experiments')} onKeyDown={onKeyDown}>
      {experiments.map((experiment, position) => (
        <li
          key={experiment.key}
          className="jp-expkit-item"
          role="option"
          tabIndex={position === index ? 0 : -1}
          aria-selected={experiment.key === current}
          title={experiment.key}
          onClick={() => {
            setActive(experiment.key);
            onOpen(experiment.key);
          }}
        >
          <span className="jp-expkit-item-name">{experiment.name}</span>
          <StatusBadge status={experiment.status} trans={trans} />
          {atRisk[experiment.key] && <RiskBadge risks={atRisk[experiment.key]} trans={trans} />}
          <span className="jp-expkit-faint">{[experiment.key, experiment.owner].filter(Boolean).join(' \u00b7 ')}</span>
        </li>
      ))}
    </ul>
  );
}

function step(key: string, index: number, length: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(index + 1, length - 1);
    case 'ArrowUp':
      return Math.max(index - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}
