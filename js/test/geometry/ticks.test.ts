// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { Mapping } from '../../src/geometry/mapping';
import { linearTicks, logTicks, niceStep, type Tick } from '../../src/geometry/ticks';

const labels = (ticks: Tick[]): string[] => ticks.map(({ label }) => label).filter(Boolean);
const log = (low: number, high: number, width: number): Mapping =>
  new Mapping([low, high], [0, width], true);

describe('the ticks of a logarithmic axis', () => {
  it('are the decades of a usual sweep', () => {
    expect(labels(logTicks(log(1e-7, 10, 900)))).toEqual([
      '1e-7',
      '1e-6',
      '1e-5',
      '1e-4',
      '1e-3',
      '1e-2',
      '1e-1',
      '1',
      '10',
    ]);
  });

  it('divide a decade where there is room', () => {
    expect(labels(logTicks(log(1e-3, 1e-1, 900)))).toContain('5e-3');
  });

  it('are even steps within a part of a decade', () => {
    expect(labels(logTicks(log(2e-3, 2.4e-3, 400))).length).toBeGreaterThan(2);
  });

  it.each([
    [1e-7, 10],
    [1e-3, 1],
    [3e-4, 2e-3],
    [2e-3, 2.1e-3],
    [1e-12, 1e5],
    [1e-300, 1e300],
  ])('from %s to %s never touch, however narrow the chart', (low, high) => {
    for (const width of [60, 200, 300, 360, 640, 1000, 4000]) {
      const axis = log(low, high, width);
      const labelled = logTicks(axis).filter(({ label }) => label);
      for (let index = 1; index < labelled.length; index += 1) {
        const [left, right] = [labelled[index - 1], labelled[index]] as [Tick, Tick];
        const apart = axis.pixel(right.value) - axis.pixel(left.value);
        expect(apart).toBeGreaterThan(((left.label.length + right.label.length) / 2) * 6);
      }
    }
  });

  it('all lie on the axis', () => {
    const axis = log(2e-6, 3, 700);
    expect(logTicks(axis).every(({ value }) => axis.shows(value))).toBe(true);
  });
});

describe('the ticks of a linear axis', () => {
  it('are at even numbers with the decimals that they need', () => {
    const ticks = linearTicks(new Mapping([0, 2.6], [300, 0], false), 18);
    expect(labels(ticks)).toEqual(['0', '0.5', '1.0', '1.5', '2.0', '2.5']);
  });

  it('do not grow with the size of the numbers', () => {
    const ticks = linearTicks(new Mapping([1e8, 1e8 + 10], [300, 0], false), 18);
    expect(ticks.length).toBeLessThan(20);
  });
});

describe('a nice step', () => {
  it.each([
    [1, 5, 0.2],
    [2.6, 7, 0.5],
    [100, 10, 10],
    [0.03, 10, 0.005],
  ])('divides %s into at most %s parts by %s', (span, count, step) => {
    expect(niceStep([0, span], count)).toBe(step);
  });
});
