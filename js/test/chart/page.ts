/** A page with a chart in it: models with a comm that records, and views in a figure. */
import { WidgetModel } from '@jupyter-widgets/base';

import type { ChartMark } from '../../src/chart_mark';
import { CurveModel } from '../../src/curve';
import { FrameModel } from '../../src/frame';
import { MarkerModel } from '../../src/marker';
import { Figure, ScaleModel } from '../stub_bqplot';

type State = Record<string, unknown>;

export class Comm {
  readonly sent: { method: string; content?: State; state?: State }[] = [];
  private readonly callbacks: { iopub?: { status?: (message: unknown) => void } }[] = [];
  private receive: ((message: unknown) => Promise<void>) | undefined;

  send(data: Comm['sent'][number], callbacks: Comm['callbacks'][number] = {}): string {
    this.sent.push(data);
    this.callbacks.push(callbacks);
    return `message-${this.sent.length}`;
  }

  on_msg(receive: (message: unknown) => Promise<void>): void {
    this.receive = receive;
  }

  on_close(): void {
    // A comm of the tests is never closed from the kernel.
  }

  /** Tells the page that the kernel has dealt with all that was sent. */
  answer(): void {
    for (const { iopub } of this.callbacks.splice(0)) {
      iopub?.status?.({ content: { execution_state: 'idle' } });
    }
  }

  /** What arrives from the kernel as a custom message. */
  custom(content: unknown, ...buffers: unknown[]): void {
    void this.receive?.({ content: { data: { method: 'custom', content } }, buffers });
  }

  /** What arrives from the kernel as a state. */
  update(state: State): void {
    void this.receive?.({ content: { data: { method: 'update', state, buffer_paths: [] } } });
  }

  get events(): unknown[] {
    return this.sent.flatMap(({ content }) => (content === undefined ? [] : [content['event']]));
  }

  get states(): State[] {
    return this.sent.flatMap(({ state }) => (state === undefined ? [] : [state]));
  }
}

type ModelClass<Model> = new (attributes: State, options: never) => Model;
type ViewClass<View> = new (options: never) => View;

let models = 0;

export function makeModel<Model extends WidgetModel>(
  type: ModelClass<Model>,
  state: State = {},
  comm: Comm | undefined = new Comm(),
): Model {
  models += 1;
  const options = { model_id: `model-${models}`, comm, widget_manager: { callbacks: () => ({}) } };
  return new type(state, options as never);
}

export const makeScales = (): Record<'x' | 'y', ScaleModel> => ({
  x: makeModel(ScaleModel, { kind: 'log', min: 1e-7, max: 10 }),
  y: makeModel(ScaleModel, { kind: 'linear', min: 0, max: 1 }),
});

/** The models of a chart that share their scales. */
export function makeChart(state: State = {}): {
  scales: ReturnType<typeof makeScales>;
  curve: CurveModel;
  marker: MarkerModel;
  frame: FrameModel;
  comms: Record<'curve' | 'marker' | 'frame', Comm>;
} {
  const scales = makeScales();
  const comms = { curve: new Comm(), marker: new Comm(), frame: new Comm() };
  const curve = makeModel(CurveModel, { scales, ...state }, comms.curve);
  const marker = makeModel(MarkerModel, { scales }, comms.marker);
  const frame = makeModel(FrameModel, { scales, curve }, comms.frame);
  return { scales, curve, marker, frame, comms };
}

export function makeFigure(width = 800, height = 400): Figure {
  const figure = new Figure({ model: makeModel(WidgetModel), options: {} });
  figure.size = { width, height };
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
export function points(lr: number[], loss: number[], smoothed: number[]): DataView {
  return new DataView(Float64Array.of(...lr, ...loss, ...smoothed).buffer);
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
