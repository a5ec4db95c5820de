import type { IBackboneModelOptions } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import type { BandsModel } from './bands';
import { columns, references } from './chart_mark';
import { asColumn } from './columns';
import { ColumnsModel } from './columns_model';
import { lineLosses } from './framed';
import { formatLoss } from './geometry/format';
import type { Losses } from './geometry/framing';
import type { Line } from './geometry/ink';
import type { Mapping } from './geometry/mapping';
import { lineAt, lowerBound } from './geometry/search';
import { identity } from './identity';
import type { Run, RunsModel } from './runs';
import type { SpreadModel } from './spread';

const COLUMNS = ['lr', 'loss', 'smoothed', 'val_loss'] as const;
const LINE = ['fit_lr', 'fit_loss', 'fit_settled'] as const;

export type Column = (typeof COLUMNS)[number];

/** The two-sided fit to the points, at places of its own. */
interface Fit {
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
  /** What a rate may lie in, which the readout says too. */
  declare bands: BandsModel | null;

  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Curve'),
      skip_start: 0,
      skip_end: 0,
      show_fit: true,
      show_average: true,
      show_validation: true,
      shown: true,
      runs: null,
      spread: null,
    };
  }

  protected override get columnNames(): readonly Column[] {
    return COLUMNS;
  }

  protected override get lineNames(): readonly string[] {
    return LINE;
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    this.critical = null;
    this.bands = null;
    super.initialize(attributes, options);
  }

  setPlaces(critical: number | null, bands: BandsModel | null): void {
    this.bands = bands;
    if (this.critical !== critical) {
      this.critical = critical;
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

  /** Whether the curve is drawn at all. */
  get shown(): boolean {
    return this.runs?.shownAlone(this.runs.latest) ?? this.get('shown') !== false;
  }

  /** The lines beside this one. */
  get runs(): RunsModel | null {
    return (this.get('runs') ?? null) as RunsModel | null;
  }

  /** The earlier runs that are drawn. */
  get others(): Run[] {
    return (this.runs?.runs ?? []).filter(({ visible }) => visible);
  }

  /** The room between repeats. */
  get spread(): SpreadModel | null {
    return (this.get('spread') ?? null) as SpreadModel | null;
  }

  /** All lines of the chart that are drawn, those of earlier runs too. */
  get lines(): Line[] {
    const { lr, smoothed, val_loss } = this.series.columns;
    const own = [
      ...(this.draws('fit') ? [this.fit] : []),
      ...(this.draws('average') ? [{ lr, loss: smoothed }] : []),
      ...(this.draws('validation') ? [{ lr, loss: val_loss }] : []),
    ];
    return [...(this.shown ? own : []), ...this.others];
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
    return 'columns_updated change:show_validation change:shown';
  }

  losses(axis: Mapping): Losses[] {
    const { lr, loss, smoothed, val_loss } = this.series.columns;
    const [from, to] = this.visible(axis);
    const { fit } = this;
    if (!this.shown) {
      return [];
    }
    return [
      { raw: loss.subarray(from, to), smoothed: smoothed.subarray(from, to) },
      lineLosses(fit.lr, fit.loss, axis),
      ...(this.draws('validation') ? [lineLosses(lr, val_loss, axis)] : []),
    ];
  }

  static override serializers = {
    ...MarkModel.serializers,
    ...columns(...COLUMNS, ...LINE),
    ...references('runs', 'spread'),
  };
}

/** The lines that can be switched off. */
export type LineName = 'fit' | 'average' | 'validation';
