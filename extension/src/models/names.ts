import { TranslationBundle } from '@jupyterlab/translation';

import { Guardrail, Metric, Plan, Scorecard } from '../api/types';

/** A variant's name as the scorecard gives it; its key when it has none. */
export function armName(scorecard: Scorecard, key: string): string {
  return scorecard.arms.find(arm => arm.key === key)?.name || key;
}

/** A metric's title as the scorecard gives it; its key when it is not among the estimates. */
export function metricTitle(scorecard: Scorecard, key: string): string {
  return scorecard.estimates.find(row => row.metric === key)?.title || key;
}

/** A metric's name, else its key in words. */
export function metricName(metric: Metric): string {
  const words = metric.key.replace(/[_-]/g, ' ');
  return metric.name || words.charAt(0).toUpperCase() + words.slice(1);
}

export function kindLabel(kind: Metric['kind'], trans: TranslationBundle): string {
  return {
    conversion: trans.__('Conversion: units with the event'),
    count: trans.__('Count: events per unit'),
    sum: trans.__('Sum: values per unit'),
    ratio: trans.__('Ratio of two sums'),
    quantile: trans.__('Quantile of the values'),
    evenness: trans.__('Evenness: how evenly events are spread')
  }[kind];
}

export function guardrailAction(action: Guardrail['action'], trans: TranslationBundle): string {
  return {
    alert: trans.__('Alert'),
    pause: trans.__('Pause'),
    stop: trans.__('Stop'),
    rollback: trans.__('Roll back')
  }[action];
}

export function planMethod(method: Plan['method'], trans: TranslationBundle): string {
  return {
    fixed: trans.__('Fixed horizon'),
    group_sequential: trans.__('Group sequential'),
    always_valid: trans.__('Always valid'),
    bayesian: trans.__('Bayesian')
  }[method];
}
