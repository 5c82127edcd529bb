import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Experiment, Guardrail } from '../api/types';
import { Field } from '../components/fields';
import { GuardrailRows } from '../components/guardrailRows';
import { guardrailRows, guardrailsOf, IGuardrailRow } from '../models/draft';
import { reasonField } from './dialogs';

interface IAnswer {
  guardrails: Guardrail[];
  reason: string;
}

/** Ask for all the guardrails of an experiment. Resolves with null when cancelled. */
export async function askGuardrails(experiment: Experiment, trans: TranslationBundle): Promise<IAnswer | null> {
  const answer = await showDialog<IAnswer>({
    title: trans.__('Guardrails of “%1”', experiment.name),
    body: new Body(experiment, trans),
    focusNodeSelector: 'input, button',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Set guardrails') })
    ]
  });
  return answer.button.accept ? answer.value : null;
}

class Body extends ReactWidget implements Dialog.IBodyWidget<IAnswer> {
  constructor(
    private readonly experiment: Experiment,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-expkit-dialog');
    this.addClass('jp-expkit-mod-wide');
    this._rows = guardrailRows(experiment.guardrails);
  }

  getValue(): IAnswer {
    const { metrics, guardrails } = this.experiment;
    return { guardrails: guardrailsOf(this._rows, metrics, guardrails), reason: this._reason.trim() };
  }

  protected render(): JSX.Element {
    const { trans } = this;
    return (
      <>
        <p>{trans.__('When an arm is worse than control by more than is tolerated, or crosses the level, this is done.')}</p>
        <GuardrailRows
          rows={this._rows}
          known={this.experiment.metrics.map(each => each.key)}
          faults={new Map()}
          trans={trans}
          onChange={rows => {
            this._rows = rows;
            this.judge();
          }}
        />
        <Field
          {...reasonField(trans)}
          value={this._reason}
          onChange={reason => {
            this._reason = reason;
            this.update();
          }}
        />
      </>
    );
  }

  /** Every guardrail needs a metric and a bound. */
  private judge(): void {
    const isWhole = this._rows.every(row => row.key.trim() && (row.tolerated !== '' || row.limit !== ''));
    this.toggleClass('jp-mod-error', !isWhole);
    this.node.dispatchEvent(new Event('input', { bubbles: true }));
    this.update();
  }

  private _rows: IGuardrailRow[];
  private _reason = '';
}
