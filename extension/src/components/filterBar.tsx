import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { choiceLabel, CHOICES, chosen, IFilters, options, Order, orders } from '../models/filters';

interface IProps {
  filters: Readonly<IFilters>;
  order: Order;
  departments: ReadonlyArray<string>;
  trans: TranslationBundle;
  /** The choices are about to be seen. */
  onOpen: () => void;
  onFilter: (wanted: Partial<IFilters>) => void;
  onSort: (order: Order) => void;
  onReset: () => void;
}

/** What to look for: a text, always at hand; six filters and the order, behind a button. */
export function FilterBar(props: IProps): JSX.Element {
  const { filters, trans, onFilter } = props;
  const id = React.useId();
  const [isOpen, setOpen] = React.useState(false);
  const n = chosen(filters);
  return (
    <div className="jp-expkit-filter" role="search" aria-label={trans.__('Filter the experiments')}>
      <div className="jp-expkit-row">
        <input
          type="search"
          className="jp-expkit-input"
          placeholder={trans.__('Search…')}
          aria-label={trans.__('Filter by name, key or owner')}
          value={filters.text}
          onChange={event => onFilter({ text: event.target.value })}
        />
        <button
          className="jp-expkit-button jp-expkit-mod-small"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => {
            if (!isOpen) {
              props.onOpen();
            }
            setOpen(!isOpen);
          }}
        >
          {n > 0 ? trans.__('Filters (%1)', n) : trans.__('Filters')}{' '}
          <span aria-hidden="true">{isOpen ? '\u25b4' : '\u25be'}</span>
        </button>
      </div>
      <div id={id} className="jp-expkit-choices" hidden={!isOpen}>
        {isOpen && <Choices {...props} />}
      </div>
    </div>
  );
}

function Choices({ filters, order, departments, trans, onFilter, onSort, onReset }: IProps): JSX.Element {
  return (
    <>
      {CHOICES.map(choice => (
        <label key={choice}>
          {choiceLabel(choice, trans)}
          <select
            className="jp-expkit-input"
            value={filters[choice]}
            onChange={event => onFilter({ [choice]: event.target.value })}
          >
            {options(choice, departments, trans).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label>
        {trans.__('Order')}
        <select className="jp-expkit-input" value={order} onChange={event => onSort(event.target.value as Order)}>
          {orders(trans).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button className="jp-expkit-button jp-expkit-mod-small" onClick={onReset}>
        {trans.__('Show all')}
      </button>
    </>
  );
}
