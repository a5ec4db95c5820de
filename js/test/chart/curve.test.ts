import { describe, expect, it } from 'vitest';

import { fromWire } from '../../src/columns';
import { Curve, CurveModel } from '../../src/curve';
import { Comm, floats, frame, key, makeChart, makeFigure, makeModel, makeScales, pointer, points, show } from './page';

const STATE = {
  lr: floats(1e-6, 1e-5, 1e-4),
  loss: floats(3, 2, 1),
  smoothed: floats(3, 2.5, 2),
  generation: 4,
};

function loaded(comm = new Comm()): CurveModel {
  return makeModel(CurveModel, { scales: makeScales(), ...STATE }, comm);
}

const rates = (model: CurveModel): number[] => Array.from(model.get('lr') as Float64Array);

describe('the model of a curve', () => {
  it('holds what it was created with, as after a reload of the page', () => {
    const model = loaded();
    expect(model.series.length).toBe(3);
    expect(rates(model)).toEqual([1e-6, 1e-5, 1e-4]);
  });

  it('asks whether points came while it was created', () => {
    const comm = new Comm();
    loaded(comm);
    expect(comm.sent.map(({ content }) => content)).toEqual([
      { event: 'have', generation: 4, length: 3 },
    ]);
  });

  it('shows appended points in its attributes and tells the kernel nothing', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [0.5], [1]));
    await model.state_change;
    expect(rates(model)).toEqual([1e-6, 1e-5, 1e-4, 1e-3]);
    model.save_changes();
    expect(comm.states).toEqual([]);
  });

  it('reads a message that begins anywhere in its buffer', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const shifted = new Uint8Array(5 + 24);
    shifted.set(new Uint8Array(points([1e-3], [0.5], [1]).buffer), 5);
    const event = { event: 'append', offset: 3, generation: 4 };
    comm.custom(event, new DataView(shifted.buffer, 5, 24));
    await model.state_change;
    expect(rates(model).at(-1)).toBe(1e-3);
  });

  it('applies a state and an append in the order in which they came', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const empty = new DataView(new ArrayBuffer(0));
    void comm.update({ lr: empty, loss: empty, smoothed: empty, generation: 5 });
    comm.custom({ event: 'append', offset: 0, generation: 5 }, points([7e-4], [1], [1]));
    await model.state_change;
    expect(rates(model)).toEqual([7e-4]);
    expect(comm.events).not.toContain('resync');
  });

  it.each([
    ['points before it lack', 5, 4],
    ['it belongs to a curve not seen yet', 0, 5],
  ])('asks for the whole curve when %s', async (_, offset, generation) => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom({ event: 'append', offset, generation }, points([1e-3], [1], [1]));
    await model.state_change;
    expect(comm.events).toContain('resync');
    expect(model.series.length).toBe(3);
  });

  it('is not set back by a state that is older than its points', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [1], [1]));
    void comm.update({
      lr: points([1e-6], [], []),
      loss: points([3], [], []),
      smoothed: points([3], [], []),
      generation: 4,
    });
    await model.state_change;
    expect(rates(model)).toHaveLength(4);
    expect(model.get('generation')).toBe(4);
  });

  it.each([
    [null, []],
    [{ event: 'other' }, []],
    [{ event: 'append' }, []],
    [{ event: 'append', offset: 'x', generation: 4 }, []],
    [{ event: 'append', offset: 3, generation: 4 }, []],
    [{ event: 'append', offset: 3, generation: 4 }, ['text']],
    [{ event: 'append', offset: 3, generation: 4 }, [new ArrayBuffer(7)]],
  ])('is not moved by a message that makes no sense: %j', async (content, buffers) => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom(content, ...buffers);
    await model.state_change;
    expect(model.series.length).toBe(3);
  });

  it('takes other traits as usual', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    void comm.update({ skip_start: 7 });
    await model.state_change;
    expect(model.get('skip_start')).toBe(7);
    expect(model.series.length).toBe(3);
  });

  it('can be saved with the notebook', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [1], [1]));
    await model.state_change;
    const saved = model.serialize(model.get_state(true) as never) as Record<string, unknown>;
    expect(Array.from(fromWire(saved['lr']) as Float64Array)).toEqual([1e-6, 1e-5, 1e-4, 1e-3]);
  });
});

describe('the view of a curve', () => {
  const line = (view: Curve): string => view.el.querySelectorAll('path')[2]?.getAttribute('d') ?? '';

  it('draws the points there are', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    expect(line(view).match(/[ML]/g)).toHaveLength(3);
  });

  it('draws an append in every view', async () => {
    const { curve, comms } = makeChart(STATE);
    const views = [await show(Curve, curve), await show(Curve, curve)];
    comms.curve.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [1], [1]));
    await curve.state_change;
    await frame();
    for (const view of views) {
      expect(line(view).match(/[ML]/g)).toHaveLength(4);
    }
  });

  it('draws once a frame, however many messages come', async () => {
    const { curve, comms } = makeChart(STATE);
    const view = await show(Curve, curve);
    let painted = 0;
    const paint = (view as unknown as { paint: () => void }).paint.bind(view);
    (view as unknown as { paint: () => void }).paint = () => {
      painted += 1;
      paint();
    };
    for (let index = 0; index < 50; index += 1) {
      const event = { event: 'append', offset: 3 + index, generation: 4 };
      comms.curve.custom(event, points([1e-3 * (1 + index / 100)], [1], [1]));
    }
    await curve.state_change;
    await frame();
    expect(curve.series.length).toBe(53);
    expect(painted).toBe(1);
  });

  it('draws nothing while it has no room, and draws when it gets some', async () => {
    const { curve } = makeChart(STATE);
    const figure = makeFigure(0, 0);
    const view = await show(Curve, curve, figure);
    expect(line(view)).toBe('');
    figure.size = { width: 500, height: 300 };
    figure.trigger('margin_updated');
    await frame();
    expect(line(view)).not.toBe('');
  });

  it('survives losses that are not finite', async () => {
    const { curve } = makeChart({ ...STATE, loss: floats(NaN, Infinity, -Infinity), smoothed: floats(NaN, NaN, NaN) });
    const view = await show(Curve, curve);
    expect(view.el.outerHTML).not.toContain('NaN');
    expect(view.el.outerHTML).not.toContain('Infinity');
  });

  it('reads the point under the pointer', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    const figure = view.parent.el;
    pointer(figure, 'pointermove', 205, 50);
    await frame();
    const card = figure.querySelector<HTMLElement>('.lrfind-card');
    expect(card?.hidden).toBe(false);
    expect(card?.textContent).toContain('1e-5');
    expect(card?.textContent).toContain('2.50');
    expect(card?.textContent).toContain('−0.50');
    expect(card?.textContent).toContain('2 of 3');
    pointer(figure, 'pointerleave', 0);
    await frame();
    expect(card?.hidden).toBe(true);
  });

  it('reads with the arrow keys, and keeps them from the notebook', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    key(view.el, 'Home');
    const event = key(view.el, 'ArrowRight');
    await frame();
    expect(event.defaultPrevented).toBe(true);
    const live = view.parent.el.querySelector('[role=status]');
    await expect.poll(() => live?.textContent).toBe(
      'Step 2 of 3: learning rate 1e-5, smoothed loss 2.50, raw loss 2.00, slope −0.50 per decade.',
    );
  });

  it('says how many points it has', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    expect(view.el.getAttribute('aria-label')).toContain('3 points');
    expect(view.el.getAttribute('data-lm-suppress-shortcuts')).toBe('true');
  });
});
