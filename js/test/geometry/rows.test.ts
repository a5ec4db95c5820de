import { describe, expect, it } from 'vitest';

import { rowsOf } from '../../src/geometry/rows';

describe('things laid out in rows', () => {
  it('stand side by side while there is room', () => {
    expect(rowsOf([10, 20, 30], 60)).toEqual([
      { left: 0, row: 0 },
      { left: 10, row: 0 },
      { left: 30, row: 0 },
    ]);
  });

  it('go on in the next row where there is none', () => {
    expect(rowsOf([40, 30, 30, 10], 75).map(({ row, left }) => [row, left])).toEqual([
      [0, 0],
      [0, 40],
      [1, 0],
      [1, 30],
    ]);
  });

  it('have a row each where none fits, the first one too', () => {
    expect(rowsOf([50, 60], 10).map(({ row }) => row)).toEqual([0, 1]);
    expect(rowsOf([], 10)).toEqual([]);
  });
});
