import { attr, html, listen, say, svg } from './dom';
import { formatLoss, formatRate, formatSlope } from './geometry/format';
import { placeCard } from './geometry/labels';
import type { Interval, Mapping } from './geometry/mapping';
import { lineAt, nearestIndex } from './geometry/search';

/** What is read out: the points of a plot, and where they lie on the screen. */
export interface Plot {
  readonly columns: Readonly<Record<'lr' | 'loss' | 'smoothed' | 'val_loss', Float64Array>>;
  /** The line that is fitted to the points, at places of its own. */
  readonly fit: { readonly lr: Float64Array; readonly loss: Float64Array };
  /** The rate from which on a single update raises the loss, where it is known. */
  readonly critical: number | null;
  /** Whether the rates only ever rise. */
  readonly sorted: boolean;
  /** The indices `[from, to)` of the points that are in sight. */
  readonly visible: [number, number];
  readonly mapX: Mapping;
  readonly mapY: Mapping;
  readonly width: number;
  readonly height: number;
  /** The margins of the figure around the plot area. */
  readonly margin: { left: number; top: number };
  /** The place of a pointer in the plot area. */
  pointer(event: PointerEvent): { x: number; y: number };
  schedule(): void;
}

/** What is known of one point, in words; empty where there is nothing. */
export interface Reading {
  readonly rate: string;
  readonly fit: string;
  readonly average: string;
  readonly raw: string;
  readonly validation: string;
  readonly step: string;
  readonly slope: string;
  readonly critical: string;
}

const ROWS: readonly (readonly [keyof Reading, string])[] = [
  ['rate', 'learning rate'],
  ['fit', 'fit'],
  ['average', 'average'],
  ['raw', 'raw loss'],
  ['validation', 'validation loss'],
  ['slope', 'slope per decade'],
  ['critical', 'critical rate'],
  ['step', 'step'],
];

/** Milliseconds of rest before a point is read aloud, so that a held key does not stammer. */
const REST = 150;

/**
 * Reads out the point under the pointer, or under a cursor that the arrow keys move.
 *
 * Sighted people get a card beside the point; a screen reader gets a sentence from a
 * polite live region, for the keys only.
 */
export class Readout {
  private readonly cursor: SVGGElement;
  private readonly rule: SVGLineElement;
  private readonly dot: SVGCircleElement;
  private readonly box: SVGRectElement;
  private readonly card: HTMLDivElement;
  private readonly values: Map<keyof Reading, readonly [label: HTMLElement, value: HTMLElement]>;
  private readonly live: HTMLDivElement;
  /** Index of the point that is read, or -1. */
  private index = -1;
  private pixel: number | undefined;
  private byKey = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly plot: Plot,
    el: HTMLElement,
    figure: HTMLElement,
    signal: AbortSignal,
  ) {
    // Not the lines, which go on far beyond the plot.
    this.box = svg(el, 'rect', {
      class: 'lrfind-curve-focus',
      rx: 2,
      role: 'application',
      'aria-roledescription': 'chart',
      tabindex: 0,
    });
    this.cursor = svg(el, 'g', { class: 'lrfind-cursor', display: 'none' });
    this.rule = svg(this.cursor, 'line', { class: 'lrfind-cursor-rule' });
    this.dot = svg(this.cursor, 'circle', { class: 'lrfind-cursor-dot', r: 4 });
    this.card = html('div', { class: 'lrfind-card', 'aria-hidden': 'true' });
    this.card.hidden = true;
    this.values = new Map(
      ROWS.map(([key, label]) => {
        const name = html('span', { class: 'lrfind-card-label' }, label);
        const value = html('span', { class: 'lrfind-card-value' });
        this.card.append(name, value);
        return [key, [name, value]];
      }),
    );
    this.live = html('div', { class: 'lrfind-unseen', role: 'status', 'aria-live': 'polite' });
    figure.append(this.card, this.live);
    const follow = { pointermove: this.follow, pointerdown: this.follow };
    listen(this, figure, { ...follow, pointerleave: this.leave }, { signal });
    const read = { keydown: this.press, focus: this.focus, blur: this.blur };
    listen(this, this.box, read, { signal });
  }

  private focus(): void {
    this.plot.schedule();
  }

  private leave(): void {
    this.pixel = undefined;
    if (!this.byKey) {
      this.read(-1);
    }
  }

  private blur(): void {
    this.byKey = false;
    this.read(-1);
  }

  /** Moves to the point under a pointer, or away where it is not over the plot area. */
  private follow(event: PointerEvent): void {
    const { x, y } = this.plot.pointer(event);
    const holds = (event.target as Element | null)?.closest('.lrfind-marker, button') ?? null;
    const over =
      x >= 0 && x <= this.plot.width && y >= 0 && y <= this.plot.height && holds === null;
    this.pixel = over ? x : undefined;
    this.byKey = false;
    this.plot.schedule();
  }

  private press(event: KeyboardEvent): void {
    const count = this.plot.columns.lr.length;
    const stride = event.shiftKey ? 10 : 1;
    const from = this.index < 0 ? count - 1 : this.index;
    const target = {
      ArrowRight: this.index < 0 ? from : from + stride,
      ArrowLeft: from - stride,
      PageUp: from + Math.ceil(count / 10),
      PageDown: from - Math.ceil(count / 10),
      Home: 0,
      End: count - 1,
    }[event.key];
    if (event.key === 'Escape' && this.index >= 0) {
      this.blur();
    } else if (target === undefined || count === 0) {
      return;
    } else {
      this.byKey = true;
      this.read(Math.min(Math.max(target, 0), count - 1));
      this.announce();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private read(index: number): void {
    this.index = index;
    this.plot.schedule();
  }

  /** What is known of a point. */
  reading(index: number): Reading {
    const { lr, loss, smoothed, val_loss } = this.plot.columns;
    const rate = lr[index] ?? NaN;
    const fit = lineAt(this.plot.fit.lr, this.plot.fit.loss, rate);
    const validation = val_loss[index] ?? NaN;
    return {
      rate: formatRate(rate, 3),
      fit: formatLoss(fit.loss),
      average: formatLoss(smoothed[index] ?? NaN),
      raw: formatLoss(loss[index] ?? NaN),
      validation: Number.isNaN(validation) ? '' : formatLoss(validation),
      slope: formatSlope(fit.slope),
      step: `${index + 1} of ${lr.length}`,
      critical: this.plot.critical === null ? '' : formatRate(this.plot.critical),
    };
  }

  private announce(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { rate, fit, average, raw, validation, slope, step } = this.reading(this.index);
      say(
        this.live,
        `Step ${step}: learning rate ${rate}, fit ${fit}, average ${average}, raw loss ${raw}, ` +
          `${validation ? `validation loss ${validation}, ` : ''}slope ${slope} per decade.`,
      );
    }, REST);
  }

  /** Places the cursor and the card; called by the plot with each frame it draws. */
  paint(): void {
    const { plot } = this;
    const { mapX, mapY, width, height } = plot;
    const { lr, loss } = plot.columns;
    const label = describe(lr.length, mapX.domain);
    attr(this.box, { x: 0, y: 0, width, height, 'aria-label': label });
    if (!this.byKey) {
      const [from, to] = plot.visible;
      this.index =
        this.pixel === undefined
          ? -1
          : nearestIndex(
              (index) => mapX.pixel(lr[index] ?? NaN),
              this.pixel,
              from,
              to,
              plot.sorted,
            );
    }
    const x = mapX.pixel(lr[this.index] ?? NaN);
    const shown = this.index >= 0 && this.index < lr.length && x >= -0.5 && x <= width + 0.5;
    attr(this.cursor, { display: shown ? null : 'none' });
    this.card.hidden = !shown;
    if (!shown) {
      return;
    }
    const y = mapY.pixel(lineAt(plot.fit.lr, plot.fit.loss, lr[this.index] ?? NaN).loss);
    const at = Number.isNaN(y) ? mapY.pixel(loss[this.index] ?? NaN) : y;
    const inFrame = at >= 0 && at <= height;
    attr(this.rule, { x1: x, x2: x, y1: 0, y2: height });
    attr(this.dot, { cx: x, cy: inFrame ? at : 0, display: inFrame ? null : 'none' });
    this.fill(this.reading(this.index));
    const size = { width: this.card.offsetWidth, height: this.card.offsetHeight };
    const place = placeCard({ x, y: inFrame ? at : 0 }, size, { width, height });
    const { left, top } = plot.margin;
    this.card.style.transform = `translate(${Math.round(left + place.x)}px, ${Math.round(top + place.y)}px)`;
  }

  private fill(reading: Reading): void {
    for (const [key, [name, value]] of this.values) {
      say(value, reading[key]);
      name.hidden = value.hidden = reading[key] === '';
    }
  }

  remove(): void {
    clearTimeout(this.timer);
    this.card.remove();
    this.live.remove();
  }
}

function describe(count: number, [low, high]: Interval): string {
  return count === 0
    ? 'Loss against learning rate. No points yet.'
    : `Loss against learning rate, ${count} points, shown from ${formatRate(low, 3)} ` +
        `to ${formatRate(high, 3)}. The left and right arrow keys read them.`;
}
