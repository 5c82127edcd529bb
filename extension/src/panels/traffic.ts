import { TranslationBundle } from '@jupyterlab/translation';

import { Experiment } from '../api/types';
import { percent, unit } from '../models/numbers';
import { reasonField } from './dialogs';
import { askForm, Values } from './form';

interface ITraffic {
  coverage: number;
  shares: Record<string, number>;
  reason: string;
}

/** Ask how many units are let in and how they are split. Resolves with null when cancelled. */
export async function askTraffic(
  experiment: Experiment,
  isRunning: boolean,
  trans: TranslationBundle
): Promise<ITraffic | null> {
  const keys = experiment.variants.map(each => each.key);
  const asked = await askForm(
    {
      title: trans.__('Traffic of “%1”', experiment.name),
      text: isRunning
        ? trans.__('It is running: this opens a new phase, and changes who sees what from now on.')
        : trans.__('The shares of all variants add up to 100 %.'),
      fields: [
        {
          name: 'coverage',
          label: trans.__('Eligible units let in'),
          kind: 'number',
          value: percent(experiment.coverage),
          suffix: '%',
          min: 0,
          max: 100,
          isRequired: true
        },
        ...experiment.variants.map(each => ({
          name: `share:${each.key}`,
          label: trans.__('Share of %1', each.name || each.key),
          kind: 'number' as const,
          value: percent(each.weight ?? 0),
          suffix: '%',
          min: 0,
          max: 100,
          isRequired: true
        })),
        reasonField(trans, isRunning)
      ],
      accept: trans.__('Change traffic'),
      check: values => fault(values, keys, trans)
    },
    trans
  );
  return (
    asked && {
      coverage: unit(asked.coverage),
      shares: exact(Object.fromEntries(keys.map(key => [key, unit(asked[`share:${key}`])]))),
      reason: asked.reason
    }
  );
}

function fault(values: Values, keys: string[], trans: TranslationBundle): string {
  const numbers = [values.coverage, ...keys.map(key => values[`share:${key}`])].map(Number);
  if (numbers.some(n => !(n >= 0 && n <= 100))) {
    return trans.__('Every number lies between 0 and 100.');
  }
  const total = numbers.slice(1).reduce((sum, n) => sum + n, 0);
  return Math.abs(total - 100) < TOLERANCE
    ? ''
    : trans.__('The shares add up to %1 %, not to 100 %.', Number(total.toFixed(4)));
}

/** Three times 33.33 % is meant to be everybody. */
const TOLERANCE = 0.05;

function exact(shares: Record<string, number>): Record<string, number> {
  const total = Object.values(shares).reduce((sum, part) => sum + part, 0);
  return Object.fromEntries(Object.entries(shares).map(([key, part]) => [key, part / total]));
}
