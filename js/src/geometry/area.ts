import type { Mapping } from './mapping';
import { linePath } from './path';

/**
 * The room between two lines over the same places, as the `d` of an SVG path.
 *
 * Places where one of them is not a number are left out. An infinite value goes beyond the
 * edge of the chart.
 */
export function areaPath(
  x: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  mapX: Mapping,
  mapY: Mapping,
): string {
  const places = Array.from({ length: x.length }, (_, index) => index).filter(
    (index) =>
      !Number.isNaN(mapX.pixel(x[index] ?? NaN)) &&
      !Number.isNaN(mapY.pixel(low[index] ?? NaN)) &&
      !Number.isNaN(mapY.pixel(high[index] ?? NaN)),
  );
  if (places.length === 0) {
    return '';
  }
  const line = (values: ArrayLike<number>, order: number[]): string =>
    linePath(
      {
        x: order.map((index) => x[index] ?? NaN),
        y: order.map((index) => values[index] ?? NaN),
        from: 0,
        to: order.length,
      },
      mapX,
      mapY,
    );
  const back = line(low, [...places].reverse());
  return `${line(high, places)}L${back.slice(1)}Z`;
}
