/**
 * Learning rates as text: what a person types becomes a number or a sentence that
 * says what is wrong, and a number becomes the notation people use. The same rules
 * as `formatting.py`, so that the field and Python agree.
 */

import { formatRate } from '../geometry/format';
import { asNumber } from '../values';

const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const LABEL = /^(?:lr|learning[_ ]rate)\s*[=:]\s*/i;

/** Rates that the chart's own rounding puts just beyond its ends still count as inside. */
const EDGE = 1e-9;

/** A learning rate as the kernel sent it; null where it is none. */
export function asRate(value: unknown): number | null {
  const rate = asNumber(value);
  return rate !== null && rate > 0 ? rate : null;
}

/** Reads a rate that lies on the chart, from `lo` to `hi`; or says in a sentence what is wrong. */
export function readRate(text: string, lo: number, hi: number, isLinear = false): number | string {
  const typed = text.trim().replace(/\u2212/g, '-').replace(LABEL, '');
  const shown = typed.length <= 40 ? typed : `${typed.slice(0, 37)}...`;
  if (typed === '') {
    return 'Type a learning rate, for example 3e-4.';
  }
  if (typed.startsWith('-') && NUMBER.test(typed.slice(1))) {
    return `A learning rate must be greater than 0, got ${shown}.`;
  }
  if (typed.includes(',') && NUMBER.test(typed.replace(',', '.'))) {
    return `"${shown}" has a comma. Write the decimal point as in 3.2e-4.`;
  }
  if (!NUMBER.test(typed.replace(/^\+/, ''))) {
    return `"${shown}" is not a number. Type a rate such as 3e-4 or 0.0003.`;
  }
  const value = Number(typed);
  if (value === Infinity) {
    return `${shown} is too large for a learning rate.`;
  }
  if (value === 0) {
    const tooSmall = /[1-9]/.test(typed.split(/e/i)[0] ?? '');
    return tooSmall
      ? `${shown} is too small for a learning rate.`
      : `A learning rate must be greater than 0, got ${shown}.`;
  }
  if (value < lo * (1 - EDGE) || value > hi * (1 + EDGE)) {
    const [low, high] = [lo, hi].map((end) => formatRate(end, 2, isLinear));
    return `${shown} is not on this chart, which goes from ${low} to ${high}.`;
  }
  return Math.min(Math.max(value, lo), hi);
}

/**
 * A rate as the field shows it: two digits where it was dragged there, and every
 * digit where someone chose a number with a few more.
 */
export function showRate(value: number, isLinear: boolean): string {
  for (const digits of [2, 3, 4, 5]) {
    const text = formatRate(value, digits, isLinear);
    if (Number(text) === value) {
      return text;
    }
  }
  return formatRate(value, 2, isLinear);
}

/** Whether two rates are the same choice, whatever the last bits say. */
export function sameRate(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-6 * Math.max(Math.abs(one), Math.abs(other));
}

/** What Copy puts on the clipboard: the keyword argument that a cell takes. */
export function asArgument(value: number, isLinear: boolean): string {
  return `lr=${showRate(value, isLinear)}`;
}
