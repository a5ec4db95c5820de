import { afterEach, expect, it, vi } from 'vitest';

import { ChartLabels } from '../../src/chart_labels';
import { Ink } from '../../src/geometry/ink';

afterEach(() => {
  vi.restoreAllMocks();
});

it('measures a name anew that was hidden, since a hidden text has no width', () => {
  const parent = document.createElementNS('http://www.w3.org/2000/svg', 'g');
  const labels = new ChartLabels(parent);
  const widths: number[] = [];
  const name = {
    text: 'loss falls here',
    look: '',
    places: ({ width }: { width: number }): { x: number; y: number }[] => {
      widths.push(width);
      return [{ x: 0, y: 0 }];
    },
  };
  const prototype = Object.getPrototypeOf(
    document.createElementNS('http://www.w3.org/2000/svg', 'text'),
  ) as { getComputedTextLength?: () => number };
  prototype.getComputedTextLength = function (this: Element) {
    return this.getAttribute('display') === 'none' ? 0 : 73;
  };
  try {
    const none = { width: 0, height: 0 };
    labels.show([name], none, [], new Ink());
    labels.show([name], { width: 500, height: 300 }, [], new Ink());
  } finally {
    delete prototype.getComputedTextLength;
  }
  expect(widths).toEqual([73, 73]);
  expect(parent.querySelector('text')?.getAttribute('display')).toBeNull();
});
