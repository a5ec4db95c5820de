import { describe, expect, it } from 'vitest';

import { AxesModel } from '../../src/axes';
import { asColumn, fromWire } from '../../src/columns';
import { ComparisonCurves, ComparisonCurvesModel } from '../../src/comparison_curves';
import { Comm, floats, frame, makeModel, makeScales, points, show } from './page';

const STATE = {
  names: ['1e-3', '<b>1e-2</b>'],
  fates: ['chosen', ''],
  label: 'Two rates',
  number: floats(0, 0, 0, 1, 1),
  step: floats(1, 2, 3, 1, 2),
  smoothed: floats(0.9, 0.8, 0.7, 0.9, 0.6),
  val_loss: floats(NaN, NaN, 0.6, NaN, NaN),
  generation: 2,
};

/** A scale of the steps on which each point has its own pixel. */
const makeSteps = (): ReturnType<typeof makeScales> => {
  const scales = makeScales();
  scales.x.set({ kind: 'linear', min: 1, max: 5 });
  return scales;
};

function loaded(comm = new Comm(), scales = makeSteps()): ComparisonCurvesModel {
  return makeModel(ComparisonCurvesModel, { scales, ...STATE }, comm);
}

const steps = (model: ComparisonCurvesModel): number[][] =>
  model.lines.map(({ step }) => Array.from(step));

describe('the model of a comparison', () => {
  it('has a line for each name, of the points with its number', () => {
    const model = loaded();
    expect(model.lines.map(({ name }) => name)).toEqual(STATE.names);
    expect(steps(model)).toEqual([
      [1, 2, 3],
      [1, 2],
    ]);
    expect(model.lines.map(({ valLoss }) => Array.from(valLoss))).toEqual([
      [NaN, NaN, 0.6],
      [NaN, NaN],
    ]);
  });

  it('says what it has, so that only what lacks is sent', () => {
    const comm = new Comm();
    loaded(comm);
    expect(comm.contents).toEqual([{ event: 'have', generation: 2, length: 5 }]);
    expect(comm.requests).toBe(0);
  });

  it('takes appended points of any line, and tells the kernel nothing', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const event = { event: 'append', offset: 5, generation: 2 };
    comm.custom(event, points([1, 0], [3, 4], [0.5, 0.6], [0.4, NaN]));
    await model.state_change;
    expect(steps(model)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3],
    ]);
    expect(Array.from(model.get('number') as Float64Array)).toEqual([0, 0, 0, 1, 1, 1, 0]);
    model.save_changes();
    expect(comm.states).toEqual([]);
  });

  it.each([
    ['points before it lack', 6, 2],
    ['it belongs to a comparison not seen yet', 0, 3],
  ])('asks for all points when %s', async (_, offset, generation) => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom({ event: 'append', offset, generation }, points([0], [4], [1], [NaN]));
    await model.state_change;
    expect(comm.events).toEqual(['have', 'resync']);
    expect(model.series.length).toBe(5);
  });

  it('is begun anew by the next generation', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const one = points([0]);
    await comm.update({ number: one, step: points([1]), smoothed: one, val_loss: one, generation: 3 });
    comm.custom({ event: 'append', offset: 1, generation: 3 }, points([1], [1], [0.3], [NaN]));
    await model.state_change;
    expect(steps(model)).toEqual([[1], [1]]);
  });

  it('takes names and label as usual, and keeps its points', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    await comm.update({ names: ['1e-3 (diverged)'], label: 'One' });
    expect(steps(model)).toEqual([[1, 2, 3]]);
    expect(model.get('label')).toBe('One');
  });

  it('can be saved with the notebook', () => {
    const model = loaded();
    const saved = model.serialize(model.get_state(true) as never) as Record<string, unknown>;
    expect(saved['step']).toBeInstanceOf(DataView);
    expect(Array.from(asColumn(fromWire(saved['val_loss'])))).toEqual([NaN, NaN, 0.6, NaN, NaN]);
  });

  it.each([null, 'text', 7, [null, 3]])('has no named line in %j', (names) => {
    const model = makeModel(ComparisonCurvesModel, { scales: makeSteps(), ...STATE, names });
    expect(model.lines.filter(({ name }) => name !== '')).toEqual([]);
  });
});

describe('the lines of a comparison', () => {
  it('have a name each, and dots for the validation loss', async () => {
    const model = loaded();
    const view = await show(ComparisonCurves, model);
    const groups = Array.from(view.el.querySelectorAll('.lrfind-training'));
    expect(Array.from(view.el.querySelectorAll('text'), ({ textContent }) => textContent)).toEqual([
      '1e-3',
      '<b>1e-2</b>',
    ]);
    expect(groups.map((group) => group.getAttribute('class'))).toEqual([
      'lrfind-training lrfind-look-0 lrfind-dash-0 lrfind-training-chosen',
      'lrfind-training lrfind-look-1 lrfind-dash-1',
    ]);
    const dots = groups.map((group) => group.querySelector('.lrfind-training-dots'));
    expect(dots.map((path) => path?.getAttribute('d') !== '')).toEqual([true, false]);
    const drawing = view.parent.el.querySelector('.svg-figure');
    expect(drawing?.getAttribute('aria-label')).toBe('Two rates');
    expect(drawing?.getAttribute('role')).toBe('img');
    model.set('names', ['1e-3']);
    await frame();
    expect(view.el.querySelectorAll('.lrfind-training')).toHaveLength(1);
  });

  it('have their names beside their ends, also where one leaves the chart', async () => {
    const scales = makeSteps();
    scales.y.set({ min: 0.5, max: 1 });
    const losses = { smoothed: floats(0.9, 0.8, 0.7, 0.9, 60), fates: ['dropped', 'diverged'] };
    const model = makeModel(ComparisonCurvesModel, { scales, ...STATE, ...losses });
    const view = await show(ComparisonCurves, model);
    const place = (line: number, part: string, name: string): string | null | undefined =>
      view.el.querySelector(part === 'text' ? `text.lrfind-look-${line}` : `.lrfind-look-${line} ${part}`)?.getAttribute(name);
    const { mapX, mapY } = view;
    expect(Number(place(0, 'text', 'x'))).toBeCloseTo(mapX.pixel(3) + 12);
    expect(Number(place(0, 'text', 'y'))).toBeCloseTo(mapY.pixel(0.7) + 4);
    expect(place(0, '.lrfind-training-leader', 'd')).toContain(`M${mapX.pixel(3)} `);
    expect(place(0, '.lrfind-training-cross', 'd')).toBeNull();
    expect(Number(place(1, 'text', 'x'))).toBeCloseTo(mapX.pixel(2) + 12);
    expect(Number(place(1, 'text', 'y'))).toBeLessThan(20);
    expect(place(1, '.lrfind-training-cross', 'd')).toContain(`M${mapX.pixel(2) - 4} -4`);
  });

  it.each([
    ['above', 0.1],
    ['below', 0.5375],
  ])('have the name of one that ended early %s its end, where no other goes on', async (_, other) => {
    const losses = { smoothed: floats(0.6, 0.5, other, other, other), val_loss: floats(NaN, NaN, NaN, NaN, NaN) };
    const early = { number: floats(0, 0, 1, 1, 1), step: floats(1, 2, 1, 2, 5), fates: ['dropped', ''] };
    const view = await show(
      ComparisonCurves,
      makeModel(ComparisonCurvesModel, { scales: makeSteps(), ...STATE, ...losses, ...early }),
    );
    const y = Number(view.el.querySelector('text')?.getAttribute('y')) - 4;
    expect(y - view.mapY.pixel(0.5)).toBeCloseTo(other < 0.5 ? -15 : 15);
  });

  it('have no name where nothing is drawn yet, and none beyond the chart', async () => {
    const name = '1e-3 dropped at step 5';
    const late = { names: [name, '1e-2', '1e-1'], step: floats(1, 2, 5, 1, 2) };
    const view = await show(
      ComparisonCurves,
      makeModel(ComparisonCurvesModel, { scales: makeSteps(), ...STATE, ...late }),
    );
    const [first, , last] = view.el.querySelectorAll('text');
    expect(last?.getAttribute('display')).toBe('none');
    const end = Number(first?.getAttribute('x')) + 7 * name.length;
    expect(end).toBeLessThanOrEqual(view.width + view.parent.margin.right);
  });

  it.each([
    ['is brought in sight for who has pressed a button here', true, 1],
    ['scrolls no page where something else has the focus', false, 0],
  ])('%s', async (_, focused, times) => {
    const button = document.createElement('button');
    const widget = document.createElement('div');
    widget.className = 'lrfind-widget';
    document.body.append(widget, button);
    if (focused) {
      widget.append(button);
    }
    button.focus();
    const comm = new Comm();
    const view = await show(ComparisonCurves, loaded(comm));
    const scrolled: unknown[] = [];
    view.parent.el.scrollIntoView = (how): void => {
      scrolled.push(how);
    };
    widget.append(view.parent.el);
    const one = points([0]);
    await comm.update({ number: one, step: points([1]), smoothed: one, val_loss: one, generation: 3 });
    await frame();
    comm.custom({ event: 'append', offset: 1, generation: 3 }, points([1], [1], [0.3], [NaN]));
    await frame();
    expect(scrolled).toHaveLength(times);
    widget.remove();
    button.remove();
  });

  it('are drawn further when points come, in every view', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const views = [await show(ComparisonCurves, model), await show(ComparisonCurves, model)];
    comm.custom({ event: 'append', offset: 5, generation: 2 }, points([1], [3], [0.5], [0.4]));
    await model.state_change;
    await frame();
    for (const view of views) {
      const [line, dots] = view.el.querySelectorAll('.lrfind-look-1 path');
      expect(line?.getAttribute('d')?.match(/[ML]/g)).toHaveLength(3);
      expect(dots?.getAttribute('d')).not.toBe('');
    }
  });

  it('are framed with their validation losses, and as they grow', async () => {
    const scales = makeSteps();
    const comm = new Comm();
    const runs = loaded(comm, scales);
    makeModel(AxesModel, { scales, runs, lo: 1, hi: 3, y_range: 'all' });
    expect(scales.y.domain[1]).toBeLessThan(2);
    comm.custom({ event: 'append', offset: 5, generation: 2 }, points([1], [3], [0.5], [5]));
    await runs.state_change;
    expect(scales.y.domain[1]).toBeGreaterThan(5);
  });

  it('are framed without what explodes, until all is asked for', async () => {
    const scales = makeSteps();
    const comm = new Comm();
    const runs = loaded(comm, scales);
    const axes = makeModel(AxesModel, { scales, runs, lo: 1, hi: 3, y_range: 'focus' });
    comm.custom({ event: 'append', offset: 5, generation: 2 }, points([1], [3], [50], [NaN]));
    await runs.state_change;
    expect(scales.y.domain[1]).toBeLessThan(2);
    axes.set('y_range', 'all');
    expect(scales.y.domain[1]).toBeGreaterThan(50);
  });
});
