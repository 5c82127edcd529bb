import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { IField, Field } from './fields';

interface IProps<Row> {
  title: string;
  /** The path of the rows in the definition: `variants`. */
  path: string;
  rows: ReadonlyArray<Row>;
  /** The fields of a row; the row's values are under the fields' names, the definition's under `path`. */
  fields: ReadonlyArray<IField & { path: string; name: keyof Row & string }>;
  fresh: () => Row;
  least: number;
  add: string;
  faults: ReadonlyMap<string, string>;
  trans: TranslationBundle;
  onChange: (rows: Row[]) => void;
}

/** Things of one kind, a line each; they can be added and taken away. */
export function Rows<Row extends object>(props: IProps<Row>): JSX.Element {
  const { title, path, rows, fields, fresh, least, add, faults, trans, onChange } = props;
  const set = (index: number, name: string, value: string) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, [name]: value } : row)));
  return (
    <fieldset className="jp-expkit-fieldset">
      <legend>{title}</legend>
      {rows.map((row, index) => {
        const at = `${path}[${index}]`;
        return (
          <div key={index} className="jp-expkit-line" role="group" aria-label={trans.__('%1 %2', title, index + 1)}>
            {fields.map(field => (
              <Field
                key={field.name}
                {...field}
                value={String(row[field.name])}
                error={faults.get(`${at}.${field.path}`)}
                onChange={value => set(index, field.name, value)}
              />
            ))}
            <button
              type="button"
              className="jp-expkit-button jp-expkit-mod-small"
              disabled={rows.length <= least}
              aria-label={trans.__('Remove %1 %2', title, index + 1)}
              onClick={() => onChange(rows.filter((_, other) => other !== index))}
            >
              {trans.__('Remove')}
            </button>
            <Fault text={faults.get(at)} />
          </div>
        );
      })}
      <Fault text={faults.get(path)} />
      <button type="button" className="jp-expkit-button jp-expkit-mod-small" onClick={() => onChange([...rows, fresh()])}>
        {add}
      </button>
    </fieldset>
  );
}

/** What is wrong with several fields taken together. */
export function Fault({ text }: { text: string | undefined }): JSX.Element | null {
  return text ? (
    <p className="jp-expkit-error">
      <span aria-hidden="true">{'\u2717'}</span> {text}
    </p>
  ) : null;
}
