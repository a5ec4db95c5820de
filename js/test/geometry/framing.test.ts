// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { frameLosses, fromOneStart, type Losses } from '../../src/geometry/framing';
import { Mapping } from '../../src/geometry/mapping';
import { linearTicks } from '../../src/geometry/ticks';

const COUNT = 100;
const steps = Array.from({ length: COUNT }, (_, index) => index / COUNT);

/** A plateau, a fall, and an explosion. */
const usual = steps.map(
  (at) => 0.2 + 2 / (1 + Math.exp(30 * (at - 0.6))) + Math.exp(60 * (at - 0.93)),
);
const same = (values: number[]): Losses => ({ raw: values, smoothed: values });

describe('focus', () => {
  it('frames the fall and leaves the explosion out', () => {
    const { domain, cut } = frameLosses([same(usual)], 'focus', false);
    expect(domain[0]).toBeLessThanOrEqual(Math.min(...usual));
    expect(domain[1]).toBeGreaterThan(2.2);
    expect(domain[1]).toBeLessThan(4);
    expect(Math.max(...usual)).toBeGreaterThan(30);
    expect(cut).toBe(true);
  });

  it('is all there is where nothing explodes', () => {
    const calm = steps.map((at) => 2 - at);
    expect(frameLosses([same(calm)], 'focus', false).cut).toBe(false);
  });

  it('does not follow a stray raw point', () => {
    const raw = [...usual];
    raw[20] = 500;
    const { domain } = frameLosses([{ raw, smoothed: usual }], 'focus', false);
    expect(domain[1]).toBeLessThan(4);
  });

  it('shows the plateau of a curve that only rises', () => {
    const rising = steps.map((at) => 1 + 0.02 * Math.sin(90 * at) + Math.exp(80 * (at - 0.9)));
    const { domain } = frameLosses([same(rising)], 'focus', false);
    expect(domain[0]).toBeLessThan(1);
    expect(domain[1]).toBeLessThan(3);
  });

  it('works for negative losses', () => {
    const { domain } = frameLosses([same(usual.map((loss) => loss - 10))], 'focus', false);
    expect(domain[0]).toBeLessThan(-9.7);
    expect(domain[1]).toBeLessThan(-6);
  });

  it('does not enlarge the noise of the first points', () => {
    const { domain } = frameLosses([same([2.3, 2.31])], 'focus', false);
    expect(domain[1] - domain[0]).toBeGreaterThan(0.5);
  });

  it('does enlarge a small fall once it is a curve', () => {
    const slight = steps.map((at) => 2.3 - 0.01 * at);
    const { domain } = frameLosses([same(slight)], 'focus', false);
    expect(domain[1] - domain[0]).toBeLessThan(0.03);
  });

  it('does not fill the frame with the noise of a flat curve', () => {
    const raw = steps.map((_, index) => 0.69 + 0.01 * Math.sin(index * index));
    const smoothed = steps.map((at) => 0.69 + 0.001 * Math.sin(9 * at));
    const { domain } = frameLosses([{ raw, smoothed }], 'focus', false);
    expect(domain[1] - domain[0]).toBeGreaterThan(0.2);
  });

  it('holds several curves', () => {
    const low = usual.map((loss) => loss / 10);
    const { domain } = frameLosses([same(usual), { raw: [], smoothed: low }], 'focus', false);
    expect(domain[0]).toBeLessThanOrEqual(Math.min(...low));
    expect(domain[1]).toBeGreaterThan(2.2);
  });
});

describe('all', () => {
  it('frames every finite loss', () => {
    const { domain, cut } = frameLosses([same([...usual, NaN, Infinity])], 'all', false);
    expect(domain[1]).toBeGreaterThan(Math.max(...usual));
    expect(cut).toBe(false);
  });
});

describe('a logarithmic frame', () => {
  it('is positive for positive losses', () => {
    const { domain, positive } = frameLosses([same(usual)], 'all', true);
    expect(positive).toBe(true);
    expect(domain[0]).toBeGreaterThan(0);
  });

  it('is a linear one as soon as a loss is not positive', () => {
    const { domain, positive } = frameLosses([same([2, 1, 0])], 'all', true);
    expect(positive).toBe(false);
    expect(domain[0]).toBeLessThanOrEqual(0);
  });
});

describe('without anything to frame', () => {
  it.each([
    [[]],
    [[same([])]],
    [[same([NaN, Infinity, -Infinity])]],
  ])('there is still an axis: %j', (curves) => {
    expect(frameLosses(curves, 'focus', true)).toEqual({ domain: [0, 1], positive: false, cut: false, empty: true });
  });
});

it.each([[[5]], [[5, 5, 5]], [[0]], [[-3]], [[1e-30, 2e-30]], [[1e300, 1e301]]])(
  'is an interval of some width around %j',
  (losses) => {
    for (const log of [false, true]) {
      const [low, high] = frameLosses([same(losses)], 'focus', log).domain;
      expect(low).toBeLessThanOrEqual(Math.min(...losses));
      expect(high).toBeGreaterThanOrEqual(Math.max(...losses));
      expect(high).toBeGreaterThan(low);
    }
  },
);

describe('losses that differ by rounding alone', () => {
  const rounded = (loss: number): number[] =>
    steps.map((_, index) => loss * (1 + (index % 3) * 2 ** -52));

  it.each([0.69, 1, -3, 1e30, 1e-30, 2.5e8])('have room about them, and ticks: %s', (loss) => {
    for (const framing of ['focus', 'all'] as const) {
      const { domain } = frameLosses([same(rounded(loss))], framing, false);
      const [low, high] = domain.map((end) => (end - loss) / Math.abs(loss)) as [number, number];
      expect(low).toBeLessThan(-0.05);
      expect(low).toBeGreaterThan(-0.3);
      expect(high).toBeGreaterThan(0.05);
      expect(high).toBeLessThan(0.3);
      const labels = linearTicks(new Mapping(domain, [300, 0], false), 18).map(({ label }) => label);
      expect(labels.length).toBeGreaterThan(3);
      expect(new Set(labels).size).toBe(labels.length);
      expect(Math.max(...labels.map(({ length }) => length))).toBeLessThanOrEqual(8);
    }
  });

  it('lie in the middle of a logarithmic axis', () => {
    const [low, high] = frameLosses([same(rounded(0.69))], 'focus', true).domain;
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.9);
  });

  it('are told from a slight fall', () => {
    const slight = steps.map((at) => 1 - 1e-4 * at);
    const { domain } = frameLosses([same(slight)], 'focus', false);
    expect(domain[1] - domain[0]).toBeLessThan(2e-4);
  });

  it('are 0 where nothing is learned', () => {
    const [low, high] = frameLosses([same(rounded(0))], 'focus', false).domain;
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(1);
  });
});

describe('curves from one start', () => {
  const line = (...smoothed: number[]): Losses => ({ raw: [], smoothed });

  it('leave what rises higher than the best one falls to "all"', () => {
    const curves = fromOneStart([line(1, 0.9, 0.5), line(1, 9, 1.9, 0.7, 1.8)]);
    const frame = frameLosses(curves, 'focus', true);
    expect(frame.domain[0]).toBeLessThan(0.5);
    expect(frame.domain[1]).toBeGreaterThan(1.9);
    expect(frame.domain[1]).toBeLessThan(2.5);
    expect(frame.cut).toBe(true);
    expect(frameLosses(curves, 'all', true).domain[1]).toBeGreaterThanOrEqual(9);
  });

  it('rise by differences where a loss is not positive', () => {
    const [low, high] = frameLosses(
      fromOneStart([line(1, -1), line(1, 2.9, 3.1)]),
      'focus',
      true,
    ).domain;
    expect(low).toBeLessThan(-1);
    expect(high).toBeGreaterThan(2.9);
    expect(high).toBeLessThan(4);
  });

  it('are framed whole where none falls, and where there are none', () => {
    const domain = frameLosses(fromOneStart([line(1, 2), line(1, 9)]), 'focus', true).domain;
    expect(domain[0]).toBeLessThan(1);
    expect(domain[1]).toBeGreaterThan(9);
    expect(frameLosses(fromOneStart([line(NaN), line()]), 'focus', true).empty).toBe(true);
    expect(frameLosses(fromOneStart([]), 'focus', true).empty).toBe(true);
  });
});
