import type { Box, Point, Size } from './box';
import { Ink } from './ink';
import { clamp } from './mapping';

/** The side of a point on which text fits: to the right unless it would run out of the chart. */
export function labelSide(x: number, width: number, chartWidth: number): 'left' | 'right' {
  return x + width <= chartWidth || x < chartWidth / 2 ? 'right' : 'left';
}

/** A label of a given size, and where its upper left corner may be, the best place first. */
export interface Wanted extends Size {
  readonly places: readonly Place[];
}

/** Where a label may be, and how wide it is there if it is another than it would be elsewhere. */
export interface Place extends Point {
  readonly width?: number;
}

/** Distance of a label from its point. */
const OFFSET = 11;
/** Distance of a label from its line, and from the edge of its band. */
const CLOSE = 6;
/** Room that a label keeps free on both sides. */
const AIR = 3;
/** Distance between two points of a line that a label is tried at. */
const APART = 24;

/**
 * Places for labels, so that they neither leave the chart nor cover one another or what is in the
 * way. One that finds no such place is undefined: better no label than one that hides another. Of
 * several places that is taken which covers the least of the lines.
 *
 * @param wanted - the labels, the most important first.
 * @param chart - the size of the chart.
 * @param taken - what no label may cover.
 * @param lines - the lines that are better not covered.
 */
export function placeLabels(
  wanted: readonly Wanted[],
  chart: Size,
  taken: readonly Box[] = [],
  lines = new Ink(),
): (Box | undefined)[] {
  const used = [...taken];
  return wanted.map(({ width, height, places }) => {
    let best: Box | undefined;
    let least = Infinity;
    for (const place of places) {
      const box = { width, height, ...place };
      const room = { ...box, x: box.x - AIR, width: box.width + 2 * AIR };
      if (least > 0 && inside(box, chart) && !used.some((other) => overlap(room, other))) {
        const covered = lines.covered(box);
        if (covered < least) {
          best = box;
          least = covered;
        }
      }
    }
    if (best) {
      used.push(best);
    }
    return best;
  });
}

/** What a dot takes, which no label may cover. */
export function dotBox({ x, y }: Point): Box {
  return { x: x - 6, y: y - 6, width: 12, height: 12 };
}

/** Places beside a dot. */
export function besideDot({ x, y }: Point, { width, height }: Size, chart: Size): Point[] {
  const above = y - OFFSET - height / 2 - 4;
  const below = y + OFFSET - height / 2 + 4;
  const right = x + OFFSET;
  const left = x - OFFSET - width;
  const middle = clamp(x - width / 2, 0, Math.max(0, chart.width - width));
  // Below left of a falling curve and above right of it there is no line.
  const near: readonly (readonly [number, number])[] = [
    [right, above],
    [left, below],
    [right, y - height / 2],
    [left, y - height / 2],
    [right, below],
    [left, above],
    [middle, above - height / 2],
    [middle, below + height / 2 - 2],
  ];
  // Where something is in the way, a label evades it by up to two lines, and sideways.
  const far = Array.from({ length: 9 }, (_, step) => (step % 2 ? -1 : 1) * Math.ceil(step / 2)).flatMap(
    (halves): [number, number][] => {
      const top = y + ((halves - 1) * height) / 2;
      const over = Math.abs(halves) > 2 ? [0.5, 0.3, 0.7, 0.1, 0.9, 0, 1].map((part) => x - part * width) : [];
      return [right, left, ...over, right + OFFSET, left - OFFSET].map((place) => [place, top]);
    },
  );
  return [...near, ...far].map(([placeX, placeY]) => ({ x: placeX, y: placeY }));
}

/** Places along a line, from the last of its points that is in sight back to the first. */
export function besideLine(line: readonly Point[], { width, height }: Size, chart: Size): Point[] {
  let last: Point | undefined;
  const points = [...line].reverse().filter((point) => {
    const apart = !last || Math.hypot(point.x - last.x, point.y - last.y) >= APART;
    const taken = apart && inside({ ...point, width: 0, height: 0 }, chart);
    last = taken ? point : last;
    return taken;
  });
  return points.flatMap(({ x, y }) => {
    const middle = clamp(x - width / 2, 0, Math.max(0, chart.width - width));
    const [right, left] = [x + CLOSE, x - CLOSE - width];
    const [above, below] = [y - CLOSE - height, y + CLOSE];
    return [
      { x: right, y: y - height / 2 },
      { x: right, y: above },
      { x: left, y: below },
      { x: middle, y: above },
      { x: middle, y: below },
      { x: left, y: above },
      { x: right, y: below },
    ];
  });
}

/**
 * Places within a band, from its lower left corner up; none where it is narrower than its label.
 *
 * @param ends - the pixels where the band begins and ends.
 * @param held - the pixel of the marker, on both sides of which there are places too.
 */
export function withinBand(
  [start, stop]: readonly [number, number],
  { width, height }: Size,
  chart: Size,
  held: number,
): Point[] {
  const columns = [start + CLOSE, held + 2 * CLOSE, stop - CLOSE - width, held - 2 * CLOSE - width];
  const fits = columns.filter((x) => x >= start + CLOSE && x + width <= stop - CLOSE);
  const rows = Math.floor((chart.height - CLOSE) / height);
  return Array.from({ length: Math.max(0, rows) }, (_, row) => row).flatMap((row) =>
    fits.map((x) => ({ x, y: chart.height - CLOSE - (row + 1) * height })),
  );
}

/** Places beside a bracket at the upper edge of the chart, and under it. */
export function besideBracket(start: number, stop: number, { width, height }: Size): Point[] {
  const across = [stop + CLOSE, start - CLOSE - width, (start + stop - width) / 2];
  return [0, height].flatMap((y) => across.map((x) => ({ x, y })));
}

function inside(box: Box, chart: Size): boolean {
  return (
    box.x >= 0 &&
    box.y >= 0 &&
    box.x + box.width <= chart.width &&
    box.y + box.height <= chart.height
  );
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * Where a card goes that explains a point, and how much of the lines it covers there.
 *
 * A curve of a range test leaves room below its start and above its end. So the card of a high
 * point hangs at the lower edge, left of the point if there is room, and the card of a low
 * point at the upper edge, right of it. Where a line is in the way it goes to another corner.
 */
export function placeCard(
  point: Point,
  card: Size,
  chart: Size,
  lines = new Ink(),
): Point & { readonly covered: number } {
  const gap = 14;
  const edge = 10;
  const high = point.y < chart.height / 2;
  const lowest = Math.max(edge, chart.height - card.height - edge);
  const most = Math.max(0, chart.width - card.width);
  const middle = clamp(point.x - card.width / 2, 0, most);
  const sides = [point.x - gap - card.width, point.x + gap].filter((x) => x >= 0 && x <= most);
  const across = [...(high ? sides : sides.reverse()), ...(sides.length > 0 ? [] : [middle]), 0, most];
  const up = [...(high ? [lowest, edge] : [edge, lowest]), (lowest + edge) / 2];
  const [first, ...others] = up
    .flatMap((y) => across.map((x) => ({ x, y })))
    .map((place) => ({ ...place, covered: lines.covered({ ...card, ...place }) }));
  const start = first ?? { x: middle, y: edge, covered: 0 };
  return others.reduce((best, place) => (place.covered < best.covered ? place : best), start);
}
