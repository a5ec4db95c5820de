import { WidgetModel } from '@jupyter-widgets/base';
import { describe, expect, it } from 'vitest';

import { Axes } from '../../src/axes';
import { CurveModel } from '../../src/curve_model';
import { Mapping } from '../../src/geometry/mapping';
import { RunsModel } from '../../src/runs';
import { SpreadModel } from '../../src/spread';
import { Comm, floats, frame, makeChart, makeModel, makeScales, show } from './page';

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
  expect(pressed()).toEqual(['true', 'false']);
  expect(chart.comms.curve.states).toEqual([{ show_average: false }]);
  buttons()[1]?.click();
  await frame();
  expect(pressed()).toEqual(['true', 'true']);
});

describe('of several runs', () => {
  const line = (name: string, visible = true) => ({
    name,
    lr: floats(1e-6, 1e-5),
    loss: floats(3, 1),
    visible,
  });
  const RUNS = [
    { id: '1', name: 'Run 1: own wd', visible: true, removable: true },
    { id: '2', name: 'Run 2: wd 0.1', visible: true, removable: false },
  ];

  async function several(lines: unknown[], listed: unknown[]) {
    const comm = new Comm();
    const list = makeModel(WidgetModel, { runs: listed }, comm);
    const runs = makeModel(RunsModel, { scales: makeScales(), runs: lines, listed: list });
    const spread = makeModel(SpreadModel, { scales: makeScales() });
    return { ...(await legend({ ...STATE, runs, spread })), runs, spread, list, comm };
  }

  it('has a button for each, which the settings know as they do their own', async () => {
    const { buttons, list, comm } = await several([line('Run 1: own wd')], RUNS);
    const [, , earlier, latest] = buttons();
    expect(earlier?.getAttribute('aria-label')).toBe('Run 1: own wd');
    expect(earlier?.querySelector('path')?.getAttribute('class')).toContain('lrfind-look-4 lrfind-dash-0');
    expect(latest?.getAttribute('aria-label')).toBe('Run 2: wd 0.1');
    latest?.click();
    earlier?.click();
    expect(comm.contents).toEqual([
      { event: 'run', action: 'hide', id: '2' },
      { event: 'run', action: 'hide', id: '1' },
    ]);
    list.set('runs', RUNS.map((run) => ({ ...run, visible: false })));
    await frame();
    expect(latest?.getAttribute('aria-pressed')).toBe('false');
    latest?.click();
    expect(comm.contents.at(-1)).toEqual({ event: 'run', action: 'show', id: '2' });
  });

  it('hides and shows runs by itself where there is no kernel', () => {
    const list = makeModel(WidgetModel, { runs: RUNS }, null);
    const lines = [line('Run 1: own wd')];
    const runs = makeModel(RunsModel, { scales: makeScales(), runs: lines, listed: list }, null);
    const curve = makeModel(CurveModel, { ...STATE, scales: makeScales(), runs }, null);
    for (const shown of [false, true]) {
      runs.toggle('Run 1: own wd');
      runs.toggle('Run 2: wd 0.1');
      expect(runs.runs.map(({ visible }) => visible)).toEqual([shown]);
      expect(curve.shown).toBe(shown);
      expect(runs.named.map(({ visible }) => visible)).toEqual([shown, shown]);
    }
  });

  it('hides a repeat, which is in no list, in this page', async () => {
    const { buttons, runs, comm } = await several([line('Repeat 1')], []);
    expect(runs.latest).toBe('Repeat 2');
    buttons()[2]?.click();
    await frame();
    expect(runs.runs.map(({ visible }) => visible)).toEqual([false]);
    expect(buttons()[2]?.getAttribute('aria-pressed')).toBe('false');
    buttons()[2]?.click();
    expect(runs.runs.map(({ visible }) => visible)).toEqual([true]);
    expect(comm.contents).toEqual([]);
  });

  it('hides the room between repeats that have ended', async () => {
    const { names, buttons, spread } = await several([], []);
    expect(names()).not.toContain('repeats');
    spread.set('area', { lr: floats(1e-5), low: floats(1), high: floats(2) });
    await frame();
    expect(names()).toContain('repeats');
    buttons()[2]?.click();
    expect(spread.losses(new Mapping([1e-7, 1], [0, 1], true))).toEqual([]);
  });
});

it('is not there in a chart without a curve', async () => {
  const chart = makeChart();
  chart.axes.set('curve', null);
  const view = await show(Axes, chart.axes);
  expect(view.parent.el.querySelector('.lrfind-legend')).toBeNull();
});
