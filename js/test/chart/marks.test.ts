import { WidgetModel } from '@jupyter-widgets/base';
import { describe, expect, it } from 'vitest';

import { Annotations, AnnotationsModel } from '../../src/annotations';
import { Bands, BandsModel } from '../../src/bands';
import { toWire } from '../../src/columns';
import { CurveModel } from '../../src/curve_model';
import { MarkerModel } from '../../src/marker';
import { Runs, RunsModel } from '../../src/runs';
import { Spread, SpreadModel } from '../../src/spread';
import { Comm, floats, frame, key, makeModel, makeScales, show } from './page';

const STEEPEST = { lr: 6.3e-3, loss: 0.5, kind: 'min_gradient', label: 'steepest fall', title: 'why' };
const END = { lr: 1, loss: null, kind: 'end', label: 'diverged', title: '' };

async function annotations(
  list: unknown[],
): Promise<{ view: Annotations; marker: MarkerModel; comm: Comm }> {
  const scales = makeScales();
  const comm = new Comm();
  const marker = makeModel(MarkerModel, { scales }, comm);
  const model = makeModel(AnnotationsModel, { scales, marker, annotations: list });
  const view = await show(Annotations, model);
  return { view, marker, comm };
}

describe('rates that were tried', () => {
  it('are ticks at the axis, in the looks of their lines', async () => {
    const { view } = await annotations([]);
    view.model.set('tried', [
      { lr: 1e-3, name: '1e-3', fate: 'chosen' },
      { lr: 1e9, name: '1e9 dropped', fate: 'dropped' },
    ]);
    await frame();
    const [one, other] = view.el.querySelectorAll('.lrfind-tried');
    expect(one?.getAttribute('d')).toBe(`M${view.mapX.pixel(1e-3)} ${view.height}v-10`);
    expect(one?.getAttribute('class')).toContain('lrfind-look-0 lrfind-dash-0 lrfind-training-chosen');
    expect(one?.textContent).toBe('tried: 1e-3');
    expect(other?.getAttribute('d')).toBeNull();
    expect(other?.getAttribute('class')).toContain('lrfind-look-1 lrfind-dash-1 lrfind-training-dropped');
  });
});

describe('annotations', () => {
  it('set the marker when they are clicked', async () => {
    const { view, marker, comm } = await annotations([STEEPEST]);
    const button = view.el.querySelector('[role=button]');
    expect(button?.getAttribute('aria-label')).toBe('Choose steepest fall 6.3e-3');
    button?.querySelector('circle')?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    expect(marker.value).toBe(6.3e-3);
    expect(comm.states).toEqual([{ value: 6.3e-3 }]);
  });

  it.each(['Enter', ' '])('set the marker with the key %j', async (name) => {
    const { view, marker } = await annotations([STEEPEST]);
    const button = view.el.querySelector('[role=button]') as Element;
    expect(key(button, name).defaultPrevented).toBe(true);
    expect(marker.value).toBe(6.3e-3);
  });

  it('are hollow where they are doubted', async () => {
    const { view } = await annotations([STEEPEST, { ...STEEPEST, certainty: 'unsure' }]);
    const unsure = Array.from(view.el.querySelectorAll('.lrfind-spot'), ({ classList }) =>
      classList.contains('lrfind-spot-unsure'),
    );
    expect(unsure).toEqual([false, true]);
  });

  it('mark the critical rate at the axis, with a name of its own that is no choice', async () => {
    const critical = { lr: 0.1, loss: null, kind: 'critical', label: 'critical rate 0.1', title: '' };
    const { view, marker } = await annotations([STEEPEST, critical]);
    const mark = view.el.querySelector('.lrfind-spot-critical') as Element;
    expect(mark.getAttribute('role')).toBe('img');
    expect(mark.getAttribute('tabindex')).toBe('0');
    expect(mark.querySelector('path')?.getAttribute('transform')).toContain(`,${view.height})`);
    expect(view.el.querySelector('.lrfind-quiet')?.textContent).toBe('critical rate 0.1');
    key(mark, 'Enter');
    expect(marker.value).toBe(1e-3);
  });

  it('tell the curve the critical rate, for its readout', () => {
    const scales = makeScales();
    const curve = makeModel(CurveModel, { scales });
    const model = makeModel(AnnotationsModel, { scales, curve, annotations: [] });
    expect(curve.critical).toBeNull();
    model.set('annotations', [{ kind: 'critical', lr: 0.1 }]);
    expect(curve.critical).toBe(0.1);
  });

  it('at the end of a sweep are no buttons', async () => {
    const { view, marker } = await annotations([END]);
    const end = view.el.querySelector('.lrfind-spot-end');
    expect(end?.getAttribute('role')).toBe('img');
    end?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    expect(marker.value).toBe(1e-3);
  });

  it('at an end in the first or last step are seen whole', async () => {
    for (const [lr, x] of [
      [1e-7, 6],
      [10, 794],
    ]) {
      const { view } = await annotations([{ ...END, lr }]);
      const shape = view.el.querySelector('.lrfind-spot-end .lrfind-spot-shape');
      expect(shape?.getAttribute('transform')).toMatch(`translate(${x},`);
      view.remove();
    }
  });

  it('come and go with the list', async () => {
    const { view } = await annotations([STEEPEST, END]);
    expect(view.el.querySelectorAll('.lrfind-spot')).toHaveLength(2);
    view.model.set('annotations', []);
    await frame();
    expect(view.el.querySelectorAll('.lrfind-spot, text')).toHaveLength(0);
  });

  it('leave the pointer to the marker that stands on them', async () => {
    const { view, marker } = await annotations([STEEPEST]);
    const spot = view.el.querySelector('.lrfind-spot');
    expect(spot?.getAttribute('pointer-events')).toBeNull();
    marker.move(6.4e-3);
    await frame();
    expect(spot?.getAttribute('pointer-events')).toBe('none');
  });

  it('show labels as text', async () => {
    const { view } = await annotations([{ ...STEEPEST, label: '<b>x</b>', title: '<script>' }]);
    expect(view.el.querySelector('b, script')).toBeNull();
    expect(view.el.textContent).toContain('<b>x</b>');
  });

  it.each([[[{}]], ['text'], [null], [[{ lr: 'x', loss: 'y', kind: 'z' }]]])(
    'draw nothing for %j',
    async (list) => {
      const { view } = await annotations(list as never);
      expect(view.el.querySelectorAll('.lrfind-spot')).toHaveLength(0);
    },
  );
});

describe('bands', () => {
  it('cover their rates, as far as these are on the axis', async () => {
    const bands = [{ start: 1e-9, stop: 1e-5, kind: 'skipped', label: 'skipped' }];
    const view = await show(Bands, makeModel(BandsModel, { scales: makeScales(), bands }));
    const rect = view.el.querySelector('rect');
    expect(rect?.getAttribute('x')).toBe('0');
    expect(Number(rect?.getAttribute('width'))).toBeCloseTo(200);
  });

  it.each([
    ['that does not fit', 1e-5, 1.1e-5, ['none', null]],
  ])('leave out a label %s', async (_, start, stop, shown) => {
    const scales = makeScales();
    const listed = [
      { start, stop, kind: 'skipped', label: 'a band' },
      { start: 1e-4, stop: 1e-1, kind: 'usable', label: 'loss falls here' },
    ];
    const bands = makeModel(BandsModel, { scales, bands: listed });
    const view = await show(Annotations, makeModel(AnnotationsModel, { scales, bands }));
    const labels = Array.from(view.el.querySelectorAll('text'), (text) => [
      text.textContent,
      text.getAttribute('display'),
    ]);
    expect(labels).toEqual([['loss falls here', shown[1]], ['a band', shown[0]]]);
  });

  it('of no width are not drawn', async () => {
    const bands = [{ start: 20, stop: 30, kind: 'usable', label: '' }, {}];
    const view = await show(Bands, makeModel(BandsModel, { scales: makeScales(), bands }));
    const groups = Array.from(view.el.querySelectorAll('.lrfind-band'), (group) => group.getAttribute('display'));
    expect(groups).toEqual(['none', 'none']);
  });
});

it('a band that is doubted has dashed edges', async () => {
  const bands = [
    { start: 1e-3, stop: 1e-1, kind: 'usable', label: 'loss falls here', certainty: 'sure' },
    { start: 1e-3, stop: 1e-1, kind: 'usable', label: 'loss may fall here', certainty: 'unsure' },
  ];
  const view = await show(Bands, makeModel(BandsModel, { scales: makeScales(), bands }));
  const edges = Array.from(view.el.querySelectorAll('.lrfind-band-edges'), (path) => path.hasAttribute('d'));
  expect(edges).toEqual([false, true]);
  expect(view.el.querySelectorAll('.lrfind-band-unsure')).toHaveLength(1);
});

describe('earlier runs', () => {
  const run = (name: string, visible: boolean) => ({
    name,
    lr: toWire(floats(1e-4, 1e-3)),
    loss: toWire(floats(0.2, 0.4)),
    visible,
  });

  it('are read from binary, drawn if visible, and saved as they came', async () => {
    const model = makeModel(RunsModel, { scales: makeScales() });
    const { deserialize, serialize } = RunsModel.serializers.runs;
    model.set('runs', deserialize([run('a', true), run('b', false)]));
    const view = await show(Runs, model);
    const drawn = Array.from(view.el.querySelectorAll('path'), (path) => path.getAttribute('d'));
    expect(drawn[0]).not.toBe('');
    expect(drawn[1]).toBe('');
    expect(serialize(model.get('runs'))).toEqual([run('a', true), run('b', false)]);
  });

  it('are named at their lines in the looks of these, but for those that are hidden', async () => {
    const scales = makeScales();
    const lines = [run('Run 1: wd 0.1', true), run('Run 2', false), run('Run 3: wd 0.5', true)];
    const list = ['Run 1: wd 0.1', 'Run 2', 'Run 3: wd 0.5', 'Run 4: own wd'].map((name, place) => ({
      id: String(place),
      name,
      visible: name !== 'Run 2',
      removable: place < 3,
    }));
    const comm = new Comm();
    const listed = makeModel(WidgetModel, { runs: list }, comm);
    const runs = makeModel(RunsModel, { scales, listed });
    const curve = makeModel(CurveModel, { scales, runs });
    const model = makeModel(AnnotationsModel, { scales, curve, annotations: [] });
    const view = await show(Annotations, model);
    curve.set({ fit_lr: floats(1e-4, 1e-3), fit_loss: floats(0.3, 0.4) });
    runs.set('runs', RunsModel.serializers.runs.deserialize(lines));
    await frame();
    const names = Array.from(view.el.querySelectorAll('.lrfind-run-name'));
    expect(names.map(({ textContent }) => textContent)).toEqual([
      'Run 4: own wd',
      'Run 1: wd 0.1',
      'Run 3: wd 0.5',
    ]);
    expect(names[2]?.classList.contains('lrfind-dash-2')).toBe(true);
    // Their lines end at one point: where one name stands no other does.
    const places = names.map((name) => `${name.getAttribute('x')},${name.getAttribute('y')}`);
    expect(new Set(places).size).toBe(3);
    for (const name of names) {
      name.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    }
    const hidden = comm.contents.map(({ action, id }) => [action, id]);
    expect(hidden).toEqual([['hide', '3'], ['hide', '0'], ['hide', '2']]);
  });

  it.each([null, 'text', 7, [null], [{ lr: 'x', loss: [1], visible: true }]])(
    'are none in %j',
    async (value) => {
      const runs = RunsModel.serializers.runs.deserialize(value);
      const model = makeModel(RunsModel, { scales: makeScales(), runs });
      const view = await show(Runs, model);
      const drawn = Array.from(view.el.querySelectorAll('path'), (path) => path.getAttribute('d'));
      expect(drawn.join('')).toBe('');
      expect(model.losses(view.mapX).every(({ smoothed }) => smoothed.length === 0)).toBe(true);
    },
  );
});

describe('the spread', () => {
  const area = { lr: floats(1e-5, 1e-3), low: floats(0.2, 0.1), high: floats(0.4, 0.3) };

  it('is tinted between the lowest and the highest curve', async () => {
    const view = await show(Spread, makeModel(SpreadModel, { scales: makeScales(), area }));
    expect(view.el.querySelector('path')?.getAttribute('d')).toMatch(/^M.*L.*Z$/);
    view.model.set('area', { lr: floats(), low: floats(), high: floats() });
    await frame();
    expect(view.el.querySelector('path')?.getAttribute('d')).toBe('');
  });

  it('travels as binary and comes back the same', () => {
    const { deserialize, serialize } = SpreadModel.serializers.area;
    expect(deserialize(serialize(area))).toEqual(area);
    expect(serialize(area)).toEqual({
      lr: new DataView(area.lr.buffer),
      low: new DataView(area.low.buffer),
      high: new DataView(area.high.buffer),
    });
    expect(deserialize(serialize(deserialize({})))).toEqual(deserialize({}));
  });

  it.each([null, 'text', {}, { lr: 'x', low: 3 }, { lr: floats(1), low: floats(1) }])(
    'is nothing in %j',
    (value) => {
      const model = makeModel(SpreadModel, { scales: makeScales(), area: value });
      const { lr, low, high } = model.area;
      expect([lr.length, low.length, high.length]).toEqual([0, 0, 0]);
    },
  );
});
