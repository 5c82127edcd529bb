/** How numbers are written: the same rules as the package's own tables and figures, which stand beside these. */
import { TranslationBundle } from '@jupyterlab/translation';

import { MetricEstimate, NotEstimable } from '../api/types';

type Kind = MetricEstimate['kind'];
type Ends = readonly [number | null, number | null];

const MINUS = '\u2212';
const INFINITY = '\u221e';
const NONE = '\u2013';
const SMALLEST_P = 0.001;
const CURRENCIES: Record<string, string> = { EUR: '€', USD: '$', GBP: '£', JPY: '¥', '€': '€', $: '$', '£': '£', '¥': '¥' };

export function isNotEstimable(value: unknown): value is NotEstimable {
  return typeof value === 'object' && value !== null && (value as NotEstimable).kind === 'not_estimable';
}

/** `12,345` */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** `50%`, `33.3%`: parts of a whole. */
export function share(part: number): string {
  return `${(part * 100).toFixed(1).replace(/\.0$/, '')}%`;
}

/** A part of a whole as a field of per cents holds it: `33.3333`. */
export function percent(part: number): string {
  return String(Number((part * 100).toFixed(4)));
}

/** The other way round. */
export function unit(percents: string): number {
  return Number((Number(percents) / 100).toFixed(8));
}

/** `+5.23%`: a relative difference. */
export function lift(value: number): string {
  const size = Math.abs(value * 100);
  return `${sign(value, fixed(size, size < 10 ? 2 : 1), true)}%`;
}

/** A metric's level in its own unit: `5.23%`, `€12.34`, `181 ms`; signed, a difference of two: `+0.42 pp`. */
export function amount(value: number, kind: Kind, unit: string, signed = false): string {
  if (kind === 'conversion' || (kind === 'ratio' && unit === '%')) {
    return sign(value, fixed(Math.abs(value * 100), 2), signed) + (signed ? ' pp' : '%');
  }
  if (unit in CURRENCIES) {
    return sign(value, CURRENCIES[unit] + money(Math.abs(value)), signed);
  }
  return sign(value, significant(Math.abs(value)), signed) + (unit === '%' ? '%' : unit ? ` ${unit}` : '');
}

/** `+1.0% to +9.3%`; an open end is an infinity. */
export function interval([lower, upper]: Ends, write: (end: number) => string, trans: TranslationBundle): string {
  return trans.__(
    '%1 to %2',
    lower === null ? MINUS + INFINITY : write(lower),
    upper === null ? `+${INFINITY}` : write(upper)
  );
}

/** `0.0123`, or `< 0.001`. */
export function pValue(p: number | null | undefined): string {
  if (p === null || p === undefined) {
    return NONE;
  }
  return p < SMALLEST_P ? `< ${SMALLEST_P}` : p.toFixed(p < 0.01 ? 4 : 3);
}

/** Neither +0.00 nor −0.00 tells anything. */
function sign(value: number, digits: string, signed: boolean): string {
  if (!/[1-9]/.test(digits)) {
    return digits;
  }
  return (value < 0 ? MINUS : signed ? '+' : '') + digits;
}

function fixed(size: number, decimals: number): string {
  if (size > 0 && size < 0.01) {
    return size >= 1e-4 ? String(Number(size.toPrecision(2))) : '0.00';
  }
  return size < 1000 ? size.toFixed(decimals) : count(Math.round(size));
}

function money(size: number): string {
  const decimals = size > 0 && size < 0.1 ? 4 : size < 100_000 ? 2 : 0;
  return size.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Four significant digits. */
function significant(size: number): string {
  if (size >= 1000) {
    return count(Math.round(size));
  }
  return size > 0 && size < 1e-4 ? size.toExponential(2) : String(Number(size.toPrecision(4)));
}
