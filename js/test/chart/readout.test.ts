import { WidgetModel } from '@jupyter-widgets/base';
import { describe, expect, it } from 'vitest';

import { AnnotationsModel } from '../../src/annotations';
import { BandsModel } from '../../src/bands';
import { Curve } from '../../src/curve';
import { RunsModel } from '../../src/runs';
import { floats, frame, key, makeChart, makeFigure, makeModel, makeScales, pointer, show, STATE } from './page';

describe('the readout of a curve', () => {
  it('reads the point under the pointer', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    const figure = view.parent.el;
    pointer(figure, 'pointermove', 205, 50);
    await frame();
    const card = figure.querySelector<HTMLElement>('.lrfind-card');
    expect(card?.hidden).toBe(false);
    expect(card?.textContent).toContain('1e-5');
    expect(card?.textContent).toContain('fit2.10');
    expect(card?.textContent).toContain('average2.50');
    expect(card?.textContent).toContain('validation loss2.20');
    expect(card?.textContent).toContain('−0.90');
    expect(card?.textContent).toContain('2 of 3');
    pointer(figure, 'pointerleave', 0);
    await frame();
    expect(card?.hidden).toBe(true);
  });

  it('reads with the arrow keys, and keeps them from the notebook', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    const box = view.el.querySelector('[role=application]') as Element;
    key(box, 'Home');
    const event = key(box, 'ArrowRight');
    await frame();
    expect(event.defaultPrevented).toBe(true);
    const live = view.parent.el.querySelector('[role=status]');
    await expect.poll(() => live?.textContent).toBe(
      'Step 2 of 3: learning rate 1e-5, fit 2.10, average 2.50, raw loss 2.00, ' +
        'validation loss 2.20, slope −0.90 per decade.',
    );
  });

  it('reads every run that is shown, also where the curve has no point, and not beyond its end', async () => {
    const scales = makeScales();
    const line = (name: string, rates: number[], visible = true) => ({
      name,
      lr: floats(...rates),
      loss: floats(...rates.map((_, index) => 3 - index)),
      visible,
    });
    const lines = [
      line('Run 1: own wd', [1e-6, 1e-5, 1e-4, 1e-2]),
      line('Run 2: wd 0', [1e-6, 1e-4], false),
      line('Run 3: wd 1', [1e-6, 1e-5]),
    ];
    const listed = makeModel(WidgetModel, {
      runs: [{ id: '4', name: 'Run 4: wd 2', visible: true, removable: false }],
    });
    const runs = makeModel(RunsModel, { scales, runs: lines, listed });
    const { curve } = makeChart({ ...STATE, runs });
    const view = await show(Curve, curve);
    const figure = view.parent.el;
    const read = (): (string | null)[] =>
      Array.from(figure.querySelectorAll('.lrfind-card-row'), ({ textContent }) => textContent);
    pointer(figure, 'pointermove', 205, 50);
    await frame();
    expect(read().slice(0, 4)).toEqual([
      'learning rate1e-5',
      'Run 4: wd 22.10',
      'Run 1: own wd2.00',
      'Run 3: wd 12.00',
    ]);
    const box = view.el.querySelector('[role=application]') as Element;
    key(box, 'End');
    await frame();
    expect(read()).toEqual(['learning rate1e-2', 'Run 1: own wd0.00']);
    const live = figure.querySelector('[role=status]');
    await expect.poll(() => live?.textContent).toBe('learning rate 1e-2, Run 1: own wd at 0.00.');
    curve.set('shown', false);
    key(box, 'Home');
    await frame();
    expect(read()).toEqual(['learning rate1e-6', 'Run 1: own wd3.00', 'Run 3: wd 13.00']);
  });

  it('says what a rate lies in, also where a band is too narrow for its name', async () => {
    const scales = makeScales();
    const { curve } = makeChart(STATE);
    const band = (label: string, start: number, stop: number) => ({ label, start, stop });
    const bands = makeModel(BandsModel, {
      scales,
      bands: [band('not searched', 1e-7, 1e-5), band('refined', 1e-5, 5e-5)],
    });
    makeModel(AnnotationsModel, { scales, curve, bands, annotations: [] });
    const view = await show(Curve, curve);
    const figure = view.parent.el;
    const said = async (name: string): Promise<string | null | undefined> => {
      key(view.el.querySelector('[role=application]') as Element, name);
      await frame();
      return figure.querySelector('.lrfind-card-row:nth-child(2)')?.textContent;
    };
    expect(await said('Home')).toBe('not searched');
    const live = figure.querySelector('[role=status]');
    await expect.poll(() => live?.textContent).toContain('learning rate 1e-6, not searched, fit');
    expect(await said('ArrowRight')).toBe('refined, not searched');
    expect(await said('End')).toMatch('fit');
  });

  it('says how many points it has', async () => {
    const { curve } = makeChart(STATE);
    const view = await show(Curve, curve);
    const box = view.el.querySelector('[role=application]');
    expect(box?.getAttribute('aria-label')).toContain('3 points');
    const firsts = Object.entries(STATE).map(([name, all]) => [name, typeof all === 'number' ? all : floats(3)]);
    const { curve: short } = makeChart(Object.fromEntries(firsts) as typeof STATE);
    const one = (await show(Curve, short)).el.querySelector('[role=application]');
    expect(one?.getAttribute('aria-label')).toContain(', 1 point, ');
  });

  it('is read in a box that is that of the plot, however far the lines go', async () => {
    const { curve } = makeChart({ ...STATE, loss: floats(1, 1e30, 1e300) });
    const view = await show(Curve, curve, makeFigure(640, 300));
    const box = view.el.querySelector('[role=application]');
    expect(['x', 'y', 'width', 'height'].map((name) => box?.getAttribute(name))).toEqual(['0', '0', '640', '300']);
  });
});
