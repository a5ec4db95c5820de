import { clamp, roundTo, type Interval } from './mapping';

/** Decades that one press of a key moves a rate by. */
const ARROW = 0.05;
const LARGE_ARROW = 0.25;
const PAGE = 1;

/** Parts of a linear axis that one press of a key moves a rate by. */
const LINEAR_ARROW = 0.005;
const LINEAR_LARGE_ARROW = 0.025;
const LINEAR_PAGE = 0.1;

interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
}

/**
 * The rate that a key leads to, or undefined for a key that does not move it.
 *
 * Arrows multiply by 10^0.05, with Shift by 10^0.25, Page keys by 10; Home and End go to
 * the ends. On a linear axis they add the like.
 */
export function stepRate(
  value: number,
  press: Press,
  [low, high]: Interval,
  log: boolean,
): number | undefined {
  if (press.key === 'Home') {
    return low;
  }
  if (press.key === 'End') {
    return high;
  }
  const direction = DIRECTIONS[press.key];
  if (direction === undefined) {
    return undefined;
  }
  const page = press.key.startsWith('Page');
  const moved = log
    ? value * 10 ** (direction * (page ? PAGE : press.shiftKey ? LARGE_ARROW : ARROW))
    : value +
      (high - low) *
        direction *
        (page ? LINEAR_PAGE : press.shiftKey ? LINEAR_LARGE_ARROW : LINEAR_ARROW);
  // Twelve digits, so that steps there and back end where they began.
  return clamp(roundTo(moved, 12), low, high);
}

const DIRECTIONS: Record<string, 1 | -1 | undefined> = {
  ArrowRight: 1,
  ArrowUp: 1,
  PageUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageDown: -1,
};
