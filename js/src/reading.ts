import type { CurveModel } from './curve_model';
import { formatLoss, formatRate, formatSlope } from './geometry/format';
import { lineAt } from './geometry/search';
import { earlierLook } from './looks';

/** The rates that the cursor stops at, and which of them is the first point of the curve. */
export interface Places {
  readonly rates: Float64Array;
  readonly first: number;
  /** Whether the rates only ever rise. */
  readonly sorted: boolean;
}

/** What is known at one rate: a name, and what is said there. */
export interface Row {
  readonly name: string;
  readonly value: string;
  /** The classes of the line that is read; empty for what is no line of its own. */
  readonly look: string;
  /** The loss of that line, where one is read. */
  readonly loss: number;
  /** Whether it can be left out where there is no room. */
  readonly minor: boolean;
}

/** What is said without a line of its own. */
const row = (name: string, value: string): Row => ({
  name,
  value,
  look: '',
  loss: NaN,
  minor: false,
});

/** The points of the curve, and beyond its ends those of the other runs that are drawn. */
export function placesOf(curve: CurveModel): Places {
  const own = curve.shown ? curve.series.columns.lr : new Float64Array();
  const sorted = !curve.shown || curve.series.sorted;
  const others = curve.others.flatMap(({ lr }) => Array.from(lr));
  if (others.length === 0 || !sorted) {
    return { rates: own, first: 0, sorted };
  }
  const [low, high] = [own[0] ?? Infinity, own.at(-1) ?? Infinity];
  const rising = Float64Array.from(new Set(others)).sort();
  const before = rising.filter((rate) => rate < low * (1 - ROUNDING));
  const after = rising.filter((rate) => rate > high * (1 + ROUNDING));
  return { rates: Float64Array.of(...before, ...own, ...after), first: before.length, sorted };
}

/** What every line that is drawn says at one of the places: first the rate, then the lines. */
export function readingAt(curve: CurveModel, { rates, first }: Places, index: number): Row[] {
  const rate = rates[index] ?? NaN;
  const { length, columns } = curve.series;
  const own = index - first;
  const isOwn = curve.shown && own >= 0 && own < length;
  const name = curve.runs?.latest ?? '';
  const fit = lineAt(curve.fit.lr, curve.fit.loss, rate);
  const validation = columns.val_loss[own] ?? NaN;
  const loss = (value: number | undefined): string => formatLoss(value ?? NaN);
  const written = (lr: number): string => formatRate(lr, 2, curve.isLinear);
  const around = curve.bands?.at(rate) ?? '';
  const minor = (label: string, value: string): Row[] => [{ ...row(label, value), minor: true }];
  return [
    row('learning rate', written(rate)),
    ...(around ? [row(around, '')] : []),
    ...(isOwn
      ? [
          {
            ...row(name || 'fit', loss(fit.loss)),
            look: name && 'lrfind-line',
            loss: Number.isNaN(fit.loss) ? (columns.loss[own] ?? NaN) : fit.loss,
          },
        ]
      : []),
    ...(curve.runs?.runs ?? []).flatMap((run, place) => {
      const at = run.visible ? within(run.lr, run.loss, rate) : NaN;
      const look = earlierLook(place);
      return Number.isNaN(at) ? [] : [{ ...row(run.name, loss(at)), look, loss: at }];
    }),
    ...spreadAt(curve, rate),
    ...(isOwn
      ? [
          ...minor('average', loss(columns.smoothed[own])),
          ...minor('raw loss', loss(columns.loss[own])),
          ...(Number.isNaN(validation) ? [] : minor('validation loss', loss(validation))),
          ...minor('slope per decade', formatSlope(fit.slope)),
        ]
      : []),
    ...(curve.critical === null ? [] : minor('critical rate', written(curve.critical))),
    ...(isOwn ? minor('step', `${own + 1} of ${length}`) : []),
  ];
}

/** The reading as a sentence. */
export function readingSaid(rows: readonly Row[]): string {
  const step = rows.find(({ name }) => name === 'step');
  const others = rows.filter((row) => row !== step && row.name !== 'critical rate');
  const said = others.map(({ name, value, look }) =>
    name === 'slope per decade'
      ? `slope ${value} per decade`
      : `${name}${look && ' at'} ${value}`.trim(),
  );
  return `${step ? `Step ${step.value}: ` : ''}${said.join(', ')}.`;
}

/** How far the repeats are apart at a rate. */
function spreadAt(curve: CurveModel, rate: number): Row[] {
  const { lr, low, high } = curve.spread?.drawn ? curve.spread.area : EMPTY;
  const [from, to] = [within(lr, low, rate), within(lr, high, rate)];
  const isThere = !Number.isNaN(from) && !Number.isNaN(to);
  return isThere ? [row('repeats', `${formatLoss(from)} to ${formatLoss(to)}`)] : [];
}

/** The loss of a line at a rate; NaN beyond its ends. */
function within(lr: Float64Array, loss: Float64Array, rate: number): number {
  const inside =
    rate >= (lr[0] ?? NaN) * (1 - ROUNDING) && rate <= (lr.at(-1) ?? NaN) * (1 + ROUNDING);
  return inside ? lineAt(lr, loss, rate).loss : NaN;
}

/** Relative room for rounding at the ends of a line. */
const ROUNDING = 1e-9;
const NONE = new Float64Array();
const EMPTY = { lr: NONE, low: NONE, high: NONE };
