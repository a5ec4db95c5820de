import { expect, it } from 'vitest';

import { Axes } from '../../src/axes';
import { floats, frame, makeChart, show } from './page';

const STATE = {
  lr: floats(1e-6, 1e-5),
  loss: floats(3, 2),
  smoothed: floats(3, 2.5),
  val_loss: floats(NaN, NaN),
  generation: 1,
};

async function legend(state: Record<string, unknown> = STATE) {
  const chart = makeChart(state);
  const view = await show(Axes, chart.axes);
  const buttons = (): HTMLButtonElement[] =>
    Array.from(view.parent.el.querySelectorAll<HTMLButtonElement>('[aria-label=Lines] > button'));
  const names = (): (string | null)[] =>
    buttons()
      .filter(({ hidden }) => !hidden)
      .map(({ textContent }) => textContent);
  return { chart, buttons, names };
}

it('names the lines that there are', async () => {
  expect((await legend()).names()).toEqual(['fit', 'average']);
  expect((await legend({ ...STATE, val_loss: floats(3, 2) })).names()).toContain('validation');
});

it('switches a line off and on, and says which are on', async () => {
  const { chart, buttons } = await legend();
  const pressed = (): (string | null)[] =>
    buttons().map((button) => button.getAttribute('aria-pressed'));
  buttons()[1]?.click();
  await frame();
  expect(pressed()).toEqual(['true', 'false', 'true']);
  expect(chart.comms.curve.states).toEqual([{ show_average: false }]);
  buttons()[1]?.click();
  await frame();
  expect(pressed()).toEqual(['true', 'true', 'true']);
});

it('is not there in a chart without a curve', async () => {
  const chart = makeChart();
  chart.axes.set('curve', null);
  const view = await show(Axes, chart.axes);
  expect(view.parent.el.querySelector('.lrfind-legend')).toBeNull();
});
