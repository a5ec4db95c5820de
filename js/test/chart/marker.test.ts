import { beforeEach, describe, expect, it, vi } from 'vitest';

import { BandsModel } from '../../src/bands';
import { CurveModel } from '../../src/curve_model';
import { Marker, MarkerModel } from '../../src/marker';
import { Comm, floats, frame, key, makeModel, makeScales, pointer, show } from './page';

const at = (decade: number): number => ((decade + 7) / 8) * 800;

describe('the marker', () => {
  let comm: Comm;
  let model: MarkerModel;
  let view: Marker;
  let scales: ReturnType<typeof makeScales>;

  beforeEach(async () => {
    comm = new Comm();
    scales = makeScales();
    model = makeModel(MarkerModel, { scales, value: 1e-3 }, comm);
    view = await show(Marker, model);
    const el = view.el as unknown as { setPointerCapture: () => void };
    el.setPointerCapture = vi.fn();
  });

  const values = (): unknown[] => comm.states.map((state) => state['value']);

  it('is a slider that says its rate', () => {
    expect(view.el.getAttribute('role')).toBe('slider');
    expect(view.el.getAttribute('tabindex')).toBe('0');
    expect(view.el.getAttribute('aria-label')).toBe('Learning rate');
    expect(view.el.getAttribute('aria-valuenow')).toBe('0.001');
    expect(view.el.getAttribute('aria-valuemin')).toBe('0.0000001');
    expect(view.el.getAttribute('aria-valuemax')).toBe('10');
    expect(view.el.getAttribute('aria-valuetext')).toBe('1e-3');
  });

  it("says where it stands at the optimizer's own rate", async () => {
    view.model.set('own', 1e-3);
    view.model.set('lo', 1e-6);
    await frame();
    expect(view.el.getAttribute('aria-valuetext')).toBe("1e-3, the optimizer's now");
    expect(view.el.textContent).toContain("optimizer's 1e-3");
  });

  it.each([
    [1e-4, '1e-4, loss 0.800, below where the loss falls'],
    [1e-3, '1e-3, loss 0.600, where the loss falls'],
    [1e-1, '1e-1, loss 0.200, above where the loss falls'],
    [10, '10, above where the loss falls'],
  ])('says the loss at its rate, and where it stands (%s)', async (value, said) => {
    const curve = makeModel(CurveModel, { scales, fit_lr: floats(1e-5, 1e-1, 1), fit_loss: floats(1, 0.2, 0.9) });
    const range = { start: 1e-3, stop: 1e-2, kind: 'usable', label: '', certainty: 'sure' };
    const bands = makeModel(BandsModel, { scales, bands: [range] });
    view = await show(Marker, makeModel(MarkerModel, { scales, value, curve, bands }));
    expect(view.el.getAttribute('aria-valuetext')).toBe(said);
    bands.set('bands', [{ ...range, certainty: 'unsure' }]);
    await frame();
    expect(view.el.getAttribute('aria-valuetext')).toBe(said.replace('loss falls', 'loss may fall'));
  });

  it('is dragged', async () => {
    pointer(view.el, 'pointerdown', at(-3));
    pointer(view.el, 'pointermove', at(-2));
    expect(model.value).toBe(1e-2);
    pointer(view.el, 'pointerup', at(-2));
    expect(values()).toEqual([1e-2]);
    await frame();
    expect(view.el.getAttribute('aria-valuetext')).toBe('1e-2');
  });

  it('does not jump to a pointer that takes it beside the line', () => {
    pointer(view.el, 'pointerdown', at(-3) + 9);
    pointer(view.el, 'pointermove', at(-3) + 9);
    expect(model.value).toBe(1e-3);
  });

  it.each([
    [-500, 1e-7],
    [5000, 10],
  ])('never leaves the axis (%s)', (pixel, end) => {
    pointer(view.el, 'pointerdown', at(-3));
    pointer(view.el, 'pointermove', pixel);
    expect(model.value).toBe(end);
  });

  it('is moved only while it is held, by the first button', () => {
    pointer(view.el, 'pointermove', at(-1));
    pointer(view.el, 'pointerdown', at(-3), 5, { button: 2 });
    pointer(view.el, 'pointermove', at(-1));
    pointer(view.el, 'pointerdown', at(-3));
    pointer(view.el, 'pointercancel', at(-3));
    pointer(view.el, 'pointermove', at(-1));
    expect(model.value).toBe(1e-3);
  });

  it('takes its gestures from whatever lies below', () => {
    const below = vi.fn();
    document.body.addEventListener('pointerdown', below);
    pointer(view.el, 'pointerdown', at(-3));
    document.body.removeEventListener('pointerdown', below);
    expect(below).not.toHaveBeenCalled();
  });

  it('leaves at most one message in flight and ends on the last value', async () => {
    pointer(view.el, 'pointerdown', at(-3));
    for (let move = 1; move <= 1000; move += 1) {
      pointer(view.el, 'pointermove', at(-3) + move / 10);
      if (move % 100 === 0) {
        await frame();
      }
    }
    pointer(view.el, 'pointerup', at(-2));
    expect(comm.states).toHaveLength(1);
    comm.answer();
    expect(comm.states).toHaveLength(2);
    expect(values().at(-1)).toBe(1e-2);
    comm.answer();
    expect(comm.states).toHaveLength(2);
  });

  it('is moved by keys, at once', () => {
    const event = key(view.el, 'ArrowRight');
    expect(event.defaultPrevented).toBe(true);
    expect(model.value).toBeCloseTo(1e-3 * 10 ** 0.05, 12);
    expect(values()).toHaveLength(1);
  });

  it.each(['a', 'Tab', 'Enter'])('leaves %s to the page', (name) => {
    expect(key(view.el, name).defaultPrevented).toBe(false);
    expect(key(view.el, 'ArrowLeft', { ctrlKey: true }).defaultPrevented).toBe(false);
    expect(model.value).toBe(1e-3);
  });

  it('follows the kernel', async () => {
    void comm.update({ value: 0.32 });
    await model.state_change;
    await frame();
    expect(view.el.getAttribute('aria-valuetext')).toBe('3.2e-1');
    expect(values()).toEqual([]);
  });

  it.each([
    [1e-9, '0'],
    [50, '800'],
  ])('stays reachable at the edge when its rate is not on the axis (%s)', async (value, x) => {
    void comm.update({ value });
    await model.state_change;
    await frame();
    expect(view.el.querySelector('.lrfind-marker-handle')?.getAttribute('cx')).toBe(x);
    expect(view.el.classList.contains('lrfind-outside')).toBe(true);
    expect(Number(view.el.getAttribute('aria-valuemin'))).toBeLessThanOrEqual(value);
    expect(Number(view.el.getAttribute('aria-valuemax'))).toBeGreaterThanOrEqual(value);
  });

  it('stays reachable when one has zoomed elsewhere', async () => {
    scales.x.set({ min: 0.1, max: 1 });
    await frame();
    expect(view.el.querySelector('.lrfind-marker-handle')?.getAttribute('cx')).toBe('0');
    pointer(view.el, 'pointerdown', 0);
    pointer(view.el, 'pointermove', 400);
    expect(model.value).toBeCloseTo(0.316, 6);
  });

  it('turns its label inwards near the right end', async () => {
    const label = view.el.querySelector('text');
    expect(label?.getAttribute('text-anchor')).toBe('start');
    void comm.update({ value: 9 });
    await model.state_change;
    await frame();
    expect(label?.getAttribute('text-anchor')).toBe('end');
  });

  it('moves in every view', async () => {
    const second = await show(Marker, model);
    key(view.el, 'End');
    await frame();
    expect(second.el.getAttribute('aria-valuetext')).toBe('10');
  });

  it.each([NaN, 'text', null, undefined])('draws something for a value of %s', async (value) => {
    model.set('value', value);
    await frame();
    expect(view.el.outerHTML).not.toContain('NaN');
  });
});
