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

/** The index in `[0, length)` whose pixel is nearest to `pixel`; -1 where there is none. */
export function nearestIndex(
  pixelOf: (index: number) => number,
  pixel: number,
  length: number,
  sorted: boolean,
): number {
  if (sorted && length > 2) {
    let low = 0;
    let high = length - 1;
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
  for (let index = 0; index < length; index += 1) {
    const here = Math.abs(pixelOf(index) - pixel);
    if (here < distance) {
      best = index;
      distance = here;
    }
  }
  return best;
}

/** The value of a line at a rate, and its slope per decade: of the places on both sides of it. */
export function lineAt(
  rates: ArrayLike<number>,
  losses: ArrayLike<number>,
  rate: number,
): { loss: number; slope: number } {
  const { length } = rates;
  const after = Math.min(Math.max(lowerBound(rates, rate, length), 1), Math.max(length - 1, 0));
  const before = Math.max(after - 1, 0);
  const [x0, x1] = [Math.log10(rates[before] ?? NaN), Math.log10(rates[after] ?? NaN)];
  const [y0, y1] = [losses[before] ?? NaN, losses[after] ?? NaN];
  const slope = (y1 - y0) / (x1 - x0);
  const part = Math.min(Math.max((Math.log10(rate) - x0) / (x1 - x0 || 1), 0), 1);
  return { loss: y0 + part * (y1 - y0), slope };
}
