/**
 * A learning rate as people write it: "3.2e-4", "1e-1", from 1 up to 1000 without an
 * exponent, and on a linear axis always so: "0.018". Python's `format_lr` writes the same.
 */
export function formatRate(value: number, digits = 2, isLinear = false): string {
  if (!Number.isFinite(value) || value === 0) {
    return value === 0 ? '0' : 'unknown';
  }
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (isLinear || (power >= 0 && power < 3)) {
    return trimZeros(Number(`${mantissa}e${power}`).toFixed(Math.max(digits - 1 - power, 0)));
  }
  return `${trimZeros(mantissa)}e${power}`;
}

/** A loss, with enough digits to tell it from its neighbours. */
export function formatLoss(value: number, digits = 3): string {
  if (Number.isNaN(value)) {
    return 'not a number';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? 'infinite' : '−infinite';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
    return minus(`${trimZeros(mantissa)}e${Number(exponent)}`);
  }
  return minus(value.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size || 1)))));
}

/** A slope in loss per decade of the learning rate, with its sign. */
export function formatSlope(value: number): string {
  if (!Number.isFinite(value)) {
    return 'unknown';
  }
  return value > 0 ? `+${formatLoss(value, 2)}` : formatLoss(value, 2);
}

/** The labels of evenly spaced values: all with the decimals that their distance needs. */
export function formatEven(value: number, step: number): string {
  if (value === 0) {
    return '0';
  }
  const size = Math.max(Math.abs(value), Math.abs(step));
  if (size >= 1e5 || size < 1e-3) {
    const power = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
    const places = clampPlaces(power - Math.floor(Math.log10(step) + 1e-9));
    const [mantissa = '', exponent = '0'] = value.toExponential(places).split('e');
    return minus(`${mantissa}e${Number(exponent)}`);
  }
  return minus(value.toFixed(clampPlaces(-Math.floor(Math.log10(step) + 1e-9))));
}

/** A number without an exponent, which ARIA's values must not have: "0.0000001". */
export function formatDecimal(value: number): string {
  return value.toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 17 });
}

function clampPlaces(places: number): number {
  return Math.min(Math.max(places, 0), 12);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** With the minus sign of typography, which has the width of a digit. */
function minus(text: string): string {
  return text.startsWith('-') ? `−${text.slice(1)}` : text;
}
