/** A page with a chart in it: models with a comm that records, and views in a figure. */
import { WidgetModel } from '@jupyter-widgets/base';

import { AxesModel } from '../../src/axes';
import type { ChartMark } from '../../src/chart_mark';
import { CurveModel } from '../../src/curve_model';
import { MarkerModel } from '../../src/marker';
import { Comm, makeModel } from '../comm';
import { Figure, ScaleModel } from '../stub_bqplot';

export { Comm, makeModel } from '../comm';

type State = Record<string, unknown>;

type ViewClass<View> = new (options: never) => View;

export const makeScales = (): Record<'x' | 'y', ScaleModel> => ({
  x: makeModel(ScaleModel, { kind: 'log', min: 1e-7, max: 10 }),
  y: makeModel(ScaleModel, { kind: 'linear', min: 0, max: 1 }),
});

/** The models of a chart that share their scales. */
export function makeChart(state: State = {}): {
  scales: ReturnType<typeof makeScales>;
  curve: CurveModel;
  marker: MarkerModel;
  axes: AxesModel;
  comms: Record<'curve' | 'marker' | 'axes', Comm>;
} {
  const scales = makeScales();
  const comms = { curve: new Comm(), marker: new Comm(), axes: new Comm() };
  const curve = makeModel(CurveModel, { scales, ...state }, comms.curve);
  const marker = makeModel(MarkerModel, { scales }, comms.marker);
  const axes = makeModel(AxesModel, { scales, curve }, comms.axes);
  return { scales, curve, marker, axes, comms };
}

export function makeFigure(width = 800, height = 400): Figure {
  const figure = new Figure({ model: makeModel(WidgetModel), options: {} });
  figure.size = { width, height };
  figure.el.innerHTML = '<svg class="svg-background"></svg><svg class="svg-figure"></svg>';
  document.body.append(figure.el);
  return figure;
}

/** Renders a mark in a figure and waits until it is drawn. */
export async function show<View extends ChartMark>(
  type: ViewClass<View>,
  model: WidgetModel,
  figure = makeFigure(),
): Promise<View> {
  const view = new type({ model, options: { parent: figure } } as never);
  await view.render();
  // A screen of one pixel per unit, whose corner is the corner of the plot area.
  Object.assign(view, {
    place: (event: MouseEvent) => ({ x: event.clientX, y: event.clientY }),
  });
  figure.el.append(view.el);
  await frame();
  return view;
}

/** Waits for the next frame to be drawn. */
export const frame = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        resolve();
      });
    });
  });

/** A message of points as the kernel sends it. */
export function points(...columns: number[][]): DataView {
  return new DataView(Float64Array.from(columns.flat()).buffer);
}

export const floats = (...values: number[]): Float64Array => Float64Array.from(values);

export function pointer(target: Element, type: string, x: number, y = 5, extra: State = {}): void {
  target.dispatchEvent(
    new PointerEvent(type, {
      clientX: x,
      clientY: y,
      button: 0,
      pointerId: 1,
      bubbles: true,
      cancelable: true,
      ...extra,
    }),
  );
}

export function key(target: Element, name: string, extra: State = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', {
    key: name,
    bubbles: true,
    cancelable: true,
    ...extra,
  });
  target.dispatchEvent(event);
  return event;
}

/** A curve of three points. */
export const STATE = {
  lr: floats(1e-6, 1e-5, 1e-4),
  loss: floats(3, 2, 1),
  smoothed: floats(3, 2.5, 2),
  val_loss: floats(NaN, 2.2, 1.5),
  fit_lr: floats(1e-6, 1e-5, 1e-4),
  fit_loss: floats(3, 2.1, 1),
  fit_settled: floats(1, 1, 0),
  generation: 4,
};
