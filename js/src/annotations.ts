import { unpack_models } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel } from './chart_mark';
import type { CurveModel } from './curve';
import { attr, say, svg, textWidth } from './dom';
import { placeLabels, type Point } from './geometry/labels';
import { clamp } from './geometry/mapping';
import { identity } from './identity';
import { Keyed } from './keyed';
import type { MarkerModel } from './marker';
import { asNumber, asText, dictsOf, type Entries } from './values';

/** Points worth a name: the steepest fall, a suggestion, the end of the sweep. */
export class AnnotationsModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Annotations'),
      annotations: [],
      marker: null,
      curve: null,
    };
  }

  get marker(): MarkerModel | null {
    return (this.get('marker') ?? null) as MarkerModel | null;
  }

  get curve(): CurveModel | null {
    return (this.get('curve') ?? null) as CurveModel | null;
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
  readonly root: SVGGElement;
  readonly halo: SVGCircleElement;
  readonly shape: SVGPathElement;
  readonly text: SVGTextElement;
  readonly title: SVGTitleElement;
}

interface Annotation {
  readonly lr: number;
  readonly loss: number;
  readonly kind: string;
  readonly label: string;
  readonly title: string;
}

/** Draws the annotations; those that name a rate are buttons that set the marker. */
export class Annotations extends ChartMark {
  declare model: AnnotationsModel;
  declare private labels: SVGGElement;
  declare private items: Keyed<Annotation, Elements>;
  declare private shown: Annotation[];

  protected override build(): void {
    this.el.classList.add('lrfind-spots');
    // Apart from the dots, so that the middle of an item is its dot and not beside it.
    this.labels = svg(this.el, 'g', { 'aria-hidden': 'true' });
    const items = svg(this.el, 'g');
    this.items = new Keyed<Annotation, Elements>(
      items,
      (place) => this.add(items, Number(place)),
      (elements, annotation) => {
        this.paintItem(elements, annotation);
      },
    );
    this.shown = [];
    const { marker } = this.model;
    if (marker) {
      this.listenTo(marker, 'change:value', this.schedule);
    }
  }

  private choose(place: number): void {
    const chosen = this.shown[place];
    if (chosen && chosen.kind !== 'end') {
      this.model.marker?.choose(chosen.lr);
    }
  }

  protected override paint(): void {
    const { mapX, width, height } = this;
    this.shown = dictsOf(this.model.get('annotations')).map(read).filter(({ lr }) => mapX.shows(lr));
    const texts = this.items.show(this.shown).map(({ text }) => text);
    this.labels.replaceChildren(...texts);
    const wanted = this.shown.map((annotation, index) => {
      const text = texts[index];
      return { ...this.spot(annotation), width: text ? textWidth(text) : 0, height: LINE };
    });
    placeLabels(wanted, { width, height }, this.line()).forEach((box, index) => {
      const text = texts[index];
      if (text) {
        attr(text, {
          x: box ? box.x : 0,
          y: box ? box.y + LINE - 4 : 0,
          display: box ? null : 'none',
        });
      }
    });
  }

  /** Where an annotation is drawn: above the frame, or not a number, at its upper edge. */
  private spot({ lr, loss }: Annotation): Point {
    const y = this.mapY.pixel(loss);
    return {
      x: this.mapX.pixel(lr),
      y: Number.isNaN(y) ? EDGE : clamp(y, EDGE, this.height),
    };
  }

  /** Points of the curve's line, near enough to one another for a label to see it. */
  private line(): Point[] {
    const { mapX, mapY } = this;
    const curve = this.model.curve;
    if (!curve || this.shown.length === 0) {
      return [];
    }
    const { lr, loss } = curve.mainLine;
    const line: Point[] = [];
    let before: Point | undefined;
    for (let index = 0; index < lr.length; index += Math.ceil(lr.length / SAMPLES)) {
      const point = { x: mapX.pixel(lr[index] ?? NaN), y: mapY.pixel(loss[index] ?? NaN) };
      line.push(...(before ? between(before, point) : []), point);
      before = point;
    }
    return line;
  }

  private paintItem({ root, halo, shape, text, title }: Elements, annotation: Annotation): void {
    const { kind, label } = annotation;
    const { x, y } = this.spot(annotation);
    const pressed = kind !== 'end';
    const held = this.mapX.pixel(this.model.marker?.value ?? NaN);
    attr(root, {
      // The marker lies below and can be held anywhere: a dot on its line takes no pointer.
      'pointer-events': Math.abs(held - x) <= REACH ? 'none' : null,
      class: `lrfind-spot${KINDS.has(kind) ? ` lrfind-spot-${kind}` : ''}`,
      role: pressed ? 'button' : 'img',
      tabindex: pressed ? 0 : null,
      'aria-label': pressed ? `Choose ${label}` : label,
      'data-lm-suppress-shortcuts': pressed ? 'true' : null,
    });
    attr(halo, { cx: x, cy: y });
    attr(shape, { d: kind === 'end' ? CROSS : DOT, transform: `translate(${x},${y})` });
    say(title, annotation.title || label);
    say(text, label);
  }

  private add(parent: Element, place: number): Elements {
    const root = svg(parent, 'g');
    root.addEventListener('click', () => {
      this.choose(place);
    });
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        event.stopPropagation();
        this.choose(place);
      }
    });
    return {
      root,
      title: svg(root, 'title'),
      halo: svg(root, 'circle', { class: 'lrfind-spot-halo', r: REACH }),
      shape: svg(root, 'path', { class: 'lrfind-spot-shape' }),
      text: svg(this.labels, 'text', { class: 'lrfind-spot-label' }),
    };
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

function read({ lr, loss, kind, label, title }: Entries): Annotation {
  return {
    lr: Number(lr),
    loss: asNumber(loss) ?? NaN,
    kind: asText(kind),
    label: asText(label),
    title: asText(title),
  };
}
