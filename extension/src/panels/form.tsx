import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { Field, IField } from '../components/fields';

export type Values = Record<string, string>;

/** A dialog with fields. */
export interface IForm {
  title: string;
  /** What will happen. */
  text?: string;
  /** What to look at before; stands above the fields. */
  more?: React.ReactNode;
  fields?: IField[];
  /** The word on the button. */
  accept: string;
  /** Whether it cannot be taken back. */
  isFinal?: boolean;
  /** What is wrong with the fields taken together; empty when nothing is. */
  check?: (values: Values) => string;
}

/** Ask. Resolves with what was entered, without blanks around it, or null when cancelled. */
export async function askForm(form: IForm, trans: TranslationBundle): Promise<Values | null> {
  const { accept, title, isFinal } = form;
  const answer = await showDialog<Values>({
    title,
    body: new FormBody(form),
    focusNodeSelector: form.fields?.some(each => each.isRequired) ? 'input, select, textarea' : undefined,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      isFinal ? Dialog.warnButton({ label: accept }) : Dialog.okButton({ label: accept })
    ]
  });
  return answer.button.accept ? (answer.value ?? {}) : null;
}

class FormBody extends ReactWidget implements Dialog.IBodyWidget<Values> {
  constructor(private readonly form: IForm) {
    super();
    this.addClass('jp-expkit-dialog');
    form.fields?.forEach(each => (this._values[each.name] = each.value ?? ''));
  }

  getValue(): Values {
    return Object.fromEntries(Object.entries(this._values).map(([name, value]) => [name, value.trim()]));
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    requestAnimationFrame(() => this.judge());
  }

  protected render(): JSX.Element {
    const { text, more, fields = [] } = this.form;
    return (
      <>
        {text && <p>{text}</p>}
        {more}
        {fields.map(each => (
          <Field key={each.name} {...each} value={this._values[each.name]} onChange={value => this.enter(each, value)} />
        ))}
        <p className="jp-expkit-error" role="status">
          {this._isTouched && this.fault}
        </p>
      </>
    );
  }

  private enter(field: IField, value: string): void {
    this._values = { ...this._values, [field.name]: value };
    this._isTouched = true;
    this.update();
    this.judge();
  }

  private get fault(): string {
    return this.isComplete ? (this.form.check?.(this.getValue()) ?? '') : '';
  }

  private get isComplete(): boolean {
    const values = this.getValue();
    return (this.form.fields ?? []).every(each => !each.isRequired || values[each.name] !== '');
  }

  /** The dialog looks for this class whenever something is typed, and then refuses to be accepted. */
  private judge(): void {
    this.toggleClass('jp-mod-error', !this.isComplete || this.fault !== '');
    this.node.dispatchEvent(new Event('input', { bubbles: true }));
  }

  private _values: Values = {};
  private _isTouched = false;
}
