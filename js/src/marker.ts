import type { IBackboneModelOptions, WidgetModel } from '@jupyter-widgets/base';

import type { BandsModel } from './bands';
import { ChartMark, ChartMarkModel, references } from './chart_mark';
import type { CurveModel } from './curve_model';
import { attr, listen, say, svg, textWidth } from './dom';
import { formatDecimal, formatRate } from './geometry/format';
import { labelSide } from './geometry/labels';
import { clamp, roundTo, type Interval } from './geometry/mapping';
import { stepRate } from './geometry/steps';
import { identity } from './identity';
import { numberOf, textOf } from './values';

/** Digits to which a dragged rate is rounded: finer than a pixel, and short to write. */
const DIGITS = 3;

/** The learning rate that a person chooses. */
export class MarkerModel extends ChartMarkModel {
  declare private frameRequest: number;

  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Marker'),
      apply_clip: false,
      value: 1e-3,
      lo: 1e-7,
      hi: 10,
      label: 'Learning rate',
      own: null,
      curve: null,
      bands: null,
    };
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    this.frameRequest = 0;
    super.initialize(attributes, options);
  }

  get value(): number {
    return numberOf(this, 'value') ?? 1e-3;
  }

  /** The rates that the page may choose. */
  get limits(): Interval {
    return [numberOf(this, 'lo') ?? 1e-7, numberOf(this, 'hi') ?? 10];
  }

  /** Whether it stands at the optimizer's own rate. */
  get isOwn(): boolean {
    return numberOf(this, 'own') === this.value;
  }

  /** The rate, the loss of the curve there, and where it stands, in words. */
  get words(): string {
    const curve = this.get('curve') as CurveModel | null;
    const bands = this.get('bands') as BandsModel | null;
    const rate = formatRate(this.value, 2, this.isLinear);
    const said = [this.isOwn ? `${rate}, the optimizer's now` : rate, curve?.lossAt(this.value), bands?.standing(this.value)];
    return said.filter(Boolean).join(', ');
  }

  /** Moves the marker: every view at once, the kernel with the next frame at the latest. */
  move(value: number): void {
    const [low, high] = this.limits;
    const inside = clamp(value, low, high);
    if (!Number.isFinite(inside) || inside === this.value) {
      return;
    }
    this.set('value', inside);
    if (this.frameRequest === 0) {
      this.frameRequest = requestAnimationFrame(() => {
        this.frameRequest = 0;
        this.save_changes();
      });
    }
  }

  /** Moves the marker and sends it to the kernel at once. */
  choose(value: number): void {
    this.move(value);
    this.flush();
  }

  /** Tells the kernel now what it does not know yet. */
  flush(): void {
    if (this.frameRequest !== 0) {
      cancelAnimationFrame(this.frameRequest);
      this.frameRequest = 0;
      this.save_changes();
    }
  }

  static override serializers = { ...ChartMarkModel.serializers, ...references('curve', 'bands') };
}

/** A vertical line with a handle: a slider by mouse, touch and keys. */
export class Marker extends ChartMark {
  declare model: MarkerModel;
  declare private line: SVGLineElement;
  declare private hit: SVGLineElement;
  declare private handle: SVGCircleElement;
  declare private ring: SVGCircleElement;
  declare private arrow: SVGPathElement;
  declare private label: SVGTextElement;
  /** Pixels between the pointer and the line when it was taken hold of, while it is held. */
  declare private grip: number | undefined;

  protected override build(): void {
    this.grip = undefined;
    this.el.classList.add('lrfind-marker');
    attr(this.el, {
      role: 'slider',
      tabindex: 0,
      'aria-orientation': 'horizontal',
    });
    this.line = svg(this.el, 'line', { class: 'lrfind-marker-line' });
    this.hit = svg(this.el, 'line', { class: 'lrfind-marker-hit' });
    this.ring = svg(this.el, 'circle', { class: 'lrfind-marker-ring', r: 11 });
    this.handle = svg(this.el, 'circle', { class: 'lrfind-marker-handle', r: 7 });
    this.arrow = svg(this.el, 'path', { class: 'lrfind-marker-arrow' });
    this.label = svg(this.el, 'text', { class: 'lrfind-marker-label', dy: '0.35em' });
    const listeners = {
      pointerdown: this.take,
      pointermove: this.drag,
      pointerup: this.release,
      pointercancel: this.release,
      lostpointercapture: this.release,
      keydown: this.press,
      // Neither zooms nor resets the chart below.
      dblclick: (event: Event): void => {
        event.stopPropagation();
      },
    };
    listen(this, this.el, listeners, { signal: this.alive });
    const { curve, bands } = this.model.attributes as Record<string, WidgetModel | null>;
    if (curve && bands) {
      this.listenTo(curve, 'change columns_updated', this.schedule);
      this.listenTo(bands, 'change:bands', this.schedule);
    }
  }

  private take(event: PointerEvent): void {
    if (event.button !== 0) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.el.focus({ preventScroll: true });
    this.el.setPointerCapture(event.pointerId);
    this.grip = this.place(event).x - this.seat().x;
    this.el.classList.add('lrfind-held');
  }

  private drag(event: PointerEvent): void {
    if (this.grip === undefined) {
      return;
    }
    event.stopPropagation();
    const pixel = clamp(this.place(event).x - this.grip, 0, this.width);
    this.model.move(roundTo(this.mapX.value(pixel), DIGITS));
  }

  private release(): void {
    this.grip = undefined;
    this.el.classList.remove('lrfind-held');
    this.model.flush();
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const target = stepRate(this.model.value, event, this.model.limits, this.mapX.log);
    if (target !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      this.model.choose(target);
    }
  }

  /** Where the marker is drawn, and on which side of the chart its value lies outside of it. */
  private seat(): { x: number; outside: -1 | 0 | 1 } {
    const pixel = this.mapX.pixel(this.model.value);
    if (!(pixel >= -0.5)) {
      return { x: 0, outside: -1 };
    }
    return pixel > this.width + 0.5 ? { x: this.width, outside: 1 } : { x: pixel, outside: 0 };
  }

  protected override paint(): void {
    const { value, limits } = this.model;
    const { x, outside } = this.seat();
    const text = `${this.model.isOwn ? "optimizer's " : ''}${formatRate(value, 2, this.model.isLinear)}`;
    attr(this.el, {
      'aria-label': textOf(this.model, 'label'),
      'aria-valuemin': formatDecimal(Math.min(limits[0], value)),
      'aria-valuemax': formatDecimal(Math.max(limits[1], value)),
      'aria-valuenow': formatDecimal(value),
      'aria-valuetext': this.model.words,
    });
    this.el.classList.toggle('lrfind-outside', outside !== 0);
    attr(this.line, { x1: x, x2: x, y1: 0, y2: this.height });
    attr(this.hit, { x1: x, x2: x, y1: HANDLE - 10, y2: this.height });
    attr(this.handle, { cx: x, cy: HANDLE });
    attr(this.ring, { cx: x, cy: HANDLE });
    attr(this.arrow, {
      d: outside === 0 ? '' : `M${x + outside * -2} ${HANDLE - 3.5}l${outside * 4} 3.5l${outside * -4} 3.5`,
    });
    say(this.label, text);
    const side = labelSide(x, LABEL + textWidth(this.label), this.width);
    attr(this.label, {
      x: side === 'right' ? x + LABEL : x - LABEL,
      y: HANDLE,
      'text-anchor': side === 'right' ? 'start' : 'end',
    });
  }
}

/** Height of the handle above the plot area, where it covers no point. */
const HANDLE = -12;
/** Distance of the label from the line. */
const LABEL = 15;
