import { unpack_models } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel, identity } from './chart_mark';
import type { CurveModel } from './curve';
import { attr, keep, say, svg, textWidth } from './dom';
import { placeLabels, type Point } from './geometry/labels';
import { clamp } from './geometry/mapping';
import type { MarkerModel } from './marker';

/** Points worth a name: the steepest fall, a suggestion, the end of the sweep. */
export class SpotsModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Spots'), spots: [], marker: null, curve: null };
  }

  get marker(): MarkerModel | null {
    return (this.get('marker') ?? null) as MarkerModel | null;
  }

  get curve(): CurveModel | null {
    return (this.get('curve') ?? null) as CurveModel | null;
  }

  /** Sets the marker to a rate, as a person does. */
  choose(rate: number): void {
    this.marker?.move(rate);
    this.marker?.flush();
  }

  static override serializers = {
    ...MarkModel.serializers,
    marker: { deserialize: unpack_models },
    curve: { deserialize: unpack_models },
  };
}

const KINDS = new Set(['min_gradient', 'suggestion', 'end']);
const LINE = 16;
const REACH = 12;
/** Least distance from the upper edge, below the arrow of a line that goes on. */
const EDGE = 16;

interface Elements {
  readonly halo: SVGCircleElement;
  readonly shape: SVGPathElement;
  readonly text: SVGTextElement;
  readonly title: SVGTitleElement;
}

interface Spot {
  readonly lr: number;
  readonly loss: number;
  readonly kind: string;
  readonly label: string;
  readonly title: string;
}

/** Draws the spots; those that name a rate are buttons that set the marker. */
export class Spots extends ChartMark {
  declare model: SpotsModel;
  declare private labels: SVGGElement;
  declare private items: SVGGElement[];
  declare private parts: WeakMap<SVGGElement, Elements>;
  declare private shown: Spot[];

  protected override build(): void {
    this.el.classList.add('lrfind-spots');
    // Apart from the spots, so that the middle of a spot is its dot and not beside it.
    this.labels = svg(this.el, 'g', { 'aria-hidden': 'true' });
    this.items = [];
    this.shown = [];
    this.parts = new WeakMap();
    const marker = this.model.marker;
    if (marker) {
      this.listenTo(marker, 'change:value', this.schedule);
    }
    // One listener for all, since spots come and go.
    this.on_element(this.el, 'click', (event) => {
      this.choose(event.target);
    });
    this.on_element(this.el, 'keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        event.stopPropagation();
        this.choose(event.target);
      }
    });
  }

  private choose(target: EventTarget | null): void {
    const item = (target as Element | null)?.closest<SVGGElement>('.lrfind-spot');
    const spot = this.shown[item ? this.items.indexOf(item) : -1];
    if (spot && spot.kind !== 'end') {
      this.model.choose(spot.lr);
    }
  }

  protected override paint(): void {
    const { mapX, mapY, width, height } = this;
    this.shown = this.model.list('spots').map(read).filter(({ lr }) => mapX.shows(lr));
    keep(this.items, this.shown.length, () => this.add());
    this.labels.replaceChildren(...this.items.flatMap((item) => this.parts.get(item)?.text ?? []));
    const wanted = this.shown.map((spot, index) => {
      const y = mapY.pixel(spot.loss);
      const at = {
        x: mapX.pixel(spot.lr),
        // What is above the frame, or not a number, is shown at its upper edge.
        y: Number.isNaN(y) ? EDGE : clamp(y, EDGE, height),
      };
      const elements = this.elements(index);
      if (elements) {
        this.paintSpot(elements, this.items[index], spot, at);
        say(elements.text, spot.label);
      }
      return { ...at, width: elements ? textWidth(elements.text) : 0, height: LINE };
    });
    placeLabels(wanted, { width, height }, this.line()).forEach((box, index) => {
      const elements = this.elements(index);
      if (elements) {
        attr(elements.text, {
          x: box ? box.x : 0,
          y: box ? box.y + LINE - 4 : 0,
          display: box ? null : 'none',
        });
      }
    });
  }

  /** Points of the curve's line, near enough to one another for a label to see it. */
  private line(): Point[] {
    const { mapX, mapY } = this;
    const curve = this.model.curve;
    if (!curve || this.shown.length === 0) {
      return [];
    }
    const { lr, smoothed } = curve.series.columns;
    const [from, to] = curve.visible(mapX);
    const line: Point[] = [];
    let before: Point | undefined;
    for (let index = from; index < to; index += Math.ceil((to - from) / SAMPLES)) {
      const point = { x: mapX.pixel(lr[index] ?? NaN), y: mapY.pixel(smoothed[index] ?? NaN) };
      line.push(...(before ? between(before, point) : []), point);
      before = point;
    }
    return line;
  }

  private paintSpot(
    { halo, shape, title }: Elements,
    item: SVGGElement | undefined,
    { kind, label, title: words }: Spot,
    { x, y }: { x: number; y: number },
  ): void {
    if (!item) {
      return;
    }
    const pressed = kind !== 'end';
    const held = this.mapX.pixel(this.model.marker?.value ?? NaN);
    attr(item, {
      // The marker lies below and can be held anywhere: a spot on its line takes no pointer.
      'pointer-events': Math.abs(held - x) <= REACH ? 'none' : null,
      class: `lrfind-spot${KINDS.has(kind) ? ` lrfind-spot-${kind}` : ''}`,
      role: pressed ? 'button' : 'img',
      tabindex: pressed ? 0 : null,
      'aria-label': pressed ? `Choose ${label}` : label,
      'data-lm-suppress-shortcuts': pressed ? 'true' : null,
    });
    attr(halo, { cx: x, cy: y });
    attr(shape, { d: kind === 'end' ? CROSS : DOT, transform: `translate(${x},${y})` });
    say(title, words || label);
  }

  private elements(index: number): Elements | undefined {
    const item = this.items[index];
    return item && this.parts.get(item);
  }

  private add(): SVGGElement {
    const item = svg(this.el, 'g');
    const title = svg(item, 'title');
    const halo = svg(item, 'circle', { class: 'lrfind-spot-halo', r: REACH });
    const shape = svg(item, 'path', { class: 'lrfind-spot-shape' });
    const text = svg(this.labels, 'text', { class: 'lrfind-spot-label' });
    this.parts.set(item, { halo, shape, text, title });
    return item;
  }
}

/** How many points of a line are looked at. */
const SAMPLES = 500;

/** Three points between two. */
function between(a: Point, b: Point): Point[] {
  return [0.25, 0.5, 0.75].map((part) => ({
    x: a.x + part * (b.x - a.x),
    y: a.y + part * (b.y - a.y),
  }));
}

const DOT = 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z';
const CROSS = 'M-4.5 -4.5L4.5 4.5M-4.5 4.5L4.5 -4.5';

function read(spot: Record<string, unknown>): Spot {
  const { lr, loss, kind, label, title } = spot;
  return {
    lr: Number(lr),
    loss: typeof loss === 'number' ? loss : NaN,
    kind: String(kind),
    label: typeof label === 'string' ? label : '',
    title: typeof title === 'string' ? title : '',
  };
}
