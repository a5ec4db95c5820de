// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { clamp, Mapping, roundTo } from '../../src/geometry/mapping';

describe('a logarithmic axis', () => {
  const axis = new Mapping([1e-7, 10], [0, 800], true);

  it('gives every decade the same width', () => {
    expect(axis.pixel(1e-7)).toBeCloseTo(0);
    expect(axis.pixel(1e-3)).toBeCloseTo(400);
    expect(axis.pixel(10)).toBeCloseTo(800);
  });

  it.each([1e-7, 3.2e-4, 0.5, 10])('comes back from the pixel of %s', (rate) => {
    expect(axis.value(axis.pixel(rate)) / rate).toBeCloseTo(1, 12);
  });

  it.each([-1, NaN])('has no pixel for %s', (value) => {
    expect(axis.pixel(value)).toBeNaN();
  });

  it.each([
    [0, -1e6],
    [Infinity, 1e6],
    [1e300, 30700],
  ])('keeps %s where SVG can draw', (value, pixel) => {
    expect(axis.pixel(value)).toBeCloseTo(pixel);
  });
});

describe('a linear axis that runs downwards', () => {
  const axis = new Mapping([0, 4], [200, 0], false);

  it('has its low end at the bottom', () => {
    expect(axis.pixel(0)).toBe(200);
    expect(axis.pixel(1)).toBe(150);
    expect(axis.value(0)).toBe(4);
  });

  it('shows its ends and nothing beyond', () => {
    expect([0, 4, -1e-9, 4.1, NaN].map((value) => axis.shows(value))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('a domain that cannot be shown', () => {
  it.each([
    [[], [0, 1]],
    [[NaN, 3], [0, 1]],
    [[0, Infinity], [0, 1]],
    [[2, 2], [1, 3]],
    [[0, 0], [-0.5, 0.5]],
    [[3, 1], [1, 3]],
  ])('%j becomes %j', (domain, shown) => {
    expect(new Mapping(domain, [0, 100], false).domain).toEqual(shown);
  });

  it('makes a logarithmic axis linear where it reaches zero', () => {
    const axis = new Mapping([0, 10], [0, 100], true);
    expect(axis.log).toBe(false);
    expect(axis.pixel(5)).toBe(50);
  });
});

it('clamps to both ends', () => {
  expect([clamp(-1, 0, 2), clamp(1, 0, 2), clamp(3, 0, 2)]).toEqual([0, 1, 2]);
});

it('rounds to significant digits', () => {
  expect(roundTo(3.23594e-4, 3)).toBe(3.24e-4);
});
