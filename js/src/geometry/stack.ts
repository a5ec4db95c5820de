import type { Box } from './box';

/**
 * The middles of labels that stand to the right of their points: as near to them in height as is
 * possible without one over another or beyond the chart.
 *
 * @param wanted - where the labels begin, and their sizes.
 * @param height - that of the chart.
 */
export function stackLabels(wanted: readonly Box[], height: number): number[] {
  const down = [...wanted.keys()].sort((one, other) => at(wanted, one).y - at(wanted, other).y);
  const up = [...down].reverse();
  const push = (from: readonly number[], order: readonly number[], edge: number): number[] => {
    const sign = order === down ? 1 : -1;
    const to = [...from];
    order.forEach((each, place) => {
      const label = at(wanted, each);
      const before = order
        .slice(0, place)
        .filter((other) => beside(at(wanted, other), label))
        .map((other) => sign * (to[other] ?? 0) + label.height);
      to[each] = sign * Math.max(sign * (from[each] ?? 0), sign * edge, ...before);
    });
    return to;
  };
  const heights = wanted.map(({ y }) => y);
  // Halfway between all pushed down and all pushed up, a cluster stands about its points.
  const [lowest, highest] = [push(heights, down, -Infinity), push(heights, up, Infinity)];
  const middles = lowest.map((y, index) => (y + (highest[index] ?? y)) / 2);
  const half = (wanted[0]?.height ?? 0) / 2;
  return push(push(middles, down, half), up, height - half);
}

const at = <Item>(items: readonly Item[], index: number): Item => items[index] as Item;

/** Whether two labels would touch at the same height. */
function beside(one: Box, other: Box): boolean {
  return one.x < other.x + other.width + GAP && other.x < one.x + one.width + GAP;
}

const GAP = 6;
