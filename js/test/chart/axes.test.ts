import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Axes } from '../../src/axes';
import { floats, frame, key, makeChart, makeFigure, pointer, points, show } from './page';

const COUNT = 80;
const lr = Float64Array.from({ length: COUNT }, (_, index) => 1e-7 * 10 ** (index / 10));
const loss = lr.map((rate) => 0.2 + 2 / (1 + (rate / 1e-3) ** 2) + rate ** 3);
const none = lr.map(() => NaN);
const STATE = { lr, loss, smoothed: loss, val_loss: none, fit_lr: lr, fit_loss: loss, generation: 1 };

describe('the window', () => {
  let chart: ReturnType<typeof makeChart>;

  beforeEach(() => {
    chart = makeChart(STATE);
  });

  it('shows all rates at first, and frames the losses', () => {
    expect(chart.scales.x.domain).toEqual([1e-7, 10]);
    expect(chart.scales.y.domain[1]).toBeLessThan(4);
    expect(chart.axes.cut).toBe(true);
  });

  it('is zoomed without a word to the kernel', () => {
    chart.axes.zoom(0.5, 0.5);
    expect(chart.scales.x.domain[0]).toBeCloseTo(1e-5, 10);
    expect(chart.scales.x.domain[1]).toBeCloseTo(0.1, 6);
    expect(chart.axes.zoomed).toBe(true);
    chart.axes.pan(0.25);
    expect(chart.scales.x.domain[0]).toBeCloseTo(1e-4, 9);
    expect(Object.values(chart.comms).flatMap(({ states }) => states)).toEqual([]);
  });

  it('frames the losses of what is seen', () => {
    chart.axes.zoom(0.25, 0);
    const [low, high] = chart.scales.y.domain as [number, number];
    expect(high - low).toBeLessThan(0.5);
  });

  it('is reset', () => {
    chart.axes.zoom(0.5, 0.5);
    chart.axes.reset();
    expect(chart.scales.x.domain).toEqual([1e-7, 10]);
    expect(chart.axes.zoomed).toBe(false);
  });

  it('is reset by the kernel, and by a sweep over other rates', async () => {
    chart.axes.zoom(0.5, 0.5);
    chart.comms.axes.custom({ event: 'reset' });
    expect(chart.axes.zoomed).toBe(false);
    chart.axes.zoom(0.5, 0.5);
    void chart.comms.axes.update({ lo: 1e-5, hi: 1 });
    await chart.axes.state_change;
    expect(chart.scales.x.domain).toEqual([1e-5, 1]);
  });

  it.each([null, 'text', { event: 'other' }])('is not moved by the message %j', (content) => {
    chart.axes.zoom(0.5, 0.5);
    chart.comms.axes.custom(content);
    expect(chart.axes.zoomed).toBe(true);
  });

  it('follows a curve that grows', async () => {
    const event = { event: 'append', offset: COUNT, generation: 1 };
    chart.comms.curve.custom(event, points([9], [-5], [-5], [NaN]));
    await chart.curve.state_change;
    expect(chart.scales.y.domain[0]).toBeLessThanOrEqual(-5);
  });

  it('shows every loss on demand, and the kernel remembers it', () => {
    chart.axes.toggleFraming();
    expect(chart.scales.y.domain[1]).toBeGreaterThan(Math.max(...loss));
    expect(chart.comms.axes.states).toEqual([{ y_range: 'all' }]);
    chart.axes.toggleFraming();
    expect(chart.scales.y.domain[1]).toBeLessThan(4);
  });

  it('has an axis without a curve', () => {
    const empty = makeChart();
    expect(empty.scales.y.domain).toEqual([0, 1]);
    expect(empty.axes.empty).toBe(true);
    const nan = { loss: none, smoothed: none, fit_lr: floats(), fit_loss: floats() };
    expect(makeChart({ ...STATE, ...nan }).axes.empty).toBe(true);
  });

  it('keeps an axis for losses that are not finite', () => {
    const { scales } = makeChart({ ...STATE, lr: floats(1e-3), loss: floats(NaN), smoothed: floats(Infinity) });
    expect(scales.y.domain.every(Number.isFinite)).toBe(true);
  });
});

describe('gestures on the background', () => {
  let chart: ReturnType<typeof makeChart>;
  let view: Axes;
  let background: Element;

  beforeEach(async () => {
    chart = makeChart(STATE);
    view = await show(Axes, chart.axes);
    background = view.el.querySelector('.lrfind-background') as Element;
    (background as HTMLElement).setPointerCapture = vi.fn();
  });

  function turn(deltaY: number, extra: Record<string, unknown> = {}): WheelEvent {
    const event = new WheelEvent('wheel', { deltaY, bubbles: true, cancelable: true });
    // The test's document knows no pointer in the event of a wheel.
    for (const [name, value] of Object.entries({ clientX: 400, clientY: 200, ...extra })) {
      Object.defineProperty(event, name, { value });
    }
    background.dispatchEvent(event);
    return event;
  }

  it('zoom by wheel with Ctrl about the pointer', () => {
    expect(turn(-100, { ctrlKey: true }).defaultPrevented).toBe(true);
    expect(chart.axes.zoomed).toBe(true);
    const [low, high] = chart.scales.x.domain as [number, number];
    expect(Math.sqrt(low * high)).toBeCloseTo(1e-3, 8);
  });

  it.each([false, true])('leave the wheel without Ctrl to the page, also when zoomed (%s)', (zoomed) => {
    chart.axes.zoom(zoomed ? 0.5 : 1, 0.5);
    pointer(background, 'pointermove', 400, 200, { movementX: 3 });
    const before = [...chart.scales.x.domain];
    const turns = [turn(-100), turn(100), turn(0, { deltaX: 300 })];
    expect(turns.map((event) => event.defaultPrevented)).toEqual([false, false, false]);
    expect(chart.scales.x.domain).toEqual(before);
  });

  it('zoom by every turn of the wheel where the person wants it', () => {
    chart.axes.set('wheel_zoom', 'always');
    expect(turn(-100).defaultPrevented).toBe(true);
    expect(chart.axes.zoomed).toBe(true);
  });

  it('zoom by a pinch on a trackpad, which comes as a wheel with Ctrl', () => {
    expect(turn(-10, { ctrlKey: true }).defaultPrevented).toBe(true);
    expect(chart.axes.zoomed).toBe(true);
  });

  it('let the page scroll on where there is nothing to zoom out of', () => {
    chart.axes.set('wheel_zoom', 'always');
    expect(turn(100).defaultPrevented).toBe(false);
  });

  it('pan by drag when zoomed', () => {
    chart.axes.zoom(0.5, 0.5);
    pointer(background, 'pointerdown', 400, 200);
    pointer(background, 'pointermove', 300, 200);
    pointer(background, 'pointerup', 300, 200);
    pointer(background, 'pointermove', 100, 200);
    expect(Math.log10(chart.scales.x.domain[0] ?? 0)).toBeCloseTo(-4.5, 9);
  });

  it('zoom by two fingers', () => {
    pointer(background, 'pointerdown', 300, 200, { pointerId: 1 });
    pointer(background, 'pointerdown', 500, 200, { pointerId: 2 });
    pointer(background, 'pointermove', 600, 200, { pointerId: 2 });
    expect(chart.axes.zoomed).toBe(true);
  });

  it('reset by a double click', () => {
    chart.axes.zoom(0.5, 0.5);
    background.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
    expect(chart.axes.zoomed).toBe(false);
  });

  it('have keys of the same effect', () => {
    expect(key(view.parent.el, '+').defaultPrevented).toBe(true);
    expect(chart.axes.zoomed).toBe(true);
    key(view.parent.el, '0');
    expect(chart.axes.zoomed).toBe(false);
  });
});

describe('what the axes show', () => {
  it('names both axes and labels the decades', async () => {
    const view = await show(Axes, makeChart(STATE).axes);
    const texts = Array.from(view.el.querySelectorAll('text'), (text) => text.textContent);
    expect(texts).toEqual(expect.arrayContaining(['learning rate', 'loss', '1e-7', '1e-3', '10']));
  });

  it('offers to reset only what is zoomed, and the rest only where some is cut off', async () => {
    const chart = makeChart(STATE);
    const view = await show(Axes, chart.axes);
    const tools = '.lrfind-tools > button';
    const isShown = ({ hidden, style }: HTMLElement): boolean => !hidden && style.visibility !== 'hidden';
    const shown = (): (string | null)[] =>
      Array.from(view.parent.el.querySelectorAll<HTMLButtonElement>(tools))
        .filter(isShown)
        .map(({ textContent }) => textContent);
    expect(shown()).toEqual(['Show all losses']);
    chart.axes.zoom(0.25, 0);
    await frame();
    expect(shown()).toEqual(['Reset zoom']);
    view.parent.el.querySelectorAll<HTMLButtonElement>(tools).forEach((button) => {
      if (isShown(button)) {
        button.click();
      }
    });
    await frame();
    expect(shown()).toEqual(['Show all losses']);
  });

  it('shows all losses in decades, with ticks in one notation, and goes back', async () => {
    const chart = makeChart(STATE);
    const view = await show(Axes, chart.axes);
    const ticks = (): (string | null)[] =>
      Array.from(view.el.querySelectorAll('.lrfind-tick-labels text[text-anchor=end]'), (text) => text.textContent);
    const before = ticks();
    expect(view.mapY.log).toBe(false);
    chart.axes.toggleFraming();
    await frame();
    expect(view.mapY.log).toBe(true);
    expect(ticks()).toEqual(expect.arrayContaining(['1', '10', '100']));
    // The fall from 2.2 to 0.2 takes a good part of the height, however high the loss ends.
    expect(view.mapY.pixel(0.2) - view.mapY.pixel(2.2)).toBeGreaterThan(view.height / 5);
    chart.axes.toggleFraming();
    await frame();
    expect(ticks()).toEqual(before);
    expect(view.mapY.log).toBe(false);
  });

  it('shows all of losses that are not positive as they are', async () => {
    const below = loss.map((value) => value - 1);
    const chart = makeChart({ ...STATE, loss: below, smoothed: below, fit_loss: below });
    const view = await show(Axes, chart.axes);
    chart.axes.toggleFraming();
    await frame();
    expect(view.mapY.log).toBe(false);
    expect(chart.axes.cut).toBe(false);
  });

  it('names the drawing, and hides the empty one behind it', async () => {
    const view = await show(Axes, makeChart(STATE).axes);
    const [behind, drawing] = view.parent.el.querySelectorAll('svg');
    expect(drawing?.getAttribute('role')).toBe('group');
    expect(drawing?.getAttribute('aria-label')).toBe('Chart of loss against learning rate');
    expect(behind?.getAttribute('aria-hidden')).toBe('true');
  });

  it('describes the drawing by the curve in words, as soon as there is one', async () => {
    const chart = makeChart(STATE);
    const view = await show(Axes, chart.axes);
    const drawing = view.parent.el.querySelector('.svg-figure');
    expect(drawing?.hasAttribute('aria-description')).toBe(false);
    void chart.comms.axes.update({ description: 'The loss is flat.' });
    await chart.axes.state_change;
    expect(drawing?.getAttribute('aria-description')).toBe('The loss is flat.');
  });

  it('shows labels of the kernel as text', async () => {
    const chart = makeChart(STATE);
    chart.axes.set('x_label', '<img src=x onerror=alert(1)>');
    const view = await show(Axes, chart.axes);
    expect(view.el.querySelector('img')).toBeNull();
    expect(view.el.textContent).toContain('<img');
  });
});

describe('the title', () => {
  it('stands above the chart as text, and names the drawing', async () => {
    const { axes } = makeChart(STATE);
    const figure = makeFigure();
    const view = await show(Axes, axes, figure);
    const title = figure.el.querySelector<HTMLElement>('.lrfind-title');
    const drawing = figure.el.querySelector('.svg-figure');
    expect(title?.hidden).toBe(true);
    expect(drawing?.getAttribute('aria-label')).toBe('Chart of loss against learning rate');
    axes.set('title', 'My <b>network</b>');
    expect(title?.textContent).toBe('My <b>network</b>');
    expect(title?.hidden).toBe(false);
    expect(drawing?.getAttribute('aria-label')).toBe(
      'My <b>network</b>. Chart of loss against learning rate',
    );
    view.remove();
    expect(figure.el.querySelector('.lrfind-title')).toBeNull();
  });
});
