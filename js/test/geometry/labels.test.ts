// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { labelSide, placeCard, placeLabels, type Box } from '../../src/geometry/labels';

const CHART = { width: 800, height: 400 };

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

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

describe('labels', () => {
  it('of points that are close do not cover one another', () => {
    const wanted = [0, 3, 6].map((shift) => ({ x: 400 + shift, y: 200 + shift, width: 100, height: 16 }));
    const placed = placeLabels(wanted, CHART).filter((box) => box !== undefined);
    expect(placed).toHaveLength(3);
    for (const [index, box] of placed.entries()) {
      for (const other of placed.slice(index + 1)) {
        expect(overlap(box, other)).toBe(false);
      }
    }
  });

  it.each([
    [0, 0],
    [800, 0],
    [0, 400],
    [800, 400],
  ])('stay in the chart at its corner (%s, %s)', (x, y) => {
    const [box] = placeLabels([{ x, y, width: 100, height: 16 }], CHART);
    expect(box).toBeDefined();
    expect(box && box.x >= 0 && box.x + 100 <= 800 && box.y >= 0 && box.y + 16 <= 400).toBe(true);
  });

  it('are left out where there is no room', () => {
    expect(placeLabels([{ x: 20, y: 20, width: 100, height: 16 }], { width: 60, height: 60 })).toEqual(
      [undefined],
    );
  });
});

it('a label goes where it covers the least of the line', () => {
  const point = { x: 400, y: 200, width: 100, height: 16 };
  const rising = Array.from({ length: 200 }, (_, index) => ({ x: 300 + index, y: 250 - index / 2 }));
  const [free] = placeLabels([point], CHART);
  const [box] = placeLabels([point], CHART, rising);
  const covered = (place: Box | undefined): number =>
    rising.filter(({ x, y }) => place && overlap(place, { x, y, width: 0.1, height: 0.1 })).length;
  expect(covered(free)).toBeGreaterThan(0);
  expect(covered(box)).toBe(0);
});

describe('a card', () => {
  const card = { width: 140, height: 90 };

  it('of a high point hangs low and to the left, away from the fall', () => {
    expect(placeCard({ x: 400, y: 50 }, card, CHART)).toEqual({ x: 246, y: 300 });
  });

  it('of a low point stands high and to the right', () => {
    expect(placeCard({ x: 400, y: 350 }, card, CHART)).toEqual({ x: 414, y: 10 });
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
