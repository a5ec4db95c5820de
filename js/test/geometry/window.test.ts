// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { Interval } from '../../src/geometry/mapping';
import { isZoomed, panWindow, zoomWindow } from '../../src/geometry/window';

const WHOLE: Interval = [1e-7, 10];

describe('zooming', () => {
  it('keeps what is under the pointer in its place', () => {
    const [low, high] = zoomWindow(WHOLE, WHOLE, 0.5, 0.25, true);
    // A quarter of eight decades from the left is 1e-5; of four decades it is one decade.
    expect(Math.log10(low)).toBeCloseTo(-6);
    expect(Math.log10(high)).toBeCloseTo(-2);
  });

  it('ends at the whole, exactly', () => {
    const seen = zoomWindow([1e-6, 1e-2], WHOLE, 100, 0.5, true);
    expect(seen).toEqual(WHOLE);
    expect(isZoomed(seen, WHOLE, true)).toBe(false);
  });

  it('goes no deeper than a window one can still read', () => {
    let seen = WHOLE;
    for (let turn = 0; turn < 200; turn += 1) {
      seen = zoomWindow(seen, WHOLE, 0.5, 0.5, true);
    }
    expect(Math.log10(seen[1] / seen[0])).toBeCloseTo(8 / 400, 6);
  });

  it('does not leave the whole at an end', () => {
    const seen = zoomWindow([1e-7, 1e-5], WHOLE, 2, 1, true);
    expect(seen[0]).toBe(1e-7);
  });

  it('works on a linear axis', () => {
    expect(zoomWindow([0, 1], [0, 1], 0.5, 0.5, false)).toEqual([0.25, 0.75]);
  });
});

describe('panning', () => {
  it('moves by a part of the window', () => {
    const [low, high] = panWindow([1e-6, 1e-4], WHOLE, 0.5, true);
    expect(Math.log10(low)).toBeCloseTo(-5);
    expect(Math.log10(high)).toBeCloseTo(-3);
  });

  it.each([-9, 9])('stops at the ends and keeps its width (%s)', (part) => {
    const [low, high] = panWindow([1e-6, 1e-4], WHOLE, part, true);
    expect(Math.log10(high / low)).toBeCloseTo(2);
    expect(low >= 1e-7 && high <= 10).toBe(true);
  });

  it('has nowhere to go when the whole is shown', () => {
    expect(panWindow(WHOLE, WHOLE, 0.3, true)).toEqual(WHOLE);
  });
});
