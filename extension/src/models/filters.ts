import { TranslationBundle } from '@jupyterlab/translation';

import { ExperimentType } from '../api/types';
import { STATUSES, statusLabel, typeLabels } from './status';

/** What the list is narrowed to; an empty word is "All". */
export interface IFilters {
  text: string;
  days: string;
  department: string;
  status: string;
  type: string;
  significance: string;
  outcome: string;
}

/** The filters that are chosen from a list. */
export type Choice = Exclude<keyof IFilters, 'text'>;

export type Order = 'newest' | 'changed' | 'rice' | 'name';

export const EVERYTHING: IFilters = {
  text: '',
  days: '',
  department: '',
  status: '',
  type: '',
  significance: '',
  outcome: ''
};

export const CHOICES: Choice[] = ['days', 'department', 'status', 'type', 'significance', 'outcome'];

type Option = [value: string, label: string];

export function choiceLabel(choice: Choice, trans: TranslationBundle): string {
  return {
    days: trans.__('Time range'),
    department: trans.__('Department'),
    status: trans.__('Status'),
    type: trans.__('Type'),
    significance: trans.__('Significance'),
    outcome: trans.__('Outcome')
  }[choice];
}

/** What can be chosen; the first is "All". */
export function options(choice: Choice, departments: ReadonlyArray<string>, trans: TranslationBundle): Option[] {
  const types = typeLabels(trans);
  const lists: Record<Choice, Option[]> = {
    days: [
      ['7d', trans.__('Last 7 days')],
      ['30d', trans.__('Last 30 days')],
      ['90d', trans.__('Last 90 days')]
    ],
    department: departments.map(each => [each, each]),
    status: STATUSES.map(each => [each, statusLabel(each, trans)]),
    type: (Object.keys(types) as ExperimentType[]).map(each => [each, types[each]]),
    significance: [
      ['significant', trans.__('Statistically Significant')],
      ['not_significant', trans.__('Not Significant')],
      ['insufficient', trans.__('Insufficient Data')]
    ],
    outcome: [
      ['positive', trans.__('Positive')],
      ['negative', trans.__('Negative')],
      ['neutral', trans.__('Neutral')],
      ['in_progress', trans.__('In Progress')]
    ]
  };
  return [['', choice === 'days' ? trans.__('All Time') : trans.__('All')], ...lists[choice]];
}

export function orders(trans: TranslationBundle): Array<[Order, string]> {
  return [
    ['newest', trans.__('Newest first')],
    ['changed', trans.__('Last changed first')],
    ['rice', trans.__('RICE score')],
    ['name', trans.__('Name')]
  ];
}

/** How many of the choices narrow the list. */
export function chosen(filters: IFilters): number {
  return CHOICES.filter(choice => filters[choice] !== '').length;
}
