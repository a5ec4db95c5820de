import { ChartMark } from './chart_mark';
import type { Column, CurveModel } from './curve_model';
import { attr, svg } from './dom';
import { dotsPath, exitsAbove, linePath, type Points } from './geometry/path';
import { Keyed } from './keyed';
import { type Plot, Readout } from './readout';
import type { Columns } from './series';
import { numberOf } from './values';

/** Draws the raw losses as faint dots, and over them the lines. */
export class Curve extends ChartMark implements Plot {
  declare model: CurveModel;
  declare private drawn: SVGGElement;
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
    // Apart from the cursor, which reads the other runs where this one is hidden.
    this.drawn = svg(this.el, 'g', { class: 'lrfind-lines' });
    this.dots = svg(this.drawn, 'path', { class: 'lrfind-dots' });
    const line = (name: string): SVGPathElement =>
      svg(this.drawn, 'path', { class: `lrfind-line lrfind-line-${name}` });
    this.ends = line('average lrfind-line-skipped');
    this.average = line('average');
    this.validation = line('validation');
    this.moving = line('fit lrfind-line-moving');
    this.fitted = line('fit');
    const exits = svg(this.drawn, 'g');
    // Small arrows where the line goes on above the frame.
    this.exits = new Keyed(
      exits,
      () => ({ root: svg(exits, 'path', { class: 'lrfind-continues', d: 'M-5 7L0 2L5 7' }) }),
      ({ root }, x) => {
        attr(root, { transform: `translate(${Math.round(x * 10) / 10},0)` });
      },
    );
    this.listenTo(this.model, 'columns_updated', this.schedule);
    if (this.model.runs) {
      this.listenTo(this.model.runs, 'change:runs', this.schedule);
    }
    this.readout = new Readout(this, this.alive);
  }

  protected override paint(): void {
    const { mapX, mapY } = this;
    const { lr, loss } = this.columns;
    const [from, to] = this.visible;
    const raw: Points = { x: lr, y: loss, from, to };
    const dense = to - from > DENSE;
    attr(this.dots, { d: dense ? dotsPath(raw, mapX, mapY, 2, 2) : dotsPath(raw, mapX, mapY) });
    this.dots.classList.toggle('lrfind-dots-dense', dense);
    attr(this.drawn, { display: this.model.shown ? null : 'none' });
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

  private get columns(): Columns<Column> {
    return this.model.series.columns;
  }

  private get visible(): [number, number] {
    return this.model.visible(this.mapX);
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
