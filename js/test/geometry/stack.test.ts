// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { stackLabels } from '../../src/geometry/stack';

describe('labels at the ends of lines', () => {
  const end = (y: number, x = 400) => ({ x, y, width: 50, height: 16 });

  it('stand at their points where there is room', () => {
    expect(stackLabels([end(200), end(100)], 400)).toEqual([200, 100]);
  });

  it('stand about their points, in their order, where these are close', () => {
    expect(stackLabels([end(200), end(201), end(199)], 400)).toEqual([200, 216, 184]);
  });

  it('stay in the chart', () => {
    expect(stackLabels([end(0), end(0)], 400)).toEqual([8, 24]);
    expect(stackLabels([end(400), end(400), end(100)], 400)).toEqual([376, 392, 100]);
  });

  it('leave those beside them alone', () => {
    expect(stackLabels([end(200), end(200, 100)], 400)).toEqual([200, 200]);
  });

  it('are none of none', () => {
    expect(stackLabels([], 400)).toEqual([]);
  });
});
