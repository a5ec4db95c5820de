import { describe, expect, it } from 'vitest';

import { RunBarModel } from '../../src/bars/models';
import { fromWire } from '../../src/columns';
import { Curve } from '../../src/curve';
import { CurveModel } from '../../src/curve_model';
import { Comm, floats, frame, makeChart, makeFigure, makeModel, makeScales, points, show, STATE } from './page';

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
    comm.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [0.5], [1], [1]));
    await model.state_change;
    expect(rates(model)).toEqual([1e-6, 1e-5, 1e-4, 1e-3]);
    model.save_changes();
    expect(comm.states).toEqual([]);
  });

  it('gives another model the state that came along with its points, and saves nothing of it', async () => {
    const [comm, other] = [new Comm(), new Comm()];
    const bar = makeModel(RunBarModel, { status: 'sweeping' }, other);
    const model = loaded(comm);
    const along = { [bar.model_id]: { done: 4, sentence: 'Sweeping: 4 of 9 steps.' } };
    const event = { event: 'append', offset: 3, generation: 4, along };
    comm.custom(event, points([1e-3], [0.5], [1], [1]));
    await Promise.all([model.state_change, frame()]);
    expect(bar.get('done')).toBe(4);
    expect(bar.get('sentence')).toBe('Sweeping: 4 of 9 steps.');
    expect(bar.get('status')).toBe('sweeping');
    bar.save_changes();
    expect(other.states).toEqual([]);
  });

  it.each([null, 'text', [], { nobody: { done: 4 } }])(
    'takes points with nothing that it knows along: %j',
    async (along) => {
      const comm = new Comm();
      const model = loaded(comm);
      const event = { event: 'append', offset: 3, generation: 4, along };
      comm.custom(event, points([1e-3], [0.5], [1], [1]));
      await model.state_change;
      expect(rates(model)).toHaveLength(4);
    },
  );

  it('reads a message that begins anywhere in its buffer', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const shifted = new Uint8Array(5 + 32);
    shifted.set(new Uint8Array(points([1e-3], [0.5], [1], [1]).buffer), 5);
    const event = { event: 'append', offset: 3, generation: 4 };
    comm.custom(event, new DataView(shifted.buffer, 5, 32));
    await model.state_change;
    expect(rates(model).at(-1)).toBe(1e-3);
  });

  it('applies a state and an append in the order in which they came', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const empty = new DataView(new ArrayBuffer(0));
    const columns = { lr: empty, loss: empty, smoothed: empty, val_loss: empty };
    void comm.update({ ...columns, generation: 5 });
    comm.custom({ event: 'append', offset: 0, generation: 5 }, points([7e-4], [1], [1], [1]));
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
    comm.custom({ event: 'append', offset, generation }, points([1e-3], [1], [1], [1]));
    await model.state_change;
    expect(comm.events).toContain('resync');
    expect(model.series.length).toBe(3);
  });

  it('is not set back by a state that is older than its points', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    comm.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [1], [1], [1]));
    void comm.update({
      lr: points([1e-6], [], [], []),
      loss: points([3], [], [], []),
      smoothed: points([3], [], []),
      val_loss: points([3], [], []),
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
    comm.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [1], [1], [1]));
    await model.state_change;
    const saved = model.serialize(model.get_state(true) as never) as Record<string, unknown>;
    expect(Array.from(fromWire(saved['lr']) as Float64Array)).toEqual([1e-6, 1e-5, 1e-4, 1e-3]);
  });
});

describe('the line of a curve', () => {
  const of = (curve: CurveModel): number[][] => [Array.from(curve.fit.lr), Array.from(curve.fit.loss)];

  it('comes whole with each message of points', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const line = points([1e-6, 1e-3], [2.9, 0.9], [1, 0]);
    const event = { event: 'append', offset: 3, generation: 4 };
    comm.custom(event, points([1e-3], [1], [1], [1]), line);
    await model.state_change;
    expect(of(model)).toEqual([[1e-6, 1e-3], [2.9, 0.9]]);
    expect(model.fit.settled).toBe(1);
  });

  it('comes alone when it stands, and is drawn', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    let drawn = 0;
    model.on('columns_updated', () => (drawn += 1));
    void comm.update({ fit_lr: points([1e-6]), fit_loss: points([2]), fit_settled: points([1]) });
    await model.state_change;
    expect(of(model)).toEqual([[1e-6], [2]]);
    expect([model.series.length, drawn]).toEqual([3, 1]);
  });

  it('is not taken from a state that is older than the points', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const older = { lr: points([]), loss: points([]), smoothed: points([]), val_loss: points([]) };
    void comm.update({ ...older, generation: 3, fit_lr: points([]), fit_loss: points([]) });
    await model.state_change;
    expect(model.fit.lr).toHaveLength(3);
  });

  it('is left as it is by a buffer that holds none', async () => {
    const comm = new Comm();
    const model = loaded(comm);
    const event = { event: 'append', offset: 3, generation: 4 };
    comm.custom(event, points([1e-3], [1], [1], [1]), points([1, 2]));
    await model.state_change;
    expect(model.fit.lr).toHaveLength(3);
  });
});

describe('the lines of a curve', () => {
  const path = (view: Curve, name: string): string =>
    view.el.querySelector(`.lrfind-line-${name}`)?.getAttribute('d') ?? '';

  it('are drawn apart: what stands of the fit, and what will still move', async () => {
    const view = await show(Curve, makeChart(STATE).curve);
    expect(path(view, 'moving').match(/[ML]/g)).toHaveLength(2);
    expect(path(view, 'fit:not(.lrfind-line-moving)').match(/[ML]/g)).toHaveLength(2);
    expect(path(view, 'validation').match(/[ML]/g)).toHaveLength(2);
  });

  it.each(['fit', 'average', 'validation'] as const)('can be switched off: %s', async (name) => {
    const { curve, comms } = makeChart(STATE);
    const view = await show(Curve, curve);
    curve.toggle(name);
    await frame();
    expect(view.el.querySelectorAll(`.lrfind-line-${name}[d^=M]`)).toHaveLength(0);
    expect(comms.curve.states).toEqual([{ [`show_${name}`]: false }]);
  });

  it('go on over points without a validation loss', async () => {
    const { curve } = makeChart({ ...STATE, val_loss: floats(3, NaN, 2) });
    expect(path(await show(Curve, curve), 'validation').match(/[ML]/g)).toHaveLength(2);
  });

  it('are all framed', () => {
    const { curve, axes } = makeChart({ ...STATE, val_loss: floats(9, 8, 8.5) });
    const high = (): number => axes.getScales().y?.domain[1] ?? NaN;
    expect(high()).toBeGreaterThan(9);
    curve.toggle('validation');
    expect(high()).toBeLessThan(5);
  });
});

describe('the view of a curve', () => {
  const line = (view: Curve): string => view.el.querySelector('.lrfind-line-average:not(.lrfind-line-skipped)')?.getAttribute('d') ?? '';

  it('draws the points there are', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    expect(line(view).match(/[ML]/g)).toHaveLength(3);
  });

  it('draws an append in every view', async () => {
    const { curve, comms } = makeChart(STATE);
    const views = [await show(Curve, curve), await show(Curve, curve)];
    comms.curve.custom({ event: 'append', offset: 3, generation: 4 }, points([1e-3], [1], [1], [1]));
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
      comms.curve.custom(event, points([1e-3 * (1 + index / 100)], [1], [1], [1]));
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
});
