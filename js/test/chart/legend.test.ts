import { expect, it } from 'vitest';

import { Axes } from '../../src/axes';
import { RunsModel } from '../../src/runs';
import { floats, frame, makeChart, makeModel, makeScales, show } from './page';

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

it('names the earlier runs that are drawn, in the look of the first', async () => {
  const run = (visible: boolean) => ({ lr: floats(1e-6, 1e-5), loss: floats(3, 1), visible });
  const chart = makeChart(STATE);
  const runs = makeModel(RunsModel, { scales: makeScales(), runs: [] });
  chart.axes.set('runs', runs);
  const view = await show(Axes, chart.axes);
  const earlier = view.parent.el.querySelector<HTMLElement>('.lrfind-legend-earlier');
  expect(earlier?.hidden).toBe(true);
  runs.set('runs', [run(false), run(true)]);
  await frame();
  expect(earlier?.hidden).toBe(false);
  expect(earlier?.textContent).toBe('earlier run');
  expect(earlier?.querySelector('path')?.getAttribute('class')).toContain('lrfind-earlier-run-1');
  runs.set('runs', [run(true), run(true)]);
  await frame();
  expect(earlier?.textContent).toBe('earlier runs');
});

it('is not there in a chart without a curve', async () => {
  const chart = makeChart();
  chart.axes.set('curve', null);
  const view = await show(Axes, chart.axes);
  expect(view.parent.el.querySelector('.lrfind-legend')).toBeNull();
});
