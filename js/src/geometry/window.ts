import { clamp, type Interval } from './mapping';

/** The narrowest part of the whole that one can zoom to. */
const NARROWEST = 1 / 400;

/**
 * The window one sees after zooming.
 *
 * @param seen - the window now.
 * @param whole - the widest window.
 * @param factor - above 1 to see more, below 1 to see less.
 * @param at - what stays where it is, as a part of the window from 0 to 1.
 * @param log - whether the axis is logarithmic.
 */
export function zoomWindow(
  seen: Interval,
  whole: Interval,
  factor: number,
  at: number,
  log: boolean,
): Interval {
  return within(whole, log, (low, high, span) => {
    const [left, right] = unit(seen, log);
    const width = clamp((right - left) * factor, span * NARROWEST, span);
    const start = left + at * (right - left) - at * width;
    return clampWindow(start, width, low, high);
  });
}

/** The window after moving it by a part of its own width, to the right if positive. */
export function panWindow(seen: Interval, whole: Interval, part: number, log: boolean): Interval {
  return within(whole, log, (low, high) => {
    const [left, right] = unit(seen, log);
    return clampWindow(left + part * (right - left), right - left, low, high);
  });
}

/** Whether less than the whole is seen. */
export function isZoomed(seen: Interval, whole: Interval, log: boolean): boolean {
  const [left, right] = unit(seen, log);
  const [low, high] = unit(whole, log);
  return right - left < (high - low) * (1 - 1e-6);
}

function clampWindow(start: number, width: number, low: number, high: number): Interval {
  const left = clamp(start, low, Math.max(low, high - width));
  return [left, Math.min(left + width, high)];
}

function within(
  whole: Interval,
  log: boolean,
  move: (low: number, high: number, span: number) => Interval,
): Interval {
  const [low, high] = unit(whole, log);
  const [left, right] = move(low, high, high - low);
  // The ends of the whole are met exactly, not within rounding.
  return [
    left <= low ? whole[0] : log ? 10 ** left : left,
    right >= high ? whole[1] : log ? 10 ** right : right,
  ];
}

function unit([low, high]: Interval, log: boolean): Interval {
  return log ? [Math.log10(low), Math.log10(high)] : [low, high];
}
