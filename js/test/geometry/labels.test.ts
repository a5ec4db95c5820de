// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { Box, Point, Size } from '../../src/geometry/box';
import { Ink } from '../../src/geometry/ink';
import {
  besideDot,
  besideLine,
  dotBox,
  labelSide,
  placeCard,
  placeLabels,
  withinBand,
  type Wanted,
} from '../../src/geometry/labels';

const CHART = { width: 800, height: 400 };
const TEXT = { width: 100, height: 16 };

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const within = (box: Box, { width, height }: Size): boolean =>
  box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;

const dotLabel = (x: number, y: number, chart: Size = CHART): Wanted => ({
  ...TEXT,
  places: besideDot({ x, y }, TEXT, chart),
});

function ink(points: readonly Point[]): Ink {
  const lines = new Ink();
  lines.draw(points);
  return lines;
}

describe('the side of a label', () => {
  it.each([
    [10, 'right'],
    [740, 'right'],
    [760, 'left'],
  ])('at %s is %s', (x, side) => {
    expect(labelSide(x, 60, 800)).toBe(side);
  });

  it('is inwards even where it fits on neither', () => {
    expect(labelSide(10, 900, 800)).toBe('right');
    expect(labelSide(790, 900, 800)).toBe('left');
  });
});

/** Numbers from 0 to 1 that are the same with each run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** What a chart may have to name: dots, lines, bands and the marker, anywhere. */
function layout(seed: number): { chart: Size; wanted: Wanted[]; taken: Box[]; dots: Point[] } {
  const roll = dice(seed);
  const between = (low: number, high: number): number => low + (high - low) * roll();
  const some = <Item>(most: number, make: () => Item): Item[] =>
    Array.from({ length: Math.floor(between(0, most + 1)) }, make);
  const chart = { width: between(120, 1000), height: between(80, 400) };
  const place = (): Point => ({ x: between(0, chart.width), y: between(0, chart.height) });
  const size = (): Size => ({ width: between(20, 180), height: 16 });
  const held = between(-50, chart.width + 50);
  // Dots often lie on the marker's line, where the suggestion is chosen.
  const dots = some(4, () => (roll() < 0.4 ? { x: held, y: between(0, chart.height) } : place()));
  const want = (places: (text: Size) => Point[]): Wanted => {
    const text = size();
    return { ...text, places: places(text) };
  };
  const wanted = [
    ...dots.map((dot) => want((text) => besideDot(dot, text, chart))),
    ...some(6, () => {
      const line = [place(), place(), place()];
      return want((text) => besideLine(line, text, chart));
    }),
    ...some(3, () => {
      const [one, other] = [between(0, chart.width), between(0, chart.width)];
      const ends = [Math.min(one, other), Math.max(one, other)] as const;
      return want((text) => withinBand(ends, text, chart, held));
    }),
  ];
  const marker = { x: held - 4, y: 0, width: 8, height: chart.height };
  return { chart, wanted, dots, taken: [...dots.map(dotBox), marker] };
}

describe('labels', () => {
  it('never cover one another, a dot or the marker, nor leave the chart', () => {
    let placed = 0;
    for (let seed = 1; seed <= 3000; seed += 1) {
      const { chart, wanted, taken } = layout(seed);
      const lines = ink([{ x: 0, y: 0 }, { x: chart.width, y: chart.height }]);
      const boxes = placeLabels(wanted, chart, taken, lines).filter((box) => box !== undefined);
      placed += boxes.length;
      const clashes = boxes.flatMap((box, index) =>
        [...boxes.slice(index + 1), ...taken].filter((other) => overlap(box, other)),
      );
      expect({ seed, clashes }).toEqual({ seed, clashes: [] });
      expect({ seed, outside: boxes.filter((box) => !within(box, chart)) }).toEqual({ seed, outside: [] });
    }
    expect(placed).toBeGreaterThan(9000);
  });

  it('of points that are close are all shown', () => {
    const wanted = [0, 3, 6].map((shift) => dotLabel(400 + shift, 200 + shift));
    expect(placeLabels(wanted, CHART).filter((box) => box !== undefined)).toHaveLength(3);
  });

  it.each([
    [0, 0],
    [800, 0],
    [0, 400],
    [800, 400],
  ])('stay in the chart at its corner (%s, %s)', (x, y) => {
    const [box] = placeLabels([dotLabel(x, y)], CHART);
    expect(box && within(box, CHART)).toBe(true);
  });

  it('are left out where there is no room', () => {
    const chart = { width: 60, height: 60 };
    expect(placeLabels([dotLabel(20, 20, chart)], chart)).toEqual([undefined]);
  });

  it('go where they cover the least of the lines', () => {
    const rising = ink([{ x: 300, y: 250 }, { x: 500, y: 150 }]);
    const wanted = [dotLabel(400, 200)];
    const [free] = placeLabels(wanted, CHART);
    const [box] = placeLabels(wanted, CHART, [], rising);
    expect(free && rising.covered(free)).toBeGreaterThan(0);
    expect(box && rising.covered(box)).toBe(0);
  });
});

/** A fall to a least loss, an explosion, and the average that hangs behind, in pixels. */
function rangeTest(roll: () => number, { width }: Size): Point[][] {
  const [onset, least] = [width * (0.3 + 0.3 * roll()), width * (0.05 + 0.2 * roll())];
  const [end, low] = [onset + least + width * (0.02 + 0.2 * roll()), 200 + 80 * roll()];
  const loss = (x: number): number => {
    const part = Math.min(1, Math.max(0, (x - onset) / least));
    return x < end ? 70 + ((low - 70) * (1 - Math.cos(Math.PI * part))) / 2 : low - 40 * (x - end);
  };
  const fit = Array.from({ length: Math.ceil(end / 4) + 8 }, (_, at) => ({ x: 4 * at, y: loss(4 * at) }));
  const average = fit.map(({ x }, at) => {
    const before = fit.slice(Math.max(0, at - 25), at + 1);
    return { x, y: before.reduce((sum, { y }) => sum + y, 0) / before.length };
  });
  return [fit, average];
}

it.each([860, 400])('the name of a dot covers no line where there is room close by, %i wide', (width) => {
  const chart = { width, height: 288 };
  let [covering, missed] = [0, 0];
  for (let seed = 1; seed <= 300; seed += 1) {
    const roll = dice(7919 * seed);
    const lines = [rangeTest(roll, chart), rangeTest(roll, chart)].flat();
    const all = new Ink();
    for (const line of lines) {
      all.draw(line);
    }
    const line = lines[0] as Point[];
    const dot = line[Math.floor(line.length * (0.5 + 0.4 * roll()))] as Point;
    const [box] = placeLabels([dotLabel(dot.x, dot.y, chart)], chart, [dotBox(dot)], all);
    if (box && all.covered(box) > 0) {
      covering += 1;
      // Within 20 pixels of the dot.
      const left = Array.from({ length: 18 }, (_, step) => dot.x - 20 - TEXT.width + 8 * step);
      const top = Array.from({ length: 8 }, (_, step) => dot.y - 36 + 8 * step);
      const room = left.flatMap((x) => top.map((y) => ({ ...TEXT, x, y })));
      missed += room.some((each) => within(each, chart) && all.covered(each) === 0 && !overlap(each, dotBox(dot))) ? 1 : 0;
    }
  }
  expect(covering).toBeGreaterThan(0);
  expect(missed).toBeLessThan(3);
});

describe('the name of a band', () => {
  it('stands beside the marker that crosses the band, and within the band', () => {
    const text = { width: 60, height: 16 };
    const marker = { x: 106, y: 0, width: 8, height: 400 };
    const wanted = [{ ...text, places: withinBand([100, 300], text, CHART, 110) }];
    const [box] = placeLabels(wanted, CHART, [marker]);
    expect(box && overlap(box, marker)).toBe(false);
    expect(box && box.x >= 100 && box.x + box.width <= 300).toBe(true);
  });

  it('is left out of a band that is narrower', () => {
    expect(withinBand([100, 150], { width: 60, height: 16 }, CHART, 0)).toEqual([]);
  });
});

it('the name of a line stands at its last point in sight', () => {
  const line = [{ x: 100, y: 100 }, { x: 300, y: 200 }, { x: 500, y: 900 }];
  const [box] = placeLabels([{ ...TEXT, places: besideLine(line, TEXT, CHART) }], CHART);
  expect(box).toMatchObject({ x: 306, y: 192 });
});

describe('a card', () => {
  const card = { width: 140, height: 90 };

  it('of a high point hangs low and to the left, away from the fall', () => {
    expect(placeCard({ x: 400, y: 50 }, card, CHART)).toMatchObject({ x: 246, y: 300 });
  });

  it('of a low point stands high and to the right', () => {
    expect(placeCard({ x: 400, y: 350 }, card, CHART)).toMatchObject({ x: 414, y: 10 });
  });

  it('covers no line where there is room beside it', () => {
    for (let x = 0; x <= 800; x += 40) {
      // Flat, a fall, and an explosion.
      const curve = [{ x: 0, y: 80 }, { x: 350, y: 90 }, { x: 500, y: 350 }, { x: 700, y: 340 }, { x: 720, y: -300 }];
      const y = x < 350 ? 80 : 300;
      expect(placeCard({ x, y }, card, CHART, ink(curve)).covered).toBe(0);
    }
  });

  it.each([0, 400, 800])('never leaves a chart sideways (%s)', (x) => {
    for (const y of [0, 400]) {
      const place = placeCard({ x, y }, card, CHART);
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.x + card.width).toBeLessThanOrEqual(800);
    }
  });

  it('lies over the point where neither side has room', () => {
    expect(placeCard({ x: 80, y: 50 }, card, { width: 160, height: 300 }).x).toBe(10);
  });
});
