// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { Mapping } from '../../src/geometry/mapping';
import { dotsPath, exitsAbove, linePath, type Points } from '../../src/geometry/path';

const X = new Mapping([0, 100], [0, 100], false);
const Y = new Mapping([0, 10], [100, 0], false);

function curve(x: number[], y: number[]): Points {
  return { x, y, from: 0, to: x.length };
}

describe('a line', () => {
  it('joins its points', () => {
    expect(linePath(curve([0, 50, 100], [0, 5, 10]), X, Y)).toBe('M0 100h0L50 50L100 0');
  });

  it.each([NaN])('has a gap at %s', (hole) => {
    expect(linePath(curve([0, 10, 20, 30], [1, hole, 1, 1]), X, Y)).toBe(
      'M0 90h0M20 90h0L30 90',
    );
  });

  it('leaves the chart for what is infinite, at a place that SVG can draw', () => {
    expect(linePath(curve([0, 10], [1, Infinity]), X, Y)).toBe('M0 90h0L10 -1000000');
  });

  it('is empty without points', () => {
    expect(linePath(curve([], []), X, Y)).toBe('');
  });

  it('keeps the extremes of a column of many points', () => {
    const count = 1000;
    const x = Array.from({ length: count }, (_, index) => 50 + (index / count) * 0.9);
    const y = Array.from({ length: count }, (_, index) => (index === 500 ? 9 : index === 600 ? 1 : 5));
    expect(linePath(curve(x, y), X, Y)).toBe('M50 50L50.5 10L50.5 90L50.9 50');
  });

  it('is no longer than the width asks, however many points there are', () => {
    const count = 100_000;
    const x = Array.from({ length: count }, (_, index) => (index / count) * 100);
    const y = x.map((value) => 5 + 4 * Math.sin(value * 37));
    const commands = linePath(curve(x, y), X, Y).match(/[ML]/g) ?? [];
    expect(commands.length).toBeLessThanOrEqual(4 * 101);
  });
});

describe('dots', () => {
  it('are one stroke without length each', () => {
    expect(dotsPath(curve([0, 50], [0, 5]), X, Y)).toBe('M0 100h0M50 50h0');
  });

  it('leave out what is not in the chart', () => {
    expect(dotsPath(curve([0, 10, 20, 30], [NaN, Infinity, 50, -50]), X, Y)).toBe('');
  });

  it('that would cover one another are drawn once', () => {
    expect(dotsPath(curve([10, 10.2, 30], [5, 5, 5]), X, Y)).toBe('M10 50h0M30 50h0');
  });

  it('can be squares of some size', () => {
    expect(dotsPath(curve([10], [5]), X, Y, 2, 2)).toBe('M9 50h2');
  });
});

describe('the exits of a line', () => {
  it('are where it crosses the top upwards', () => {
    expect(exitsAbove(curve([0, 10, 20, 30], [5, 15, 5, 15]), X, Y, 0)).toEqual([5, 25]);
  });

  it('are none for a line that stays or only comes in', () => {
    expect(exitsAbove(curve([0, 10, 20], [15, 5, 6]), X, Y, 0)).toEqual([]);
  });

  it('are none across a gap', () => {
    expect(exitsAbove(curve([0, 10, 20], [5, NaN, 15]), X, Y, 0)).toEqual([]);
  });
});
