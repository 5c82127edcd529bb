import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Experiment, Risk, ScheduledMove } from '../api/types';
import { Action, actionLabel, fits, whyNot } from '../models/actions';
import { riskLabel, typeLabels } from '../models/status';
import { ActionMenu } from './actionMenu';
import { Planned } from './planned';
import { RiskBadge, StatusBadge } from './statusBadge';

interface IProps {
  experiment: Experiment;
  risks: ReadonlyArray<Risk>;
  planned: ReadonlyArray<ScheduledMove>;
  busy: boolean;
  trans: TranslationBundle;
  onAction: (action: Action) => void;
}

/** The next steps of the lifecycle: a button each, when it is their turn. */
const STEPS: Action[] = ['start', 'pause', 'resume', 'stop', 'promote', 'finish'];
const ALWAYS: Action[] = ['analyze', 'report'];
/** Everything, whether it is its turn or not. */
const MENU: Action[][] = [
  ['edit', 'traffic', 'guardrails'],
  ['review', 'sign', 'schedule', 'unschedule'],
  ['start', 'pause', 'resume', 'stop'],
  ['conclude', 'promote', 'finish', 'rollback', 'complete', 'archive'],
  ['note', 'clone', 'delete']
];

/** Which experiment this is, how it stands, and what can be done with it. */
export function Header({ experiment, risks, planned, busy, trans, onAction }: IProps): JSX.Element {
  const type = typeLabels(trans)[experiment.type];
  const hypothesis = sentence(experiment.hypothesis, trans);
  const version = trans.__('version %1', experiment.version);
  const facts = [experiment.key, type, experiment.owner, experiment.department, version].filter(Boolean);
  const steps = STEPS.filter(action => fits(action, experiment));
  const menu = MENU.map(group =>
    group.map(action => ({
      id: action,
      label: actionLabel(action, trans),
      whyNot: whyNot(action, experiment, trans)
    }))
  );
  return (
    <header className="jp-expkit-header">
      <div className="jp-expkit-title">
        <h2>{experiment.name}</h2>
        <StatusBadge status={experiment.status} trans={trans} />
        {risks.length > 0 && <RiskBadge risks={risks} trans={trans} />}
      </div>
      <p className="jp-expkit-faint">{facts.join(' \u00b7 ')}</p>
      {hypothesis && <p className="jp-expkit-prose">{hypothesis}</p>}
      <div className="jp-expkit-actions" role="group" aria-label={trans.__('Actions')}>
        {[...steps, ...ALWAYS].map(action => (
          <button
            key={action}
            className={`jp-expkit-button jp-expkit-mod-${action}`}
            aria-disabled={busy}
            onClick={() => !busy && onAction(action)}
          >
            {actionLabel(action, trans)}
          </button>
        ))}
        <ActionMenu
          label={trans.__('More actions')}
          groups={menu}
          isDisabled={busy}
          onChoose={action => onAction(action as Action)}
        />
      </div>
      <Planned moves={planned} trans={trans} />
      {risks.length > 0 && (
        <ul className="jp-expkit-risks" aria-label={trans.__('At risk')}>
          {risks.map(risk => (
            <li key={risk.kind + risk.detail}>
              <strong>{riskLabel(risk, trans)}</strong> {risk.detail}
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}

function sentence(hypothesis: Experiment['hypothesis'], trans: TranslationBundle): string {
  if (hypothesis.text) {
    return hypothesis.text;
  }
  return hypothesis.because
    ? trans.__('If %1, then %2, because %3.', hypothesis.if, hypothesis.then, hypothesis.because)
    : trans.__('If %1, then %2.', hypothesis.if, hypothesis.then);
}
