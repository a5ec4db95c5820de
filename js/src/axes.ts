import type { IBackboneModelOptions } from '@jupyter-widgets/base';
import { MarkModel, type ScaleModel } from 'bqplot';

import { AxisLines } from './axis_lines';
import { ChartMark, ChartMarkModel, IN_DECADES, references } from './chart_mark';
import type { CurveModel } from './curve_model';
import { attr, html, keepKeys, say, svg } from './dom';
import type { Framed } from './framed';
import { frameLosses, type Framing } from './geometry/framing';
import { Mapping, type Interval } from './geometry/mapping';
import { isZoomed, panWindow, zoomWindow } from './geometry/window';
import { identity } from './identity';
import { Legend } from './legend';
import { numberOf, textOf } from './values';
import { ZoomGestures } from './zoom';

/**
 * What part of the plane one looks at.
 *
 * The horizontal window is what was zoomed to, within the rates of the sweep; the vertical
 * one follows the losses in it. Both live in the page alone: they are written to the
 * domains of the scales that the marks share, and never sent to the kernel.
 */
export class AxesModel extends ChartMarkModel {
  declare private seen: Interval | undefined;
  /** Whether there is no finite loss to frame. */
  declare empty: boolean;
  /** Whether losses lie beyond the frame. */
  declare cut: boolean;

  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Axes'),
      apply_clip: false,
      lo: 1e-7,
      hi: 10,
      x_label: 'learning rate',
      y_label: 'loss',
      y_range: 'focus',
      wheel_zoom: 'ctrl',
      title: '',
      description: '',
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
    this.listenTo(this, 'change:y_range', this.fit);
    this.listenTo(this, 'scales_updated', this.reset);
    this.listenTo(this, 'msg:custom', (content: unknown) => {
      if ((content as Record<string, unknown> | null)?.['event'] === 'reset') {
        this.reset();
      }
    });
    for (const lines of this.framed) {
      this.listenTo(lines, lines.lossEvents, this.fit);
    }
    this.fit();
  }

  get framing(): Framing {
    return this.get('y_range') === 'all' ? 'all' : 'focus';
  }

  /** Shows every loss, or what matters; the kernel gets it, so that it lasts. */
  toggleFraming(): void {
    this.set('y_range', this.framing === 'all' ? 'focus' : 'all');
    this.save_changes();
  }

  /** The rates of the sweep. */
  get whole(): Interval {
    return [numberOf(this, 'lo') ?? 1e-7, numberOf(this, 'hi') ?? 10];
  }

  get zoomed(): boolean {
    return this.seen !== undefined;
  }

  get takesWheel(): boolean {
    return this.get('wheel_zoom') === 'always';
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
    const curves = this.framed.flatMap((lines) => lines.losses(axis));
    const scale = this.scale('y');
    // An explosion leaves nothing to be seen of the fall on an axis that is not logarithmic.
    const log = scale?.type === 'log' || this.framing === 'all';
    const frame = frameLosses(curves, this.framing, log);
    this.empty = frame.empty;
    this.cut = frame.cut;
    scale?.set({ min: frame.domain[0], max: frame.domain[1], [IN_DECADES]: log && frame.positive });
    this.trigger('framed');
  }

  /** The models whose lines the vertical axis follows. */
  private get framed(): Framed[] {
    return ['curve', 'runs', 'spread'].flatMap((name) => {
      const lines = this.get(name) as Framed | null | undefined;
      return lines ? [lines] : [];
    });
  }

  private get log(): boolean {
    return this.scale('x')?.type === 'log';
  }

  private scale(dimension: 'x' | 'y'): ScaleModel | undefined {
    return this.getScales()[dimension];
  }

  static override serializers = {
    ...MarkModel.serializers,
    ...references('curve', 'runs', 'spread'),
  };
}

/** Draws the axes and takes the gestures of zooming; the lowest mark of the chart. */
export class Axes extends ChartMark {
  declare model: AxesModel;
  declare private lines: AxisLines;
  declare private background: SVGRectElement;
  declare private heading: HTMLDivElement;
  declare private tools: HTMLDivElement;
  declare private legend: Legend | undefined;
  declare private framingButton: HTMLButtonElement;
  declare private resetButton: HTMLButtonElement;
  declare private placed: string;

  protected override build(): void {
    this.el.classList.add('lrfind-frame');
    this.background = svg(this.el, 'rect', { class: 'lrfind-background', x: 0, y: 0 });
    this.lines = new AxisLines(this.el);
    this.tools = html('div', { class: 'lrfind-tools' });
    this.heading = html('div', { class: 'lrfind-title' });
    this.figureElement.append(this.heading, this.tools);
    keepKeys(this.figureElement, { signal: this.alive });
    const { x_label: across, y_label: up } = this.model.attributes as Record<string, string>;
    const drawing = this.figureElement.querySelector(':scope > .svg-figure');
    const describe = (): void => {
      const title = textOf(this.model, 'title');
      say(this.heading, title);
      attr(this.heading, { title });
      this.heading.hidden = title === '';
      this.name('group', `${title && `${title}. `}Chart of ${up} against ${across}`);
      if (drawing) {
        attr(drawing, { 'aria-description': textOf(this.model, 'description') || null });
      }
    };
    this.listenTo(this.model, 'change:title change:description', describe);
    describe();
    const curve = this.model.get('curve') as CurveModel | null;
    this.legend = curve ? new Legend(curve) : undefined;
    if (curve && this.legend) {
      this.tools.append(this.legend.el);
      this.listenTo(curve, 'change columns_updated', this.schedule);
      for (const lines of [curve.runs, curve.spread]) {
        if (lines) {
          this.listenTo(lines, lines.lossEvents, this.schedule);
        }
      }
      if (curve.bands) {
        this.listenTo(curve.bands, 'change', this.schedule);
      }
    }
    this.resetButton = this.button(() => {
      this.model.reset();
    });
    this.framingButton = this.button(() => {
      this.model.toggleFraming();
    });
    say(this.resetButton, 'Reset zoom');
    this.placed = '';
    this.listenTo(this.model, 'framed', this.schedule);
    const locate = (event: { clientX: number; clientY: number }): { x: number; y: number } => {
      const { x, y } = this.place(event);
      return { x: x / this.width, y: y / this.height };
    };
    new ZoomGestures(this.model, this.background, this.figureElement, locate, this.alive);
  }

  private button(press: () => void): HTMLButtonElement {
    const button = html('button', { type: 'button', class: 'lrfind-tool' });
    button.addEventListener('click', press);
    this.tools.append(button);
    return button;
  }

  protected override paint(): void {
    const { model, mapX, mapY, width, height } = this;
    const { left, bottom } = this.parent.margin;
    attr(this.background, { width, height });
    this.lines.paint(mapX, mapY, textOf(model, 'x_label'), textOf(model, 'y_label'), !model.empty);
    this.el.classList.toggle('lrfind-zoomed', model.zoomed);
    this.resetButton.hidden = !model.zoomed;
    const all = model.framing === 'all';
    // It keeps its place while there is nothing to press, so that nothing beside it moves.
    this.framingButton.style.visibility = model.cut || all ? '' : 'hidden';
    say(this.framingButton, all ? 'Show the fall' : 'Show all losses');
    this.legend?.paint();
    this.tools.style.bottom = `${Math.max(0, bottom - TOOLS)}px`;
    this.heading.style.left = `${left}px`;
    this.heading.style.maxWidth = `${width}px`;
    this.placeTools(left, left + width);
  }

  /**
   * The legend and the buttons, under the plot area from its left end on and up to its right end.
   * How they stand there goes with the width alone, so that no line that is added moves a button:
   * the axis label lies beside them, or in a narrow chart between them, where there is room.
   */
  private placeTools(left: number, right: number): void {
    // Measured only when it may have changed: to ask for a width makes the browser lay out.
    const { tools } = this;
    const now = [left, right, tools.textContent, this.resetButton.hidden, textOf(this.model, 'x_label')];
    const placed = now.join();
    if (placed === this.placed || this.figureElement.offsetParent === null) {
      return;
    }
    this.placed = placed;
    const label = this.lines.labelWidth + GAP;
    const isNarrow = right - label < NARROW;
    const [start, end] = isNarrow ? [0, right] : [left, right - label];
    tools.style.left = `${start}px`;
    tools.style.width = `${end - start}px`;
    const legend = this.legend?.el;
    const isCut = (): boolean => (legend?.scrollWidth ?? 0) > (legend?.clientWidth ?? 0);
    const set = (name: string, isOn: boolean): void => {
      tools.classList.toggle(`lrfind-tools-${name}`, isOn);
    };
    set('narrow', isNarrow);
    for (const name of ['tight', 'tighter', 'cut']) {
      set(name, false);
      set(name, isCut());
    }
    const items = [...tools.querySelectorAll<HTMLElement>('button')].map((item) => item.offsetWidth);
    const free = end - start - items.reduce((sum, width) => sum + width + GAP, 0);
    const buttons = this.resetButton.offsetWidth + this.framingButton.offsetWidth + GAP;
    const between = free >= label ? right - left - buttons - GAP : null;
    this.lines.placeLabel(isNarrow ? between : right - left);
  }

  override remove(): this {
    // They exist only once the view is rendered.
    for (const part of [this.heading, this.tools] as (HTMLDivElement | undefined)[]) {
      part?.remove();
    }
    return super.remove();
  }
}

/** From the plot area down to the lower edge of the buttons, which lie beside the axis label. */
const TOOLS = 48;
/** Between the buttons and the axis label. */
const GAP = 8;
/** The least room for the legend and the buttons beside the axis label. */
const NARROW = 480;
