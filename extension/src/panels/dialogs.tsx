import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Problem } from '../api/problem';
import { ChecklistItem, Experiment, Impact, Verb } from '../api/types';
import { Checklist } from '../components/checklist';
import { IField } from '../components/fields';
import { RollbackImpact } from '../components/impact';
import { actionLabel, consequence, needsReason } from '../models/actions';
import { askForm } from './form';

/** A field for the reason of something. */
export function reasonField(trans: TranslationBundle, isRequired = false): IField {
  return {
    name: 'reason',
    label: trans.__('Reason'),
    kind: 'area',
    isRequired,
    placeholder: trans.__('Why? It is kept in the audit trail.')
  };
}

/** Ask before a move. Resolves with the reason given (empty where none is needed), or null when cancelled. */
export async function confirmMove(
  experiment: Experiment,
  verb: Verb,
  checklist: ChecklistItem[],
  impact: Impact | null,
  trans: TranslationBundle
): Promise<string | null> {
  const label = actionLabel(verb, trans);
  const isBlocked = checklist.some(item => !item.ok && item.strictness === 'block');
  const answer = await askForm(
    {
      title: trans.__('%1 “%2”?', label, experiment.name),
      text: consequence(verb, trans),
      more: impact ? (
        <RollbackImpact impact={impact} trans={trans} />
      ) : (
        checklist.length > 0 && <Checklist items={checklist} trans={trans} />
      ),
      fields: [reasonField(trans, needsReason(verb))],
      accept: label,
      isFinal: needsReason(verb),
      check: () => (isBlocked ? trans.__('What blocks the start has to be put in order first.') : '')
    },
    trans
  );
  return answer && answer.reason;
}

/** Ask which experiment is meant. Resolves with its key, or null when cancelled. */
export async function chooseExperiment(
  experiments: ReadonlyArray<Experiment>,
  title: string,
  trans: TranslationBundle
): Promise<string | null> {
  if (experiments.length === 0) {
    await showDialog({
      title,
      body: trans.__('There is no experiment that this could be done with.'),
      buttons: [Dialog.okButton({ label: trans.__('Close') })]
    });
    return null;
  }
  const labels = experiments.map(each => `${each.name} (${each.key})`);
  const answer = await InputDialog.getItem({ title, items: labels, label: trans.__('Experiment') });
  const index = answer.button.accept && answer.value !== null ? labels.indexOf(answer.value) : -1;
  return index < 0 ? null : experiments[index].key;
}

/** Say what went wrong, with the hint, and offer one way out. Resolves with whether it was taken. */
export async function showProblem(
  title: string,
  problem: Problem,
  wayOut: string | null,
  trans: TranslationBundle
): Promise<boolean> {
  const body = (
    <div className="jp-expkit-dialog" role="alert">
      {problem.faults.length > 0 ? (
        <ul>
          {problem.faults.map(fault => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      ) : (
        <p>{problem.message}</p>
      )}
      {problem.hint && <p className="jp-expkit-hint">{trans.__('Hint: %1', problem.hint)}</p>}
    </div>
  );
  const close = Dialog.cancelButton({ label: trans.__('Close') });
  const buttons = wayOut ? [close, Dialog.okButton({ label: wayOut })] : [close];
  return (await showDialog({ title, body, buttons })).button.accept;
}
