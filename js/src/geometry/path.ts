import type { Mapping } from './mapping';

/** What a path is drawn from: points `[from, to)` of parallel series. */
export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly from: number;
  readonly to: number;
}

/**
 * A line through the points, as the `d` of an SVG path.
 *
 * A value that cannot be shown leaves a gap. Where many points share a column of
 * pixels only the first, the lowest, the highest and the last are kept, which
 * draws the same picture (M4: Jugel et al., "M4: A Visualization-Oriented Time Series
 * Data Aggregation", 2014), so the length of the path follows the width of the
 * chart and not the length of the sweep. A point between two gaps becomes a dot.
 */
export function linePath(points: Points, mapX: Mapping, mapY: Mapping): string {
  const pieces: string[] = [];
  let column: Column | undefined;
  let drawing = false;
  const flush = (): void => {
    if (column) {
      pieces.push(drawing ? 'L' : 'M', column.path(drawing));
      drawing = true;
      column = undefined;
    }
  };
  for (let index = points.from; index < points.to; index += 1) {
    const x = mapX.pixel(points.x[index] ?? NaN);
    const y = mapY.pixel(points.y[index] ?? NaN);
    if (Number.isNaN(x) || Number.isNaN(y)) {
      flush();
      drawing = false;
    } else if (column?.holds(x)) {
      column.add(x, y);
    } else {
      flush();
      column = new Column(x, y);
    }
  }
  flush();
  return pieces.join('');
}

/** The points that fall into one column of pixels. */
class Column {
  private readonly at: number;
  private readonly first: string;
  private count = 1;
  private low: number;
  private high: number;
  private lastX: number;
  private last: number;

  constructor(x: number, y: number) {
    this.at = Math.floor(x);
    this.first = spot(x, y);
    this.low = this.high = this.last = y;
    this.lastX = x;
  }

  holds(x: number): boolean {
    return Math.floor(x) === this.at;
  }

  add(x: number, y: number): void {
    this.count += 1;
    this.low = Math.min(this.low, y);
    this.high = Math.max(this.high, y);
    this.last = y;
    this.lastX = x;
  }

  path(joined: boolean): string {
    if (this.count === 1) {
      // The stroke of no length makes a lone point visible through its round cap.
      return joined ? this.first : `${this.first}h0`;
    }
    const middle = this.at + 0.5;
    const between =
      this.count > 2 ? `L${spot(middle, this.low)}L${spot(middle, this.high)}` : '';
    return `${this.first}${between}L${spot(this.lastX, this.last)}`;
  }
}

/**
 * A dot for every point, as one path of strokes without length (round caps make the dots).
 *
 * Of the dots in one cell of some pixels only the first is drawn, so the path is no longer
 * than the chart has cells. With a `size` the strokes are so long, for square dots, which a
 * browser draws much faster than round ones.
 */
export function dotsPath(
  points: Points,
  mapX: Mapping,
  mapY: Mapping,
  cell = 1,
  size = 0,
): string {
  const pieces: string[] = [];
  const taken = new Set<number>();
  const stroke = `h${size}`;
  const height = Math.abs(mapY.range[1] - mapY.range[0]);
  for (let index = points.from; index < points.to; index += 1) {
    const x = mapX.pixel(points.x[index] ?? NaN);
    const y = mapY.pixel(points.y[index] ?? NaN);
    if (Number.isNaN(x) || Number.isNaN(y) || y < -8 || y > height + 8) {
      continue;
    }
    const place = Math.round(x / cell) * 65536 + Math.round(y / cell);
    if (!taken.has(place)) {
      taken.add(place);
      pieces.push('M', spot(x - size / 2, y), stroke);
    }
  }
  return pieces.join('');
}

/** Pixels at which a line leaves the top of the chart and goes on beyond it. */
export function exitsAbove(points: Points, mapX: Mapping, mapY: Mapping, top: number): number[] {
  const exits: number[] = [];
  let beforeX = NaN;
  let beforeY = NaN;
  for (let index = points.from; index < points.to; index += 1) {
    const x = mapX.pixel(points.x[index] ?? NaN);
    const y = mapY.pixel(points.y[index] ?? NaN);
    // Beside a gap one of the comparisons is with NaN, and fails.
    if (beforeY >= top && y < top && !Number.isNaN(x - beforeX)) {
      exits.push(beforeX + ((beforeY - top) / (beforeY - y)) * (x - beforeX));
    }
    beforeX = x;
    beforeY = y;
  }
  return exits;
}

function spot(x: number, y: number): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}
