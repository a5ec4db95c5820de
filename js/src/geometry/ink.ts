import type { Box, Point } from './box';
import type { Mapping } from './mapping';
import { clamp } from './mapping';

/** A line of a chart: losses at rates. */
export interface Line {
  readonly lr: Float64Array;
  readonly loss: Float64Array;
}

/** Where the lines of a chart are, for what is placed over them. */
export function inkOf(lines: readonly Line[], mapX: Mapping, mapY: Mapping): Ink {
  const ink = new Ink();
  for (const line of lines) {
    ink.draw(pixelsOf(line, mapX, mapY));
  }
  return ink;
}

/** Points of a line in pixels, no further beyond the chart than it takes to leave it. */
export function pixelsOf({ lr, loss }: Line, mapX: Mapping, mapY: Mapping): Point[] {
  const height = mapY.range[0];
  const step = Math.ceil(lr.length / SAMPLES);
  return Array.from({ length: Math.ceil(lr.length / Math.max(step, 1)) }, (_, at) => ({
    x: mapX.pixel(lr[at * step] ?? NaN),
    y: clamp(mapY.pixel(loss[at * step] ?? NaN), -height, 2 * height),
  }));
}

/** How many points of a line are looked at. */
const SAMPLES = 500;

/** Where lines are, on a grid that is fine enough for a label to see them. */
export class Ink {
  private readonly cells = new Set<number>();

  /** Draws a line through points, no further beyond the chart than it takes to leave it. */
  draw(points: Iterable<Point>): void {
    let before: Point | undefined;
    for (const point of points) {
      const steps = before ? Math.ceil(Math.hypot(point.x - before.x, point.y - before.y) / CELL) : 1;
      for (let step = 1; step <= Math.min(steps, LONGEST); step += 1) {
        const { x, y } = before ?? point;
        const part = step / steps;
        this.cells.add(cellOf(x + part * (point.x - x), y + part * (point.y - y)));
      }
      before = Number.isNaN(point.x + point.y) ? undefined : point;
    }
  }

  /** How many cells of the grid with a line in them a box covers. */
  covered({ x, y, width, height }: Box): number {
    let count = 0;
    for (let across = Math.floor(x / CELL); across <= (x + width) / CELL; across += 1) {
      for (let down = Math.floor(y / CELL); down <= (y + height) / CELL; down += 1) {
        count += this.cells.has(across + ROW * down) ? 1 : 0;
      }
    }
    return count;
  }
}

/** Pixels of a cell, and the longest stroke in cells. */
const CELL = 4;
const LONGEST = 2000;

/** Between the numbers of two cells of which one is below the other. */
const ROW = 65536;

function cellOf(x: number, y: number): number {
  return Math.floor(x / CELL) + ROW * Math.floor(y / CELL);
}
