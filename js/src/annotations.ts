import { type IBackboneModelOptions, unpack_models } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel } from './chart_mark';
import type { CurveModel } from './curve';
import { attr, say, svg, textWidth } from './dom';
import { placeLabels, type Point } from './geometry/labels';
import { clamp } from './geometry/mapping';
import { identity } from './identity';
import { Keyed } from './keyed';
import { earlierLook } from './looks';
import type { MarkerModel } from './marker';
import type { RunsModel } from './runs';
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
      runs: null,
    };
  }

  get marker(): MarkerModel | null {
    return (this.get('marker') ?? null) as MarkerModel | null;
  }

  get curve(): CurveModel | null {
    return (this.get('curve') ?? null) as CurveModel | null;
  }

  get runs(): RunsModel | null {
    return (this.get('runs') ?? null) as RunsModel | null;
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.listenTo(this, 'change:annotations change:curve', this.tellCurve);
    this.tellCurve();
  }

  /** Lets the curve's readout say the critical rate. */
  private tellCurve(): void {
    const known = dictsOf(this.get('annotations')).find(({ kind }) => kind === 'critical');
    this.curve?.setCritical(asNumber(known?.['lr']));
  }

  static override serializers = {
    ...MarkModel.serializers,
    marker: { deserialize: unpack_models },
    curve: { deserialize: unpack_models },
    runs: { deserialize: unpack_models },
  };
}

const KINDS = new Set(['min_gradient', 'suggestion', 'end', 'critical']);
/** The kinds whose rate can be chosen. */
const CHOICES = new Set(['min_gradient', 'suggestion']);
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
  readonly unsure: boolean;
}

/** The name of an earlier run, and a point of its line. */
interface RunName {
  readonly name: string;
  readonly look: string;
  readonly at: Point;
}

/**
 * Draws the annotations, of which those that name a rate are buttons that set the marker, and the
 * names of earlier runs, so that no label lies over another.
 */
export class Annotations extends ChartMark {
  declare model: AnnotationsModel;
  declare private labels: SVGGElement;
  declare private items: Keyed<Annotation, Elements>;
  declare private shown: Annotation[];
  declare private names: Keyed<RunName, { root: SVGTextElement }>;

  protected override build(): void {
    this.el.classList.add('lrfind-spots');
    // Apart from the dots, so that the middle of an item is its dot and not beside it.
    this.labels = svg(this.el, 'g', { 'aria-hidden': 'true' });
    const names = svg(this.el, 'g', { 'aria-hidden': 'true' });
    this.names = new Keyed<RunName, { root: SVGTextElement }>(
      names,
      () => ({ root: svg(names, 'text') }),
      ({ root }, { name, look }) => {
        attr(root, { class: `lrfind-run-name ${look}` });
        say(root, name);
      },
    );
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
    if (this.model.runs) {
      this.listenTo(this.model.runs, 'change:runs', this.schedule);
    }
  }

  private choose(place: number): void {
    const chosen = this.shown[place];
    if (chosen && CHOICES.has(chosen.kind)) {
      this.model.marker?.choose(chosen.lr);
    }
  }

  protected override paint(): void {
    const { mapX, width, height } = this;
    this.shown = dictsOf(this.model.get('annotations')).map(read).filter(({ lr }) => mapX.shows(lr));
    const labelled = this.items
      .show(this.shown)
      .map(({ root, text }, index) => ({ root, text, of: this.shown[index] as Annotation }));
    const [quiet, loud] = [true, false].map((is) =>
      labelled.filter(({ of }) => (of.kind === 'critical') === is),
    ) as [typeof labelled, typeof labelled];
    this.labels.replaceChildren(...loud.map(({ text }) => text));
    const runs = this.runNames();
    const names = this.names.show(runs).map(({ root }) => root);
    const texts = [...loud.map(({ text }) => text), ...names];
    const wanted = [...loud.map(({ of }) => this.spot(of)), ...runs.map(({ at }) => at)].map(
      (point, index) => ({ ...point, width: textWidth(texts[index] as SVGTextElement), height: LINE }),
    );
    placeLabels(wanted, { width, height }, this.lines()).forEach((box, index) => {
      const text = texts[index];
      if (text) {
        attr(text, {
          x: box ? box.x : 0,
          y: box ? box.y + LINE - 4 : 0,
          display: box ? null : 'none',
        });
      }
    });
    // Shown while its mark is hovered or has the focus.
    for (const { root, text, of } of quiet) {
      root.append(text);
      const half = textWidth(text) / 2;
      const x = clamp(mapX.pixel(of.lr) - half, 0, Math.max(0, width - 2 * half));
      attr(text, { x, y: height - LINE, display: null });
    }
  }

  /** Where an annotation is drawn: above the frame, or not a number, at its upper edge. */
  private spot({ lr, loss, kind }: Annotation): Point {
    const y = kind === 'critical' ? this.height : this.mapY.pixel(loss);
    return {
      x: this.mapX.pixel(lr),
      y: Number.isNaN(y) ? EDGE : clamp(y, EDGE, this.height),
    };
  }

  /** The earlier runs that are drawn, each with the last point of its line that is in sight. */
  private runNames(): RunName[] {
    const { mapX, mapY, width, height } = this;
    return (this.model.runs?.runs ?? []).flatMap(({ name, lr, loss, visible }, index) => {
      const points = Array.from(lr, (rate, at) => ({
        x: mapX.pixel(rate),
        y: mapY.pixel(loss[at] ?? NaN),
      }));
      const at = points
        .reverse()
        .find(({ x, y }) => x >= 0 && x <= width && y >= 0 && y <= height);
      return visible && name && at ? [{ name, look: earlierLook(index), at }] : [];
    });
  }

  /** Points of the lines, near enough to one another for a label to see them. */
  private lines(): Point[] {
    const curve = this.model.curve;
    const runs = (this.model.runs?.runs ?? []).filter(({ visible }) => visible);
    if (!curve || this.shown.length + runs.length === 0) {
      return [];
    }
    const { lr, smoothed } = curve.series.columns;
    const average = curve.draws('average') ? [{ lr, loss: smoothed }] : [];
    return [curve.mainLine, ...average, ...runs].flatMap((line) => this.pointsOf(line.lr, line.loss));
  }

  private pointsOf(lr: Float64Array, loss: Float64Array): Point[] {
    const { mapX, mapY, height } = this;
    const line: Point[] = [];
    let before: Point | undefined;
    for (let index = 0; index < lr.length; index += Math.ceil(lr.length / SAMPLES)) {
      // No further beyond the frame than it takes to leave it where the line does.
      const y = clamp(mapY.pixel(loss[index] ?? NaN), -height, 2 * height);
      const point = { x: mapX.pixel(lr[index] ?? NaN), y };
      line.push(...(before ? between(before, point) : []), point);
      before = point;
    }
    return line;
  }

  private paintItem({ root, halo, shape, text, title }: Elements, annotation: Annotation): void {
    const { kind, label, unsure } = annotation;
    const { x, y } = this.spot(annotation);
    const pressed = CHOICES.has(kind);
    const look = KINDS.has(kind) ? ` lrfind-spot-${kind}` : '';
    const held = this.mapX.pixel(this.model.marker?.value ?? NaN);
    attr(root, {
      // The marker lies below and can be held anywhere: a dot on its line takes no pointer.
      'pointer-events': Math.abs(held - x) <= REACH ? 'none' : null,
      class: `lrfind-spot${look}${unsure ? ' lrfind-spot-unsure' : ''}`,
      role: pressed ? 'button' : 'img',
      tabindex: pressed || kind === 'critical' ? 0 : null,
      'aria-label': pressed ? `Choose ${label}` : label,
    });
    attr(halo, { cx: x, cy: y });
    attr(shape, { d: SHAPES[kind] ?? DOT, transform: `translate(${x},${y})` });
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

/** Points between two, no further apart than a label is high. */
function between(a: Point, b: Point): Point[] {
  const steps = Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / LINE);
  return Array.from({ length: Math.max(0, steps - 1) || 0 }, (_, index) => {
    const part = (index + 1) / steps;
    return { x: a.x + part * (b.x - a.x), y: a.y + part * (b.y - a.y) };
  });
}

const DOT = 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z';
const SHAPES: Readonly<Record<string, string | undefined>> = {
  end: 'M-4.5 -4.5L4.5 4.5M-4.5 4.5L4.5 -4.5',
  critical: 'M0 0L-4 -7H4Z',
};

function read({ lr, loss, kind, label, title, certainty }: Entries): Annotation {
  return {
    lr: Number(lr),
    loss: asNumber(loss) ?? NaN,
    kind: asText(kind),
    label: asText(label),
    title: asText(title),
    unsure: certainty === 'unsure',
  };
}
