import { niceStep } from './ticks';
import type { Interval } from './mapping';

/** What the vertical axis shows: what matters for the choice, or every value. */
export type Framing = 'focus' | 'all';

/** One curve as far as it is to be framed. */
export interface Losses {
  readonly raw: ArrayLike<number>;
  readonly smoothed: ArrayLike<number>;
  /** Further values that only 'all' frames. */
  readonly beyond?: ArrayLike<number>;
}

/** The finite ones. Typed, since this is done for every message of a long sweep. */
interface Finite {
  readonly raw: Float64Array;
  readonly smoothed: Float64Array;
}

interface Frame {
  readonly domain: Interval;
  /** Whether the axis can be logarithmic: every finite loss is positive. */
  readonly positive: boolean;
  /** Whether values lie beyond the frame that 'all' would show. */
  readonly cut: boolean;
  /** Whether there is nothing to frame, so that the domain means nothing. */
  readonly empty: boolean;
}

/** Room above the level that the loss starts from, as a part of its fall. */
const HEADROOM = 0.3;
/** Part of the raw points beyond which a stray one does not widen the frame. */
const STRAY = 0.02;
/** Points below which a curve has only begun. */
const FEW = 20;
/** Losses that differ by a smaller share of their size differ by rounding. */
const ROUNDING = 1e-6;

/**
 * The vertical domain for some curves.
 *
 * 'focus' frames the way down: from the smallest smoothed loss to a little above the
 * highest smoothed loss before it, with nearly all of the raw points on that way. What
 * explodes after the minimum is left out. 'all' frames every finite value.
 */
export function frameLosses(curves: readonly Losses[], framing: Framing, log: boolean): Frame {
  const finite = curves.map((curve) => ({
    raw: Float64Array.from(curve.raw).filter(Number.isFinite),
    smoothed: Float64Array.from(curve.smoothed).filter(Number.isFinite),
  }));
  const beyond = curves.map((curve) => Array.from(curve.beyond ?? []).filter(Number.isFinite));
  const whole = extent([...finite.flatMap((curve) => [curve.raw, curve.smoothed]), ...beyond]);
  if (whole.length < 2) {
    return { domain: [0, 1], positive: false, cut: false, empty: true };
  }
  const [lowest = 0, highest = 1] = whole;
  const positive = lowest > 0;
  const inLog = log && positive;
  const unit = (value: number): number => (inLog ? Math.log10(value) : value);
  const back = (value: number): number => (inLog ? 10 ** value : value);
  const seen =
    framing === 'all'
      ? ([unit(lowest), unit(highest)] as const)
      : union(finite.map((curve) => focus(curve, unit)));
  if (!seen) {
    return { domain: [0, 1], positive, cut: false, empty: true };
  }
  const padded = pad(flattened(seen, inLog), inLog);
  const domain: Interval = [back(padded[0]), back(padded[1])];
  return { domain, positive, cut: highest > domain[1] || lowest < domain[0], empty: false };
}

/**
 * Curves that begin at one loss as one, whole but for what rises above that by more than the best
 * of them falls, which is left to 'all'. By more is by a larger ratio where all are positive, as
 * their axis is logarithmic then.
 */
export function fromOneStart(curves: readonly Losses[]): Losses[] {
  const series = curves.map((curve) => Array.from(curve.smoothed).filter(Number.isFinite));
  const start = series[0]?.[0] ?? NaN;
  const [lowest = NaN] = extent(series);
  const risen = lowest > 0 ? start * (start / lowest) : start + (start - lowest);
  const highest = lowest < start ? risen : Infinity;
  const losses = series.flat();
  return [
    {
      raw: [],
      // From high to low, so that all of them are on the way down.
      smoothed: losses.filter((loss) => loss <= highest).sort((one, other) => other - one),
      beyond: losses.filter((loss) => loss > highest),
    },
  ];
}

/** The part of one curve that matters for the choice. */
function focus(curve: Finite, unit: (value: number) => number): Interval | undefined {
  const smoothed = curve.smoothed.map(unit);
  const raw = curve.raw.map(unit);
  const ends = extent([smoothed.length > 0 ? smoothed : raw]);
  if (ends.length < 2) {
    return undefined;
  }
  const [low = 0, high = 0] = ends;
  const lowest = smoothed.indexOf(low);
  const wayDown = smoothed.slice(0, lowest + 1);
  // A curve that hardly falls before it explodes is framed by what it does for most of the
  // sweep, so that it is not drawn as a mountain of noise nor as a flat line below a cliff.
  const level = Math.max(extent([wayDown])[1] ?? low, quantile(smoothed, 0.6));
  const counted = raw.length === smoothed.length ? raw.slice(0, Math.max(lowest + 1, 3)) : raw;
  const alone = counted.length === 0;
  const top = alone ? level : Math.max(level, quantile(counted, 1 - STRAY));
  const bottom = alone ? low : Math.min(low, quantile(counted, STRAY));
  const headroom = HEADROOM * (level - low || top - bottom);
  const seen: Interval = [bottom, Math.min(Math.max(level + headroom, top), Math.max(high, top))];
  const noise = quantile(raw.map((loss, at) => Math.abs(loss - (smoothed[at] ?? NaN))), 0.7);
  const flat = raw.length === smoothed.length && level - low < noise;
  return calm(seen, flat ? 0 : smoothed.length, unit(1) === 0);
}

/**
 * At least some span while a curve has few points, or none that tells more than noise, so that
 * noise is not drawn as mountains.
 */
function calm([low, high]: Interval, count: number, log: boolean): Interval {
  const middle = (low + high) / 2;
  const least = (log ? 0.2 : 0.3 * Math.abs(middle)) * Math.max(0, 1 - count / FEW);
  return high - low >= least ? [low, high] : [middle - least / 2, middle + least / 2];
}

/** Room about losses that are all but equal, so that their rounding is not what is seen. */
function flattened([low, high]: Interval, log: boolean): Interval {
  const size = log ? 1 : Math.max(Math.abs(low), Math.abs(high));
  if (high - low > ROUNDING * size) {
    return [low, high];
  }
  const room = log ? 0.25 : 0.1 * size || 1;
  return [low - room, high + room];
}

/** Some air at both ends, and ends at even values, so that a growing curve rests between moves. */
function pad([low, high]: Interval, log: boolean): Interval {
  const span = high - low;
  const air = 0.05 * span;
  if (log) {
    return [low - air, high + air];
  }
  const step = niceStep([low, low + span], 20);
  const bottom = Math.floor((low - air) / step) * step;
  // A loss that is never negative is not shown with room for negative ones.
  return [low >= 0 ? Math.max(bottom, 0) : bottom, Math.ceil((high + air) / step) * step];
}

/** The smallest and the largest of some series; empty if they are. */
function extent(series: readonly Iterable<number>[]): number[] {
  let low = Infinity;
  let high = -Infinity;
  for (const values of series) {
    for (const value of values) {
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
  }
  return low <= high ? [low, high] : [];
}

function union(intervals: readonly (Interval | undefined)[]): Interval | undefined {
  const ends = extent(intervals.map((interval) => interval ?? []));
  return ends.length < 2 ? undefined : [ends[0] ?? 0, ends[1] ?? 1];
}

/** The value below which a part of the values lies; NaN-free input. */
function quantile(values: Float64Array, part: number): number {
  if (values.length === 0) {
    return NaN;
  }
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.round(part * (sorted.length - 1))] ?? NaN;
}
