import { MarkModel } from 'bqplot';

import { ChartMark, columns } from './chart_mark';
import { ColumnsModel } from './columns_model';
import { attr, say, svg, textWidth } from './dom';
import { lineLosses } from './framed';
import type { Point } from './geometry/box';
import { fromOneStart, type Losses } from './geometry/framing';
import { inkOf } from './geometry/ink';
import { clamp, type Mapping } from './geometry/mapping';
import { dotsPath, linePath } from './geometry/path';
import { stackLabels } from './geometry/stack';
import { identity } from './identity';
import { Keyed } from './keyed';
import { trainingLook } from './looks';
import { asText, listOf, textOf } from './values';

/** `number` is that of the line that a point belongs to, from 0. */
const COLUMNS = ['number', 'step', 'smoothed', 'val_loss'] as const;
type Column = (typeof COLUMNS)[number];

/** The losses at one rate over the steps; the validation loss is NaN where there is none. */
interface Line {
  readonly name: string;
  /** "chosen", "dropped", "diverged" or "". */
  readonly fate: string;
  readonly step: Float64Array;
  readonly smoothed: Float64Array;
  readonly valLoss: Float64Array;
}

/** Short trainings that are compared, while they run. */
export class ComparisonCurvesModel extends ColumnsModel<Column> {
  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('ComparisonCurves'),
      apply_clip: false,
      names: [],
      fates: [],
      label: '',
    };
  }

  protected override get columnNames(): readonly Column[] {
    return COLUMNS;
  }

  /** One line for each name. */
  get lines(): Line[] {
    const { number, step, smoothed, val_loss: valLoss } = this.series.columns;
    const fates = listOf(this.get('fates'));
    return listOf(this.get('names')).map((name, line) => {
      const own = (column: Float64Array): Float64Array =>
        column.filter((_, index) => number[index] === line);
      return {
        name: asText(name),
        fate: asText(fates[line]),
        step: own(step),
        smoothed: own(smoothed),
        valLoss: own(valLoss),
      };
    });
  }

  get lossEvents(): string {
    return 'columns_updated change:names';
  }

  /** The losses of every line, those of the validation loss too. */
  losses(axis: Mapping): Losses[] {
    const { lines } = this;
    return fromOneStart([
      ...lines.map(({ step, smoothed }) => lineLosses(step, smoothed, axis)),
      ...lines.map(({ step, valLoss }) => lineLosses(step, valLoss, axis)),
    ]);
  }

  static override serializers = { ...MarkModel.serializers, ...columns(...COLUMNS) };
}

interface Elements {
  readonly root: SVGGElement;
  readonly line: SVGPathElement;
  readonly dots: SVGPathElement;
  /** From the end of the line to its name. */
  readonly leader: SVGPathElement;
  readonly cross: SVGPathElement;
}

/** Draws the losses of short trainings over their steps, each with its name at its end. */
export class ComparisonCurves extends ChartMark {
  declare model: ComparisonCurvesModel;
  declare private lines: Keyed<Line, Elements>;
  declare private names: Keyed<Line, { root: SVGTextElement }>;
  declare private revealed: number | undefined;

  protected override build(): void {
    this.el.classList.add('lrfind-trainings');
    this.listenTo(this.model, 'columns_updated', this.schedule);
    const lines = svg(this.el, 'g');
    this.lines = new Keyed<Line, Elements>(
      lines,
      () => this.add(lines),
      (elements, line, index) => {
        this.paintLine(elements, line, index);
      },
    );
    // Over all lines, so that none crosses a name.
    const names = svg(this.el, 'g');
    this.names = new Keyed(
      names,
      () => ({ root: svg(names, 'text') }),
      ({ root }, { name, fate }, index) => {
        attr(root, { class: `lrfind-training-name ${trainingLook(index, fate)}` });
        say(root, name);
      },
    );
  }

  protected override paint(): void {
    this.name('img', textOf(this.model, 'label'));
    this.reveal();
    const { lines } = this.model;
    const shown = this.lines.show(lines);
    const texts = this.names.show(lines).map(({ root }) => root);
    const ends = lines.map((line) => this.endOf(line));
    // Rates that train side by side take turns: their names stand in one column all the same.
    const front = Math.max(...ends.map((end) => end?.x ?? 0));
    const isNear = (x: number): boolean => front - x < this.width / TURNS;
    const right = this.width + this.parent.margin.right;
    const ink = inkOf(lines.map(({ step, smoothed }) => ({ lr: step, loss: smoothed })), this.mapX, this.mapY);
    const wanted = ends.map((end, index) => {
      if (end === undefined) {
        return { ...NOWHERE, width: 0, height: LINE };
      }
      const width = textWidth(texts[index] as SVGTextElement);
      const { x: last, y } = end;
      const x = isNear(last) ? front : last;
      const box = { x: Math.min(x + LEADER, right - width), width, height: LINE };
      const covered = (shift: number): number => ink.covered({ ...box, y: y + shift - LINE / 2 });
      // What ended early has its name above or below its end, where it covers the least of what goes on.
      const shifts = x < front && lines[index]?.fate ? ASIDE : [0];
      const best = shifts.reduce((found, shift) => (covered(shift) < covered(found) ? shift : found));
      return { ...box, y: y + best };
    });
    const heights = stackLabels(wanted, this.height);
    shown.forEach(({ leader, cross }, index) => {
      const end = ends[index];
      const { x } = wanted[index] ?? NOWHERE;
      const y = heights[index] ?? 0;
      const display = end ? null : 'none';
      attr(texts[index] as SVGTextElement, { x, y: y + 4, display });
      attr(leader, { d: end && x > end.x ? `M${end.x} ${end.y}L${x - 3} ${y}` : null });
      const broken = end && lines[index]?.fate === 'diverged';
      attr(cross, { d: broken ? `M${end.x - 4} ${end.y - 4}l8 8m0 -8l-8 8` : null });
    });
  }

  /** Brings another comparison in sight, for a person who has just pressed something here. */
  private reveal(): void {
    const { generation } = this.model.series;
    if (generation !== this.revealed) {
      this.revealed = generation;
      const widget = this.figureElement.closest('.lrfind-widget');
      if (widget?.contains(document.activeElement)) {
        this.figureElement.scrollIntoView({ block: 'nearest' });
      }
    }
  }

  /** Where a line ends, or leaves the plot area for good; undefined where nothing is drawn. */
  private endOf({ step, smoothed }: Line): Point | undefined {
    const { mapX, mapY, width, height } = this;
    const points = Array.from(step, (at, index) => ({
      x: mapX.pixel(at),
      y: mapY.pixel(smoothed[index] ?? NaN),
    })).filter(({ x, y }) => x >= 0 && x <= width && !Number.isNaN(y));
    const seen = ({ y }: Point): boolean => y >= 0 && y <= height;
    const last = points.reduce((found, point, index) => (seen(point) ? index : found), -1);
    const end = points[last + 1] ?? points[last];
    return end && { x: end.x, y: clamp(end.y, 0, height) };
  }

  private paintLine({ root, line, dots }: Elements, training: Line, index: number): void {
    const { mapX, mapY } = this;
    const { fate, step, smoothed, valLoss } = training;
    const all = { x: step, from: 0, to: step.length };
    attr(root, { class: `lrfind-training ${trainingLook(index, fate)}` });
    attr(line, { d: linePath({ ...all, y: smoothed }, mapX, mapY) });
    attr(dots, { d: dotsPath({ ...all, y: valLoss }, mapX, mapY) });
  }

  private add(parent: Element): Elements {
    const root = svg(parent, 'g');
    // The names stand beside the plot area, the lines end with it.
    const clip: unknown = (this.options as Record<string, unknown> | undefined)?.['clip_id'];
    const path = { 'clip-path': typeof clip === 'string' ? `url(#${clip})` : null };
    return {
      root,
      line: svg(root, 'path', { class: 'lrfind-training-line', ...path }),
      dots: svg(root, 'path', { class: 'lrfind-training-dots', ...path }),
      leader: svg(root, 'path', { class: 'lrfind-training-leader' }),
      cross: svg(root, 'path', { class: 'lrfind-training-cross' }),
    };
  }
}

/** How often in a training one gives way to the next. */
const TURNS = 8;
/** From the end of a line to its name, and the height of a name. */
const LEADER = 12;
const LINE = 15;
/** How far from its end the name of what ended early is tried, the best first. */
const ASIDE = [-LINE, LINE, -2 * LINE, 2 * LINE, -3 * LINE, 3 * LINE];
const NOWHERE: Point = { x: -1e6, y: 0 };
