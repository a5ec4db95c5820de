// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { lineAt, lowerBound, nearestIndex } from '../../src/geometry/search';

describe('the first value that is not below', () => {
  it.each([
    [0, 0],
    [1, 0],
    [1.5, 1],
    [3, 2],
    [9, 3],
  ])('%s has the index %s', (target, index) => {
    expect(lowerBound([1, 2, 3], target, 3)).toBe(index);
  });

  it('looks at no more than it is told to', () => {
    expect(lowerBound([1, 2, 3], 9, 2)).toBe(2);
  });
});

describe('the nearest point', () => {
  const pixels = [0, 10, 11, 40, 41, 90];
  const nearest = (pixel: number, sorted: boolean): number =>
    nearestIndex((index) => pixels[index] ?? NaN, pixel, pixels.length, sorted);

  it.each([-5, 4, 6, 10.4, 10.6, 30, 66, 500])('to %s is the same however it is sought', (pixel) => {
    expect(nearest(pixel, true)).toBe(nearest(pixel, false));
  });

  it('is none where there are no points', () => {
    expect(nearestIndex(() => 0, 5, 0, true)).toBe(-1);
  });
});

describe('a line', () => {
  const [rates, losses] = [[1e-4, 1e-3, 1e-2], [3, 2, 1.5]];

  it('has the loss between its places, and the slope there per decade', () => {
    const { loss, slope } = lineAt(rates, losses, 10 ** -2.5);
    expect(loss).toBeCloseTo(1.75);
    expect(slope).toBeCloseTo(-0.5);
  });

  it('goes on level beyond its ends', () => {
    expect(lineAt(rates, losses, 1e-5).loss).toBe(3);
    expect(lineAt(rates, losses, 1).loss).toBe(1.5);
  });

  it('of a single place has a loss and no slope', () => {
    expect(lineAt([1e-4], [3], 1e-4)).toEqual({ loss: 3, slope: NaN });
  });

  it('of no place has none', () => {
    expect(lineAt([], [], 1e-4).loss).toBeNaN();
  });
});
