import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { IGuardrailRow, newGuardrail } from '../models/draft';
import { guardrailAction, kindLabel } from '../models/names';
import { Rows } from './rows';

interface IProps {
  rows: ReadonlyArray<IGuardrailRow>;
  /** Metrics that are known, to choose from. */
  known: ReadonlyArray<string>;
  faults: ReadonlyMap<string, string>;
  trans: TranslationBundle;
  onChange: (rows: IGuardrailRow[]) => void;
}

/** What must not get worse: by how much, beyond which level, and what happens then. */
export function GuardrailRows({ rows, known, faults, trans, onChange }: IProps): JSX.Element {
  return (
    <Rows
      title={trans.__('Guardrails')}
      path="guardrails"
      rows={rows}
      fresh={newGuardrail}
      least={0}
      add={trans.__('Add guardrail')}
      faults={faults}
      trans={trans}
      onChange={onChange}
      fields={[
        { name: 'key', path: 'metric.key', label: trans.__('Metric'), options: known.map(key => [key, ''] as const) },
        { name: 'kind', path: 'metric.kind', label: trans.__('Kind'), kind: 'choice', options: kinds(trans) },
        { name: 'direction', path: 'metric.direction', label: trans.__('Better is'), kind: 'choice', options: directions(trans) },
        { name: 'tolerated', path: 'max_change', label: trans.__('Tolerated harm'), kind: 'number', suffix: '%', min: 0 },
        { name: 'limit', path: 'limit', label: trans.__('Level not to cross'), kind: 'number' },
        {
          name: 'action',
          path: 'action',
          label: trans.__('When it breaks'),
          kind: 'choice',
          options: (['alert', 'pause', 'stop', 'rollback'] as const).map(each => [each, guardrailAction(each, trans)] as const)
        }
      ]}
    />
  );
}

export function kinds(trans: TranslationBundle): Array<readonly [string, string]> {
  return (['conversion', 'count', 'sum', 'ratio'] as const).map(each => [each, kindLabel(each, trans)] as const);
}

export function directions(trans: TranslationBundle): Array<readonly [string, string]> {
  return [
    ['increase', trans.__('more')],
    ['decrease', trans.__('less')]
  ];
}
