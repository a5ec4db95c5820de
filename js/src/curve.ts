import { MarkModel } from 'bqplot';

import { ChartMark } from './chart_mark';
import { columnSerializer } from './columns';
import { ColumnsModel } from './columns_model';
import { attr, svg } from './dom';
import type { Losses } from './geometry/framing';
import type { Mapping } from './geometry/mapping';
import { dotsPath, exitsAbove, linePath, type Points } from './geometry/path';
import { lowerBound } from './geometry/search';
import { identity } from './identity';
import { Keyed } from './keyed';
import { type Plot, Readout } from './readout';
import type { Columns } from './series';
import { numberOf } from './values';

type Column = 'lr' | 'loss' | 'smoothed';

/** The curve of a sweep as it grows: rates, raw losses and smoothed losses. */
export class CurveModel extends ColumnsModel<Column> {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Curve'), skip_start: 0, skip_end: 0 };
  }

  protected override get columnNames(): readonly Column[] {
    return ['lr', 'loss', 'smoothed'];
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

  get lossEvents(): string {
    return 'columns_updated';
  }

  losses(axis: Mapping): Losses[] {
    const { loss, smoothed } = this.series.columns;
    const [from, to] = this.visible(axis);
    return [{ raw: loss.subarray(from, to), smoothed: smoothed.subarray(from, to) }];
  }

  static override serializers = {
    ...MarkModel.serializers,
    lr: columnSerializer,
    loss: columnSerializer,
    smoothed: columnSerializer,
  };
}

/** Draws the raw losses as faint dots and the smoothed loss as a line over them. */
export class Curve extends ChartMark implements Plot {
  declare model: CurveModel;
  declare private dots: SVGPathElement;
  declare private line: SVGPathElement;
  declare private ends: SVGPathElement;
  declare private exits: Keyed<number, { root: SVGPathElement }>;
  declare private readout: Readout;

  protected override build(): void {
    this.el.classList.add('lrfind-curve');
    this.dots = svg(this.el, 'path', { class: 'lrfind-dots' });
    this.ends = svg(this.el, 'path', { class: 'lrfind-line lrfind-line-skipped' });
    this.line = svg(this.el, 'path', { class: 'lrfind-line' });
    const exits = svg(this.el, 'g');
    // Small arrows where the line goes on above the frame.
    this.exits = new Keyed(
      exits,
      () => ({ root: svg(exits, 'path', { class: 'lrfind-continues', d: 'M-5 7L0 2L5 7' }) }),
      ({ root }, x) => {
        attr(root, { transform: `translate(${Math.round(x * 10) / 10},0)` });
      },
    );
    this.listenTo(this.model, 'columns_updated', this.schedule);
    this.readout = new Readout(this, this.el, this.figureElement, this.alive);
  }

  protected override paint(): void {
    const { mapX, mapY } = this;
    const { lr, loss, smoothed } = this.columns;
    const [from, to] = this.visible;
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
    this.exits.show(exitsAbove(line, mapX, mapY, 0).slice(0, 3));
    this.readout.paint();
  }

  /** The indices `[start, end)` that count for a suggestion. */
  private counted(): [number, number] {
    const { length } = this.model.series;
    const start = Math.min(numberOf(this.model, 'skip_start') ?? 0, length);
    return [start, Math.max(start, length - (numberOf(this.model, 'skip_end') ?? 0))];
  }

  get columns(): Columns<Column> {
    return this.model.series.columns;
  }

  get sorted(): boolean {
    return this.model.series.sorted;
  }

  get visible(): [number, number] {
    return this.model.visible(this.mapX);
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
