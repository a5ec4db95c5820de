// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { stepRate } from '../../src/geometry/steps';

const LIMITS = [1e-7, 10] as const;
const press = (key: string, shiftKey = false) => ({ key, shiftKey });

describe('on a logarithmic axis', () => {
  it.each([
    ['ArrowRight', false, 0.05],
    ['ArrowUp', false, 0.05],
    ['ArrowLeft', false, -0.05],
    ['ArrowDown', false, -0.05],
    ['ArrowRight', true, 0.25],
    ['ArrowLeft', true, -0.25],
    ['PageUp', false, 1],
    ['PageDown', false, -1],
  ])('%s (with Shift: %s) moves by %s decades', (key, shift, decades) => {
    const moved = stepRate(1e-3, press(key, shift), LIMITS, true);
    expect(Math.log10(moved ?? 0)).toBeCloseTo(-3 + decades, 9);
  });

  it('Home and End go to the ends', () => {
    expect(stepRate(1e-3, press('Home'), LIMITS, true)).toBe(1e-7);
    expect(stepRate(1e-3, press('End'), LIMITS, true)).toBe(10);
  });

  it('never leaves the axis', () => {
    expect(stepRate(9.9, press('PageUp'), LIMITS, true)).toBe(10);
    expect(stepRate(50, press('ArrowRight'), LIMITS, true)).toBe(10);
    expect(stepRate(1.1e-7, press('PageDown'), LIMITS, true)).toBe(1e-7);
  });

  it('comes back after a step there and a step back', () => {
    const there = stepRate(1e-3, press('ArrowRight'), LIMITS, true) ?? 0;
    expect(stepRate(there, press('ArrowLeft'), LIMITS, true)).toBeCloseTo(1e-3, 12);
  });

  it('leaves other keys alone', () => {
    expect(stepRate(1e-3, press('a'), LIMITS, true)).toBeUndefined();
  });
});

it('a linear axis is walked in equal steps', () => {
  const first = stepRate(0.5, press('ArrowRight'), [0.1, 1.1], false) ?? 0;
  expect(first).toBeCloseTo(0.505);
  expect(stepRate(0.5, press('PageDown'), [0.1, 1.1], false)).toBeCloseTo(0.4);
});
