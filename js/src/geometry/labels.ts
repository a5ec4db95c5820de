import { clamp } from './mapping';

/** A rectangle in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The side of a point on which text fits: to the right unless it would run out of the chart. */
export function labelSide(x: number, width: number, chartWidth: number): 'left' | 'right' {
  return x + width <= chartWidth || x < chartWidth / 2 ? 'right' : 'left';
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A point that wants a label of a given size near it. */
export interface Wanted {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Distance of a label from its point. */
const OFFSET = 11;

/**
 * Places for labels beside their points, so that they neither leave the chart nor cover
 * one another nor another's point. One that finds no such place is undefined: better no
 * label than one that hides another. Of several places that is taken which covers the
 * least of the line.
 *
 * @param wanted - the points, the most important first.
 * @param chart - the size of the chart.
 * @param line - points of the line that is better not covered.
 */
export function placeLabels(
  wanted: readonly Wanted[],
  chart: { readonly width: number; readonly height: number },
  line: readonly Point[] = [],
): (Box | undefined)[] {
  const used: Box[] = wanted.map((point) => around(point, 6));
  return wanted.map((point, index) => {
    let place: Box | undefined;
    let least = Infinity;
    for (const box of candidates(point)) {
      const free = !used.some((other, at) => at !== index && overlap(box, other));
      if (free && inside(box, chart)) {
        const covered = line.filter((dot) => holds(box, dot)).length;
        if (covered < least) {
          place = box;
          least = covered;
        }
      }
    }
    if (place) {
      used.push(place);
    }
    return place;
  });
}

function candidates({ x, y, width, height }: Wanted): Box[] {
  const above = y - OFFSET - height / 2;
  const below = y + OFFSET - height / 2 + 4;
  const middle = y - height / 2;
  const right = x + OFFSET;
  const left = x - OFFSET - width;
  // Below left of a falling curve and above right of it there is no line.
  const places: readonly (readonly [number, number])[] = [
    [right, above - 4],
    [left, below],
    [right, middle],
    [left, middle],
    [right, below],
    [left, above - 4],
    [x - width / 2, above - height / 2 - 4],
    [x - width / 2, below + height / 2 + 2],
  ];
  return places.map(([boxX, boxY]) => ({ x: boxX, y: boxY, width, height }));
}

function around(point: Wanted, size: number): Box {
  return { x: point.x - size, y: point.y - size, width: 2 * size, height: 2 * size };
}

function inside(box: Box, chart: { readonly width: number; readonly height: number }): boolean {
  return (
    box.x >= 0 &&
    box.y >= 0 &&
    box.x + box.width <= chart.width &&
    box.y + box.height <= chart.height
  );
}

function holds(box: Box, { x, y }: Point): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * Where a card goes that explains a point: out of the way of the curve.
 *
 * A curve of a range test leaves room below its start and above its end. So the card of a high
 * point hangs at the lower edge, left of the point if there is room, and the card of a low
 * point at the upper edge, right of it.
 */
export function placeCard(
  point: { readonly x: number; readonly y: number },
  card: { readonly width: number; readonly height: number },
  chart: { readonly width: number; readonly height: number },
): { x: number; y: number } {
  const gap = 14;
  const edge = 10;
  const high = point.y < chart.height / 2;
  const left = point.x - gap - card.width;
  const right = point.x + gap;
  const fitsLeft = left >= 0;
  const fitsRight = right + card.width <= chart.width;
  const middle = clamp(point.x - card.width / 2, 0, Math.max(0, chart.width - card.width));
  const sides = high ? [fitsLeft && left, fitsRight && right] : [fitsRight && right, fitsLeft && left];
  const x = sides.find((side) => side !== false) ?? middle;
  const y = high ? Math.max(edge, chart.height - card.height - edge) : edge;
  return { x, y };
}
