import { describe, expect, it } from 'vitest';

import { Annotations, AnnotationsModel } from '../../src/annotations';
import { Axes } from '../../src/axes';
import { Bands, BandsModel } from '../../src/bands';
import type { ChartMark } from '../../src/chart_mark';
import { ComparisonCurves, ComparisonCurvesModel } from '../../src/comparison_curves';
import { Curve } from '../../src/curve';
import { Marker } from '../../src/marker';
import { Runs, RunsModel } from '../../src/runs';
import { ScaleModel } from '../stub_bqplot';
import { floats, frame, makeChart, makeFigure, makeModel, show } from './page';

/**
 * How many functions listen to a Backbone object; its own listeners are there from the start.
 * Of a scale without the one that every view of ipywidgets, here bqplot's, leaves behind.
 */
function listeners(object: unknown): number {
  const { _events = {} } = object as { _events?: Record<string, unknown[]> };
  return Object.entries(_events)
    .filter(([name]) => !(object instanceof ScaleModel && name === 'msg:custom'))
    .reduce((sum, [, handlers]) => sum + handlers.length, 0);
}

describe('a hundred views that come and go', () => {
  it('leave no listener, no element and no view behind', async () => {
    const { curve, marker, axes, scales } = makeChart({
      lr: floats(1e-3),
      loss: floats(1),
      smoothed: floats(1),
    });
    const bands = makeModel(BandsModel, { scales });
    const runs = makeModel(RunsModel, { scales });
    const comparison = makeModel(ComparisonCurvesModel, { scales, names: ['1e-3'] });
    const annotations = makeModel(AnnotationsModel, { scales, marker });
    const figure = makeFigure();
    const models = [curve, marker, axes, bands, runs, comparison, annotations];
    const kinds = [Curve, Marker, Axes, Bands, Runs, ComparisonCurves, Annotations] as never[];
    const watched = [...models, scales.x, scales.y, figure];
    const before = watched.map(listeners);
    const elements = figure.el.querySelectorAll('*').length;
    for (let round = 0; round < 100; round += 1) {
      const views: ChartMark[] = [];
      for (const [index, kind] of kinds.entries()) {
        views.push(await show(kind, models[index] as never, figure));
      }
      for (const view of views) {
        view.remove();
      }
    }
    await frame();
    expect(watched.map(listeners)).toEqual(before);
    expect(figure.el.querySelectorAll('*').length).toBe(elements);
  }, 60_000);
});

describe('a view that is removed', () => {
  it('before it was rendered does not come to life', async () => {
    const { curve } = makeChart();
    const figure = makeFigure();
    const view = new Curve({ model: curve, options: { parent: figure } });
    const rendered = view.render();
    view.remove();
    await rendered;
    await frame();
    expect(view.el.childNodes).toHaveLength(0);
    expect(figure.el.querySelector('.lrfind-card')).toBeNull();
  });

  it('does not draw any more', async () => {
    const { marker } = makeChart();
    const view = await show(Marker, marker);
    const before = view.el.outerHTML;
    view.schedule();
    view.remove();
    marker.set('value', 5);
    await frame();
    expect(view.el.outerHTML).toBe(before);
  });
});
