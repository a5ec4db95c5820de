// @vitest-environment node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { formatDecimal, formatEven, formatLoss, formatRate, formatSlope } from '../../src/geometry/format';

/** Texts of rates by the axis, which Python's units read too. */
const WRITTEN = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../tests/rates.json'), 'utf8'),
) as Record<string, Record<string, number>>;

describe('a rate', () => {
  it.each(Object.entries(WRITTEN))('on a %s axis is written as Python writes it', (axis, texts) => {
    const written = Object.values(texts).map((rate) => formatRate(rate, 2, axis === 'linear'));
    expect(written).toEqual(Object.keys(texts));
  });

  it('has more digits on demand', () => {
    expect(formatRate(3.2359e-4, 3)).toBe('3.24e-4');
    expect(formatRate(12.34, 3)).toBe('12.3');
  });

  it.each([NaN, Infinity])('that is %s is unknown', (rate) => {
    expect(formatRate(rate)).toBe('unknown');
  });
});

describe('a loss', () => {
  it.each([
    [2.30259, '2.30'],
    [0.1234, '0.123'],
    [12.34, '12.3'],
    [1234.5, '1235'],
    [-0.5, '−0.500'],
    [0, '0.00'],
    [1.5e-5, '1.5e-5'],
    [1e30, '1e30'],
    [NaN, 'not a number'],
    [Infinity, 'infinite'],
    [-Infinity, '−infinite'],
  ])('of %s is %s', (loss, text) => {
    expect(formatLoss(loss)).toBe(text);
  });
});

describe('a slope', () => {
  it.each([
    [-0.73, '−0.73'],
    [0.2, '+0.20'],
    [NaN, 'unknown'],
  ])('of %s is %s', (slope, text) => {
    expect(formatSlope(slope)).toBe(text);
  });
});

describe('evenly spaced values', () => {
  it.each([
    [0.5, 0.5, '0.5'],
    [2, 0.5, '2.0'],
    [0, 0.5, '0'],
    [20, 10, '20'],
    [-1, 1, '−1'],
    [2e-4, 1e-4, '2e-4'],
    [2.5e-4, 5e-5, '2.5e-4'],
    [2e6, 5e5, '2.0e6'],
  ])('%s in steps of %s is %s', (value, step, text) => {
    expect(formatEven(value, step)).toBe(text);
  });
});

describe('a number for ARIA', () => {
  it.each([1e-7, 3.2e-4, 1.12201845430196e-3, 0.1, 10, 1e21, 1e-300])('of %s has no exponent and is exact', (value) => {
    expect(formatDecimal(value)).toMatch(/^\d+(\.\d+)?$/);
    expect(Number(formatDecimal(value))).toBe(value);
  });
});
