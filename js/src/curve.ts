import type { IBackboneModelOptions } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { ChartMark } from './chart_mark';
import { asColumn, columnSerializer } from './columns';
import { ColumnsModel } from './columns_model';
import { attr, svg } from './dom';
import { lineLosses } from './framed';
import { formatLoss } from './geometry/format';
import type { Losses } from './geometry/framing';
import type { Mapping } from './geometry/mapping';
import { dotsPath, exitsAbove, linePath, type Points } from './geometry/path';
import { lineAt, lowerBound } from './geometry/search';
import { identity } from './identity';
import { Keyed } from './keyed';
import { type Plot, Readout } from './readout';
import type { Columns } from './series';
import { numberOf } from './values';

type Column = 'lr' | 'loss' | 'smoothed' | 'val_loss';

/** The two-sided fit to the points, at places of its own. */
export interface Fit {
  readonly lr: Float64Array;
  readonly loss: Float64Array;
  /** How many of the places stand; those after them will still move. */
  readonly settled: number;
}

/**
 * The curve of a sweep as it grows: rates, raw losses, fastai's average of them, validation
 * losses, and the fit, which may change where it was before.
 */
export class CurveModel extends ColumnsModel<Column> {
  /** The critical rate of the sweep, which the readout says; null where there is none. */
  declare critical: number | null;

  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Curve'),
      skip_start: 0,
      skip_end: 0,
      show_fit: true,
      show_average: true,
      show_validation: true,
    };
  }

  protected override get columnNames(): readonly Column[] {
    return ['lr', 'loss', 'smoothed', 'val_loss'];
  }

  protected override get lineNames(): readonly string[] {
    return ['fit_lr', 'fit_loss', 'fit_settled'];
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    this.critical = null;
    super.initialize(attributes, options);
  }

  setCritical(rate: number | null): void {
    if (this.critical !== rate) {
      this.critical = rate;
      this.trigger('columns_updated');
    }
  }

  get fit(): Fit {
    const [lr, loss, stands] = this.lineNames.map((name) => asColumn(this.get(name)));
    const moving = stands?.indexOf(0) ?? -1;
    return {
      lr: lr ?? new Float64Array(),
      loss: loss ?? new Float64Array(),
      settled: moving < 0 ? (lr?.length ?? 0) : moving,
    };
  }

  /** Whether there is a validation loss. */
  get validated(): boolean {
    return this.series.columns.val_loss.some((loss) => !Number.isNaN(loss));
  }

  /** Whether a line is drawn. */
  draws(line: LineName): boolean {
    return this.get(`show_${line}`) !== false;
  }

  /** Switches a line on or off; the kernel gets it, so that it lasts. */
  toggle(line: LineName): void {
    this.set(`show_${line}`, !this.draws(line));
    this.save_changes();
  }

  /** The line that stands for the curve: the fit, or the average where only that is drawn. */
  get mainLine(): { readonly lr: Float64Array; readonly loss: Float64Array } {
    if (this.draws('average') && !this.draws('fit')) {
      const { lr, smoothed } = this.series.columns;
      return { lr, loss: smoothed };
    }
    return this.fit;
  }

  /** The loss of that line at a rate, in words; empty where the line does not reach. */
  lossAt(rate: number): string {
    const { lr, loss } = this.mainLine;
    const reached = rate >= (lr[0] ?? NaN) && rate <= (lr.at(-1) ?? NaN);
    return reached ? `loss ${formatLoss(lineAt(lr, loss, rate).loss)}` : '';
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
    return 'columns_updated change:show_validation';
  }

  losses(axis: Mapping): Losses[] {
    const { lr, loss, smoothed, val_loss } = this.series.columns;
    const [from, to] = this.visible(axis);
    const { fit } = this;
    return [
      { raw: loss.subarray(from, to), smoothed: smoothed.subarray(from, to) },
      lineLosses(fit.lr, fit.loss, axis),
      ...(this.draws('validation') ? [lineLosses(lr, val_loss, axis)] : []),
    ];
  }

  static override serializers = {
    ...MarkModel.serializers,
    lr: columnSerializer,
    loss: columnSerializer,
    smoothed: columnSerializer,
    val_loss: columnSerializer,
    fit_lr: columnSerializer,
    fit_loss: columnSerializer,
    fit_settled: columnSerializer,
  };
}

/** The lines that can be switched off. */
export type LineName = 'fit' | 'average' | 'validation';

/** Draws the raw losses as faint dots, and over them the lines. */
export class Curve extends ChartMark implements Plot {
  declare model: CurveModel;
  declare private dots: SVGPathElement;
  declare private fitted: SVGPathElement;
  declare private moving: SVGPathElement;
  declare private average: SVGPathElement;
  declare private validation: SVGPathElement;
  declare private ends: SVGPathElement;
  declare private exits: Keyed<number, { root: SVGPathElement }>;
  declare private readout: Readout;

  protected override build(): void {
    this.el.classList.add('lrfind-curve');
    this.dots = svg(this.el, 'path', { class: 'lrfind-dots' });
    const line = (name: string): SVGPathElement =>
      svg(this.el, 'path', { class: `lrfind-line lrfind-line-${name}` });
    this.ends = line('average lrfind-line-skipped');
    this.average = line('average');
    this.validation = line('validation');
    this.moving = line('fit lrfind-line-moving');
    this.fitted = line('fit');
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
    const { lr, loss } = this.columns;
    const [from, to] = this.visible;
    const raw: Points = { x: lr, y: loss, from, to };
    const dense = to - from > DENSE;
    attr(this.dots, { d: dense ? dotsPath(raw, mapX, mapY, 2, 2) : dotsPath(raw, mapX, mapY) });
    this.dots.classList.toggle('lrfind-dots-dense', dense);
    this.paintFit();
    this.paintAverage();
    this.paintValidation();
    const main = this.model.mainLine;
    const drawn = this.model.draws('fit') || this.model.draws('average');
    const line = { x: main.lr, y: main.loss, from: 0, to: drawn ? main.lr.length : 0 };
    this.exits.show(exitsAbove(line, mapX, mapY, 0).slice(0, 3));
    this.readout.paint();
  }

  private paintFit(): void {
    const { mapX, mapY, model } = this;
    const { lr, loss, settled } = model.fit;
    const line: Points = { x: lr, y: loss, from: 0, to: model.draws('fit') ? lr.length : 0 };
    attr(this.fitted, { d: linePath(part(line, 0, settled), mapX, mapY) });
    const moves = settled < lr.length;
    attr(this.moving, { d: moves ? linePath(part(line, settled - 1, lr.length), mapX, mapY) : '' });
  }

  private paintAverage(): void {
    const { mapX, mapY } = this;
    const { lr, smoothed } = this.columns;
    const [from, to] = this.model.draws('average') ? this.visible : [0, 0];
    const line: Points = { x: lr, y: smoothed, from, to };
    const [start, end] = this.counted();
    attr(this.average, { d: linePath(part(line, start, end), mapX, mapY) });
    const before = linePath(part(line, 0, start + 1), mapX, mapY);
    const after = linePath(part(line, end - 1, lr.length), mapX, mapY);
    attr(this.ends, { d: start >= end ? linePath(line, mapX, mapY) : before + after });
  }

  private paintValidation(): void {
    const { mapX, mapY, model } = this;
    const { lr, val_loss } = this.columns;
    const [from, to] = model.draws('validation') ? this.visible : [0, 0];
    attr(this.validation, { d: linePath(known({ x: lr, y: val_loss, from, to }), mapX, mapY) });
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

  get fit(): Fit {
    return this.model.fit;
  }

  get critical(): number | null {
    return this.model.critical;
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

/** The points that have a value, so that a line goes on over the others. */
function known({ x, y, from, to }: Points): Points {
  const places = Array.from({ length: Math.max(to - from, 0) }, (_, n) => from + n).filter(
    (index) => !Number.isNaN(y[index] ?? NaN),
  );
  const of = (values: ArrayLike<number>): number[] => places.map((index) => values[index] ?? NaN);
  return { x: of(x), y: of(y), from: 0, to: places.length };
}

/** Visible points from which on the dots are drawn small. */
const DENSE = 1500;

function part(points: Points, from: number, to: number): Points {
  return { ...points, from: Math.max(points.from, from), to: Math.min(points.to, to) };
}
