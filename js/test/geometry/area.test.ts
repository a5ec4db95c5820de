// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { areaPath } from '../../src/geometry/area';
import { Mapping } from '../../src/geometry/mapping';

const X = new Mapping([0, 100], [0, 100], false);
const Y = new Mapping([0, 10], [100, 0], false);

describe('an area', () => {
  it('goes along the upper line and back along the lower', () => {
    expect(areaPath([0, 50], [1, 2], [3, 4], X, Y)).toBe('M0 70h0L50 60L50 80h0L0 90Z');
  });

  it('leaves out where one of the lines is not known', () => {
    expect(areaPath([0, 20, 50], [1, NaN, 2], [3, 3, 4], X, Y)).toBe(
      areaPath([0, 50], [1, 2], [3, 4], X, Y),
    );
  });

  it('reaches beyond the chart where a curve has diverged', () => {
    expect(areaPath([0, 50], [1, 2], [3, Infinity], X, Y)).toContain('L50 -1000000');
  });

  it('is empty without points', () => {
    expect(areaPath([], [], [], X, Y)).toBe('');
  });
});
