/** The first index in `[0, length)` whose value is not below `target`; `length` if none. */
export function lowerBound(values: ArrayLike<number>, target: number, length: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) < target) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The index whose pixel is nearest to `pixel`, among `[from, to)`; -1 where there is none. */
export function nearestIndex(
  pixelOf: (index: number) => number,
  pixel: number,
  from: number,
  to: number,
  sorted: boolean,
): number {
  if (sorted && to - from > 2) {
    let low = from;
    let high = to - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (pixelOf(middle) < pixel) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return pixel - pixelOf(low) <= pixelOf(high) - pixel ? low : high;
  }
  let best = -1;
  let distance = Infinity;
  for (let index = from; index < to; index += 1) {
    const here = Math.abs(pixelOf(index) - pixel);
    if (here < distance) {
      best = index;
      distance = here;
    }
  }
  return best;
}

/**
 * The slope of the smoothed loss per decade of the rate (per unit on a linear sweep's axis
 * there is no other meaning, so decades are kept), by the difference of the two neighbours.
 */
export function slopeAt(
  rates: ArrayLike<number>,
  smoothed: ArrayLike<number>,
  index: number,
  length: number,
): number {
  const before = Math.max(index - 1, 0);
  const after = Math.min(index + 1, length - 1);
  const run = Math.log10((rates[after] ?? NaN) / (rates[before] ?? NaN));
  return ((smoothed[after] ?? NaN) - (smoothed[before] ?? NaN)) / run;
}
