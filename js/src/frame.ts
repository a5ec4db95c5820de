import { unpack_models, type IBackboneModelOptions } from '@jupyter-widgets/base';
import { MarkModel, type ScaleModel } from 'bqplot';

import { Axes } from './axes';
import { ChartMark, ChartMarkModel, identity } from './chart_mark';
import type { CurveModel } from './curve';
import { attr, html, say, svg } from './dom';
import { frameLosses, type Framing, type Losses } from './geometry/framing';
import { Mapping, type Interval } from './geometry/mapping';
import { isZoomed, panWindow, zoomWindow } from './geometry/window';
import type { RunsModel } from './runs';
import type { SpreadModel } from './spread';
import { ZoomGestures } from './zoom';

/**
 * What part of the plane one looks at.
 *
 * The horizontal window is what was zoomed to, within the rates of the sweep; the vertical
 * one follows the losses in it. Both live in the page alone: they are written to the
 * domains of the scales that the marks share, and never sent to the kernel.
 */
export class FrameModel extends ChartMarkModel {
  declare private seen: Interval | undefined;
  /** Whether there is any loss to frame. */
  declare empty: boolean;
  /** Whether losses lie beyond the frame. */
  declare cut: boolean;

  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Frame'),
      lo: 1e-7,
      hi: 10,
      x_label: 'learning rate',
      y_label: 'loss',
      y_frame: 'focus',
      curve: null,
      runs: null,
      spread: null,
    };
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    this.seen = undefined;
    this.empty = true;
    this.cut = false;
    super.initialize(attributes, options);
    this.listenTo(this, 'change:lo change:hi', this.reset);
    this.listenTo(this, 'change:y_frame', this.fit);
    this.listenTo(this, 'scales_updated', this.reset);
    this.listenTo(this, 'msg:custom', (content: unknown) => {
      if ((content as Record<string, unknown> | null)?.['event'] === 'reset') {
        this.reset();
      }
    });
    if (this.curve) {
      this.listenTo(this.curve, 'curve_updated', this.fit);
    }
    if (this.runs) {
      this.listenTo(this.runs, 'change:runs', this.fit);
    }
    if (this.spread) {
      this.listenTo(this.spread, 'change:area', this.fit);
    }
    this.fit();
  }

  get framing(): Framing {
    return this.get('y_frame') === 'all' ? 'all' : 'focus';
  }

  /** Shows every loss, or what matters; the kernel is told, so that it lasts. */
  toggleFraming(): void {
    this.set('y_frame', this.framing === 'all' ? 'focus' : 'all');
    this.save_changes();
  }

  /** The rates of the sweep. */
  get whole(): Interval {
    return [this.number('lo', 1e-7), this.number('hi', 10)];
  }

  get zoomed(): boolean {
    return this.seen !== undefined;
  }

  /** Zooms by a factor, below 1 to see less, about a part of the width from 0 to 1. */
  zoom(factor: number, at: number): void {
    this.look(zoomWindow(this.seen ?? this.whole, this.whole, factor, at, this.log));
  }

  /** Moves the window by a part of its width, to the right if positive. */
  pan(part: number): void {
    this.look(panWindow(this.seen ?? this.whole, this.whole, part, this.log));
  }

  /** Shows all rates of the sweep. */
  reset(): void {
    this.look(this.whole);
  }

  private look(window: Interval): void {
    this.seen = isZoomed(window, this.whole, this.log) ? window : undefined;
    const [min, max] = this.seen ?? this.whole;
    this.scale('x')?.set({ min, max });
    this.fit();
  }

  /** Frames the losses in the window. */
  private fit(): void {
    const [low, high] = this.seen ?? this.whole;
    const axis = new Mapping([low, high], [0, 1], this.log);
    const curves = [
      ...this.curveLosses(axis),
      ...this.runLosses(axis),
      ...this.spreadLosses(axis),
    ];
    const scale = this.scale('y');
    const frame = frameLosses(curves, this.framing, scale?.type === 'log');
    this.empty = curves.every((curve) => curve.raw.length + curve.smoothed.length === 0);
    this.cut = frame.cut;
    scale?.set({ min: frame.domain[0], max: frame.domain[1] });
    this.trigger('framed');
  }

  private curveLosses(axis: Mapping): Losses[] {
    if (!this.curve) {
      return [];
    }
    const { loss, smoothed } = this.curve.series.columns;
    const [from, to] = this.curve.visible(axis);
    return [{ raw: loss.subarray(from, to), smoothed: smoothed.subarray(from, to) }];
  }

  private runLosses(axis: Mapping): Losses[] {
    return (this.runs?.shown ?? []).map(({ lr, smoothed }) => ({
      raw: [],
      smoothed: smoothed.filter((_, index) => axis.shows(lr[index] ?? NaN)),
    }));
  }

  private spreadLosses(axis: Mapping): Losses[] {
    if (!this.spread) {
      return [];
    }
    const { lr, low, high } = this.spread.area;
    return [low, high].map((edge) => ({
      raw: [],
      smoothed: edge.filter((_, index) => axis.shows(lr[index] ?? NaN)),
    }));
  }

  private get curve(): CurveModel | null {
    return (this.get('curve') ?? null) as CurveModel | null;
  }

  private get runs(): RunsModel | null {
    return (this.get('runs') ?? null) as RunsModel | null;
  }

  private get spread(): SpreadModel | null {
    return (this.get('spread') ?? null) as SpreadModel | null;
  }

  private get log(): boolean {
    return this.scale('x')?.type === 'log';
  }

  private scale(dimension: 'x' | 'y'): ScaleModel | undefined {
    return this.getScales()[dimension];
  }

  static override serializers = {
    ...MarkModel.serializers,
    curve: { deserialize: unpack_models },
    runs: { deserialize: unpack_models },
    spread: { deserialize: unpack_models },
  };
}

/** Draws the axes and takes the gestures of zooming; the lowest mark of the chart. */
export class Frame extends ChartMark {
  declare model: FrameModel;
  declare private axes: Axes;
  declare private background: SVGRectElement;
  declare private tools: HTMLDivElement;
  declare private framingButton: HTMLButtonElement;
  declare private resetButton: HTMLButtonElement;
  declare private placed: string;

  protected override build(): void {
    this.el.classList.add('lrfind-frame');
    this.background = svg(this.el, 'rect', { class: 'lrfind-background', x: 0, y: 0 });
    this.axes = new Axes(this.el);
    this.tools = html(this.figureElement, 'div', 'lrfind-tools');
    this.tools.setAttribute('data-lm-suppress-shortcuts', 'true');
    this.framingButton = this.button(() => {
      this.model.toggleFraming();
    });
    this.resetButton = this.button(() => {
      this.model.reset();
    });
    say(this.resetButton, 'Reset zoom');
    this.placed = '';
    this.listenTo(this.model, 'framed', this.schedule);
    const gestures = new ZoomGestures(this.model, this.background, this.figureElement, (event) => {
      const { x, y } = this.place(event);
      return { x: x / this.width, y: y / this.height };
    });
    gestures.listen((element, name, listener, options) => {
      this.on_element(element, name, listener, options);
    });
  }

  private button(press: () => void): HTMLButtonElement {
    const button = html(this.tools, 'button', 'lrfind-tool');
    button.type = 'button';
    this.on_element(button, 'click', press);
    return button;
  }

  protected override paint(): void {
    const { model, mapX, mapY, width, height } = this;
    const { left, bottom } = this.figure.margin;
    attr(this.background, { width, height });
    this.axes.paint(mapX, mapY, model.text('x_label'), model.text('y_label'), !model.empty);
    this.el.classList.toggle('lrfind-zoomed', model.zoomed);
    this.resetButton.hidden = !model.zoomed;
    const all = model.framing === 'all';
    this.framingButton.hidden = !model.cut && !all;
    say(this.framingButton, all ? 'Focus on the fall' : 'Show all losses');
    this.tools.style.bottom = `${Math.max(0, bottom - TOOLS)}px`;
    this.placeTools(left, left + width);
  }

  /** The buttons under the plot area; in a narrow chart the axis label makes room for them. */
  private placeTools(left: number, right: number): void {
    const { framingButton, resetButton, model } = this;
    // Measured only when it may have changed: to ask for a width makes the browser lay out.
    const now = [left, right, framingButton.hidden, resetButton.hidden, framingButton.textContent];
    const placed = [...now, model.text('x_label')].join();
    if (placed === this.placed || this.figureElement.offsetParent === null) {
      return;
    }
    this.placed = placed;
    const room = right - this.tools.offsetWidth - GAP;
    const label = this.axes.labelWidth;
    this.tools.style.left = `${left + label <= room ? left : 0}px`;
    this.axes.showLabel(label <= room);
  }

  override remove(): this {
    // The tools exist only once the view is rendered.
    (this.tools as HTMLDivElement | undefined)?.remove();
    return super.remove();
  }
}

/** From the plot area down to the lower edge of the buttons, which lie beside the axis label. */
const TOOLS = 52;
/** Between the buttons and the axis label. */
const GAP = 8;
