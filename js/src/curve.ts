import type { IBackboneModelOptions } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel, identity } from './chart_mark';
import { attr, keep, svg } from './dom';
import { floatsSerializer, fromBinary } from './floats';
import { dotsPath, exitsAbove, linePath, type Points } from './geometry/path';
import { lowerBound } from './geometry/search';
import type { Mapping } from './geometry/mapping';
import { Readout } from './readout';
import { Series, type Columns } from './series';

const COLUMNS = ['lr', 'loss', 'smoothed'] as const;

/**
 * The curve of a sweep as it grows: rates, raw losses and smoothed losses.
 *
 * New points come as messages of one buffer each. The attributes always hold the whole
 * curve, so that a second view, a saved notebook and a reloaded page show all of it.
 * Triggers `curve_updated` when there is something new to draw.
 */
export class CurveModel extends ChartMarkModel {
  declare series: Series;

  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Curve'),
      lr: new Float64Array(),
      loss: new Float64Array(),
      smoothed: new Float64Array(),
      generation: 0,
      skip_start: 0,
      skip_end: 0,
      faded: false,
    };
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.series = new Series();
    this.adopt(this.attributes);
    this.on('msg:custom', this.receive, this);
    // Points may have been added between the writing of this state and the moment when
    // messages began to arrive here; a finished sweep would never tell.
    this.send({ event: 'have', generation: this.series.generation, length: this.series.length });
  }

  protected override catchUp(): void {
    // It says what it has instead, so that the whole curve is only sent if points are missing.
  }

  override set_state(state: Record<string, unknown>): void {
    const rest = { ...state };
    const carriesCurve = COLUMNS.some((name) => name in rest);
    if (carriesCurve) {
      this.adopt({ generation: this.series.generation, ...state });
      for (const name of [...COLUMNS, 'generation']) {
        Reflect.deleteProperty(rest, name);
      }
    }
    super.set_state(rest);
    if (carriesCurve) {
      this.trigger('curve_updated');
    }
  }

  /** Takes a whole curve from a state of the model, and shows the attributes what is held. */
  private adopt(state: Record<string, unknown>): void {
    const { lr, loss, smoothed, generation } = state;
    if (
      lr instanceof Float64Array &&
      loss instanceof Float64Array &&
      smoothed instanceof Float64Array &&
      typeof generation === 'number'
    ) {
      this.series.replace(generation, { lr, loss, smoothed });
    }
    this.expose();
  }

  /** Puts what is held into the attributes, without a message to the kernel. */
  private expose(): void {
    Object.assign(this.attributes, this.series.columns);
    this.attributes['generation'] = Math.max(0, this.series.generation);
  }

  private receive(content: unknown, buffers: unknown[] = []): void {
    const { event, generation, offset } = (content ?? {}) as Record<string, unknown>;
    if (event !== 'append' || typeof generation !== 'number' || typeof offset !== 'number') {
      return;
    }
    const values = fromBinary(buffers[0]);
    // A state that came before this message may still be on its way into the model.
    this.state_change = this.state_change.then(() => {
      const appended = this.series.append(generation, offset, values);
      if (appended === 'gap') {
        this.send({ event: 'resync' });
      } else if (appended === 'added') {
        this.expose();
        this.trigger('curve_updated');
      }
    });
  }

  /** The indices `[from, to)` of the points that an axis shows, with one neighbour each side. */
  visible(axis: Mapping): [number, number] {
    const { length, sorted } = this.series;
    if (!sorted) {
      return [0, length];
    }
    const { lr } = this.series.columns;
    const [low, high] = axis.domain;
    const from = lowerBound(lr, low, length);
    const to = lowerBound(lr, high * (1 + 1e-12), length);
    return [Math.max(0, from - 1), Math.min(length, to + 1)];
  }

  static override serializers = {
    ...MarkModel.serializers,
    lr: floatsSerializer,
    loss: floatsSerializer,
    smoothed: floatsSerializer,
  };
}

/** Draws the raw losses as faint dots and the smoothed loss as a line over them. */
export class Curve extends ChartMark {
  declare model: CurveModel;
  declare private dots: SVGPathElement;
  declare private line: SVGPathElement;
  declare private ends: SVGPathElement;
  declare private exits: SVGPathElement[];
  declare private readout: Readout;

  protected override build(): void {
    this.el.classList.add('lrfind-curve');
    this.dots = svg(this.el, 'path', { class: 'lrfind-dots' });
    this.ends = svg(this.el, 'path', { class: 'lrfind-line lrfind-line-skipped' });
    this.line = svg(this.el, 'path', { class: 'lrfind-line' });
    this.exits = [];
    this.listenTo(this.model, 'curve_updated', this.schedule);
    this.readout = new Readout(this, this.el, this.figureElement);
    this.readout.listen((element, name, listener) => {
      this.on_element(element, name, listener);
    });
  }

  protected override paint(): void {
    const { mapX, mapY } = this;
    const { lr, loss, smoothed } = this.model.series.columns;
    const [from, to] = this.model.visible(mapX);
    const raw: Points = { x: lr, y: loss, from, to };
    const line: Points = { x: lr, y: smoothed, from, to };
    const [start, end] = this.counted();
    const dense = to - from > DENSE;
    attr(this.dots, { d: dense ? dotsPath(raw, mapX, mapY, 2, 2) : dotsPath(raw, mapX, mapY) });
    this.dots.classList.toggle('lrfind-dots-dense', dense);
    attr(this.line, { d: linePath(part(line, start, end), mapX, mapY) });
    const before = linePath(part(line, 0, start + 1), mapX, mapY);
    const after = linePath(part(line, end - 1, lr.length), mapX, mapY);
    attr(this.ends, { d: start >= end ? linePath(line, mapX, mapY) : before + after });
    this.el.classList.toggle('lrfind-faded', this.model.get('faded') === true);
    this.paintExits(exitsAbove(line, mapX, mapY, 0).slice(0, 3));
    this.readout.paint();
  }

  /** Small arrows where the line goes on above the frame. */
  private paintExits(places: number[]): void {
    keep(this.exits, places.length, () =>
      svg(this.el, 'path', { class: 'lrfind-continues', d: 'M-5 7L0 2L5 7' }),
    );
    places.forEach((x, index) => {
      const arrow = this.exits[index];
      if (arrow) {
        attr(arrow, { transform: `translate(${Math.round(x * 10) / 10},0)` });
      }
    });
  }

  /** The indices `[start, end)` that count for a suggestion. */
  private counted(): [number, number] {
    const { length } = this.model.series;
    const start = Math.min(this.model.number('skip_start', 0), length);
    return [start, Math.max(start, length - this.model.number('skip_end', 0))];
  }

  get columns(): Columns {
    return this.model.series.columns;
  }

  /** The place of a pointer in the plot area. */
  pointer(event: PointerEvent): { x: number; y: number } {
    return this.place(event);
  }

  /** The margins of the figure around the plot area. */
  get margin(): { left: number; top: number } {
    return this.figure.margin;
  }

  override remove(): this {
    // The readout exists only once the view is rendered.
    (this.readout as Readout | undefined)?.remove();
    return super.remove();
  }
}

/** Visible points from which on the dots are drawn small. */
const DENSE = 1500;

function part(points: Points, from: number, to: number): Points {
  return { ...points, from: Math.max(points.from, from), to: Math.min(points.to, to) };
}
