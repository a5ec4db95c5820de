import type { CurveModel } from './curve_model';
import { attr, html, listen, say, svg } from './dom';
import { formatRate } from './geometry/format';
import type { Point } from './geometry/box';
import { type Ink, inkOf } from './geometry/ink';
import { placeCard } from './geometry/labels';
import type { Interval, Mapping } from './geometry/mapping';
import { nearestIndex } from './geometry/search';
import { Keyed } from './keyed';
import { sample } from './looks';
import { placesOf, readingAt, readingSaid, type Row } from './reading';
import { shortName } from './runs';

/** What is read out, and where it lies on the screen. */
export interface Plot {
  readonly model: CurveModel;
  readonly el: Element;
  /** The figure, with margins around the plot area. */
  readonly parent: { readonly el: HTMLElement; readonly margin: { left: number; top: number } };
  readonly mapX: Mapping;
  readonly mapY: Mapping;
  readonly width: number;
  readonly height: number;
  /** The place of a pointer in the plot area. */
  place(event: PointerEvent): Point;
  schedule(): void;
}

/** A row of the card. */
interface Elements {
  readonly root: HTMLElement;
  readonly name: HTMLElement;
  readonly look: SVGPathElement;
  readonly value: HTMLElement;
}

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
  private readonly dots: Keyed<Point, { root: SVGCircleElement }>;
  private readonly box: SVGRectElement;
  private readonly card: HTMLDivElement;
  private readonly rows: Keyed<Row, Elements>;
  private readonly live: HTMLDivElement;
  /** Index of the point that is read, or -1. */
  private index = -1;
  private pixel: number | undefined;
  private byKey = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly plot: Plot,
    signal: AbortSignal,
  ) {
    const { el } = plot;
    const figure = plot.parent.el;
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
    const dots = svg(this.cursor, 'g');
    this.dots = new Keyed<Point, { root: SVGCircleElement }>(
      dots,
      () => ({ root: svg(dots, 'circle', { class: 'lrfind-cursor-dot', r: 4 }) }),
      ({ root }, { x, y }) => {
        attr(root, { cx: x, cy: y });
      },
    );
    this.card = html('div', { class: 'lrfind-card', 'aria-hidden': 'true' });
    this.card.hidden = true;
    this.rows = new Keyed<Row, Elements>(this.card, addRow, fillRow);
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
    const { x, y } = this.plot.place(event);
    const holds = (event.target as Element | null)?.closest('.lrfind-marker, button') ?? null;
    const over =
      x >= 0 && x <= this.plot.width && y >= 0 && y <= this.plot.height && holds === null;
    this.pixel = over ? x : undefined;
    this.byKey = false;
    this.plot.schedule();
  }

  private press(event: KeyboardEvent): void {
    const count = placesOf(this.plot.model).rates.length;
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

  private announce(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const { model } = this.plot;
      say(this.live, readingSaid(readingAt(model, placesOf(model), this.index)));
    }, REST);
  }

  /** Places the cursor and the card; called by the plot with each frame it draws. */
  paint(): void {
    const { model, mapX, width, height } = this.plot;
    const places = placesOf(model);
    const { rates, sorted } = places;
    const label = describe(rates.length, mapX.domain, model.isLinear);
    attr(this.box, { x: 0, y: 0, width, height, 'aria-label': label });
    if (!this.byKey) {
      const pixel = (index: number): number => mapX.pixel(rates[index] ?? NaN);
      this.index =
        this.pixel === undefined ? -1 : nearestIndex(pixel, this.pixel, rates.length, sorted);
    }
    const x = mapX.pixel(rates[this.index] ?? NaN);
    const shown = this.index >= 0 && this.index < rates.length && x >= -0.5 && x <= width + 0.5;
    attr(this.cursor, { display: shown ? null : 'none' });
    this.card.hidden = !shown;
    if (shown) {
      this.paintAt(x, readingAt(model, places, this.index));
    }
  }

  private paintAt(x: number, reading: readonly Row[]): void {
    const { model, mapX, mapY, height, parent } = this.plot;
    attr(this.rule, { x1: x, x2: x, y1: 0, y2: height });
    const read = reading.map(({ loss }) => mapY.pixel(loss)).filter((y) => !Number.isNaN(y));
    const inFrame = read.filter((y) => y >= 0 && y <= height);
    this.dots.show(inFrame.map((y) => ({ x, y })));
    const ink = inkOf(model.lines, mapX, mapY);
    const at = { x, y: inFrame[0] ?? 0 };
    const lines = reading.filter(({ minor }) => !minor);
    const short = lines.map((row) => ({ ...row, name: shortName(row.name) }));
    let place = this.fit(reading, at, ink);
    // Where the card of several runs would lie over a line, what matters less is left out.
    const several = lines.some(({ look }) => look !== '');
    for (const less of several ? [lines, short] : []) {
      place = place.covered > 0 ? this.fit(less, at, ink) : place;
    }
    const { left, top } = parent.margin;
    this.card.style.transform = `translate(${Math.round(left + place.x)}px, ${Math.round(top + place.y)}px)`;
  }

  /** Fills the card; returns where it goes. */
  private fit(rows: readonly Row[], at: Point, ink: Ink): ReturnType<typeof placeCard> {
    const { width, height } = this.plot;
    this.rows.show(rows);
    const card = { width: this.card.offsetWidth, height: this.card.offsetHeight };
    return placeCard(at, card, { width, height }, ink);
  }

  remove(): void {
    clearTimeout(this.timer);
    this.card.remove();
    this.live.remove();
  }
}

/** A row has no box of its own, so that the names and the values of all stand in two columns. */
function addRow(): Elements {
  const name = html('span');
  const label = html('span', { class: 'lrfind-card-label' });
  const look = sample(label);
  label.append(name);
  const value = html('span', { class: 'lrfind-card-value' });
  return { root: html('div', { class: 'lrfind-card-row' }, label, value), name, look, value };
}

function fillRow({ name, look, value }: Elements, row: Row): void {
  say(name, row.name);
  say(value, row.value);
  attr(look, { class: row.look });
  attr(look.ownerSVGElement ?? look, { display: row.look ? null : 'none' });
}

function describe(count: number, [low, high]: Interval, isLinear: boolean): string {
  return count === 0
    ? 'Loss against learning rate. No points yet.'
    : `Loss against learning rate, ${count} ${count === 1 ? 'point' : 'points'}, shown from ${formatRate(low, 2, isLinear)} ` +
        `to ${formatRate(high, 2, isLinear)}. The left and right arrow keys read them.`;
}
