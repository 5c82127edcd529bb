import * as React from 'react';

export type Kind = 'text' | 'area' | 'number' | 'moment' | 'choice';

/** One field of a form. */
export interface IField {
  name: string;
  label: string;
  kind?: Kind;
  value?: string;
  isRequired?: boolean;
  placeholder?: string;
  /** A line below the field. */
  help?: string;
  /** What stands after a number: `%`. */
  suffix?: string;
  /** Of a choice: values and their labels. Of a text: proposals. */
  options?: ReadonlyArray<readonly [value: string, label: string]>;
  min?: number | string;
  max?: number;
  isDisabled?: boolean;
}

interface IProps extends IField {
  value: string;
  error?: string;
  onChange: (value: string) => void;
}

/** A label, a control, a line of help, and what is wrong with what was entered. */
export function Field(props: IProps): JSX.Element {
  const id = React.useId();
  const { label, help, error, isRequired, suffix } = props;
  return (
    <div className="jp-expkit-field">
      <label htmlFor={id}>
        {label}
        {isRequired && <span aria-hidden="true"> *</span>}
      </label>
      <span className="jp-expkit-control">
        <Control {...props} id={id} />
        {suffix && <span className="jp-expkit-faint">{suffix}</span>}
      </span>
      {help && (
        <p className="jp-expkit-faint" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && (
        <p className="jp-expkit-error" id={`${id}-error`}>
          <span aria-hidden="true">{'\u2717'}</span> {error}
        </p>
      )}
    </div>
  );
}

function Control(props: IProps & { id: string }): JSX.Element {
  const { id, kind = 'text', value, help, error, isRequired, placeholder, options, onChange } = props;
  const common = {
    id,
    value,
    placeholder,
    className: 'jp-expkit-input',
    disabled: props.isDisabled,
    'aria-required': isRequired || undefined,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value)
  };
  if (kind === 'area') {
    return <textarea {...common} rows={3} maxLength={20_000} />;
  }
  if (kind === 'choice') {
    return (
      <select {...common}>
        {options?.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (kind === 'number') {
    return <input {...common} type="number" step="any" min={props.min} max={props.max} />;
  }
  if (kind === 'moment') {
    return <input {...common} type="datetime-local" min={props.min} />;
  }
  return (
    <>
      <input {...common} type="text" maxLength={500} list={options && `${id}-list`} />
      {options && (
        <datalist id={`${id}-list`}>
          {options.map(([key, label]) => (
            <option key={key} value={key} label={label} />
          ))}
        </datalist>
      )}
    </>
  );
}
