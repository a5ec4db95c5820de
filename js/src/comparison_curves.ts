import { MarkModel } from 'bqplot';

import { ChartMark } from './chart_mark';
import { columnSerializer } from './columns';
import { ColumnsModel } from './columns_model';
import { attr, say, svg, textWidth } from './dom';
import { lineLosses } from './framed';
import { fromOneStart, type Losses } from './geometry/framing';
import type { Mapping } from './geometry/mapping';
import { dotsPath, linePath } from './geometry/path';
import { rowsOf } from './geometry/rows';
import { identity } from './identity';
import { Keyed } from './keyed';
import { asText, listOf, textOf } from './values';

/** `number` is that of the line that a point belongs to, from 0. */
type Column = 'number' | 'step' | 'smoothed' | 'val_loss';

/** The losses at one rate over the steps; the validation loss is NaN where there is none. */
interface Line {
  readonly name: string;
  readonly step: Float64Array;
  readonly smoothed: Float64Array;
  readonly valLoss: Float64Array;
}

/** How many looks of a line the style sheets have. */
const LOOKS = 8;

/** Short trainings that are compared, while they run. */
export class ComparisonCurvesModel extends ColumnsModel<Column> {
  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('ComparisonCurves'),
      apply_clip: false,
      names: [],
      label: '',
    };
  }

  protected override get columnNames(): readonly Column[] {
    return ['number', 'step', 'smoothed', 'val_loss'];
  }

  /** One line for each name. */
  get lines(): Line[] {
    const { number, step, smoothed, val_loss: valLoss } = this.series.columns;
    return listOf(this.get('names')).map((name, line) => {
      const own = (column: Float64Array): Float64Array =>
        column.filter((_, index) => number[index] === line);
      return {
        name: asText(name),
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

  static override serializers = {
    ...MarkModel.serializers,
    number: columnSerializer,
    step: columnSerializer,
    smoothed: columnSerializer,
    val_loss: columnSerializer,
  };
}

interface Elements {
  readonly root: SVGGElement;
  readonly line: SVGPathElement;
  readonly dots: SVGPathElement;
  readonly sample: SVGPathElement;
  readonly text: SVGTextElement;
}

/** Draws the losses of short trainings over their steps, and a legend above them. */
export class ComparisonCurves extends ChartMark {
  declare model: ComparisonCurvesModel;
  declare private lines: Keyed<Line, Elements>;

  protected override build(): void {
    this.el.classList.add('lrfind-trainings');
    this.listenTo(this.model, 'columns_updated', this.schedule);
    this.lines = new Keyed<Line, Elements>(
      this.el,
      () => this.add(),
      (elements, line, index) => {
        this.paintLine(elements, line, index);
      },
    );
  }

  protected override paint(): void {
    this.name('img', textOf(this.model, 'label'));
    const shown = this.lines.show(this.model.lines);
    const places = rowsOf(
      shown.map(({ text }) => SAMPLE + 6 + textWidth(text) + 18),
      this.width,
    );
    const last = places.at(-1)?.row ?? 0;
    shown.forEach(({ sample, text }, index) => {
      const { left, row } = places[index] ?? { left: 0, row: 0 };
      const base = LEGEND - (last - row) * ROW;
      attr(sample, { d: `M${left} ${base - 4}h${SAMPLE}` });
      attr(text, { x: left + SAMPLE + 6, y: base });
    });
  }

  private paintLine({ root, line, dots, text }: Elements, training: Line, index: number): void {
    const { mapX, mapY } = this;
    const { name, step, smoothed, valLoss } = training;
    const all = { x: step, from: 0, to: step.length };
    attr(root, { class: `lrfind-training lrfind-training-${index % LOOKS}` });
    attr(line, { d: linePath({ ...all, y: smoothed }, mapX, mapY) });
    attr(dots, { d: dotsPath({ ...all, y: valLoss }, mapX, mapY) });
    say(text, name);
  }

  private add(): Elements {
    const root = svg(this.el, 'g');
    // The legend stands above the plot area, the lines end with it.
    const clip: unknown = (this.options as Record<string, unknown> | undefined)?.['clip_id'];
    const path = { 'clip-path': typeof clip === 'string' ? `url(#${clip})` : null };
    return {
      root,
      line: svg(root, 'path', { class: 'lrfind-training-line', ...path }),
      dots: svg(root, 'path', { class: 'lrfind-training-dots', ...path }),
      sample: svg(root, 'path', { class: 'lrfind-training-line' }),
      text: svg(root, 'text', { class: 'lrfind-training-name' }),
    };
  }
}

/** The height of the legend's lowest text above the plot area, of its rows, and its lines' length. */
const LEGEND = -12;
const ROW = 15;
const SAMPLE = 26;
