import type { IBackboneModelOptions } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel, references } from './chart_mark';
import type { BandsModel } from './bands';
import { ChartLabels, type Label } from './chart_labels';
import type { CurveModel } from './curve_model';
import { attr, say, svg } from './dom';
import type { Box, Point, Size } from './geometry/box';
import { formatRate } from './geometry/format';
import { inkOf, pixelsOf } from './geometry/ink';
import { besideBracket, besideDot, besideLine, dotBox, withinBand } from './geometry/labels';
import { clamp } from './geometry/mapping';
import { identity } from './identity';
import { Keyed } from './keyed';
import { earlierLook } from './looks';
import type { MarkerModel } from './marker';
import { shortName } from './runs';
import { TriedRates } from './tried';
import { asNumber, asText, dictsOf, type Entries } from './values';

/** Points worth a name: the steepest fall, what is recommended, the end of the sweep. */
export class AnnotationsModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      ...identity('Annotations'),
      annotations: [],
      tried: [],
      marker: null,
      curve: null,
      bands: null,
    };
  }

  get marker(): MarkerModel | null {
    return (this.get('marker') ?? null) as MarkerModel | null;
  }

  get curve(): CurveModel | null {
    return (this.get('curve') ?? null) as CurveModel | null;
  }

  get bands(): BandsModel | null {
    return (this.get('bands') ?? null) as BandsModel | null;
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.listenTo(this, 'change:annotations change:curve change:bands', this.tellCurve);
    this.tellCurve();
  }

  /** Lets the curve's readout say the critical rate, and what a rate lies in. */
  private tellCurve(): void {
    const known = dictsOf(this.get('annotations')).find(({ kind }) => kind === 'critical');
    this.curve?.setPlaces(asNumber(known?.['lr']), this.bands);
  }

  static override serializers = {
    ...MarkModel.serializers,
    ...references('marker', 'curve', 'bands'),
  };
}

const KINDS = new Set(['min_gradient', 'suggestion', 'end', 'critical']);
/** The kinds whose rate can be chosen. */
const CHOICES = new Set(['min_gradient', 'suggestion']);
const REACH = 12;
/** From the middle of a tick to that of a mark beside it. */
const ASIDE = 7;
/** Half of what the marker's line takes, which no label crosses. */
const HELD = 4;
/** Pixels of the plot's width for each character of a name. */
const NAME = 14;
/** Least distance from the upper edge, below the arrow of a line that goes on. */
const EDGE = 16;
/** Half of the cross at the end of a sweep, which is seen whole where that is the first step. */
const ARM = 6;

interface Elements {
  readonly root: SVGGElement;
  readonly halo: SVGCircleElement;
  readonly shape: SVGPathElement;
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

/**
 * Draws the annotations, of which those that name a rate are buttons that set the marker, and the
 * names of all that is in the plot area, so that no label lies over another.
 */
export class Annotations extends ChartMark {
  declare model: AnnotationsModel;
  declare private labels: ChartLabels;
  declare private items: Keyed<Annotation, Elements>;
  declare private shown: Annotation[];
  declare private tried: TriedRates;
  /** Where rates were tried, at the lower edge. */
  declare private ticks: Box[];

  protected override build(): void {
    this.el.classList.add('lrfind-spots');
    // Apart from the dots, so that the middle of an item is its dot and not beside it.
    this.labels = new ChartLabels(this.el);
    const items = svg(this.el, 'g');
    this.items = new Keyed<Annotation, Elements>(
      items,
      (place) => this.add(items, Number(place)),
      (elements, annotation) => {
        this.paintItem(elements, annotation);
      },
    );
    this.shown = [];
    this.tried = new TriedRates(this.el);
    const { marker, curve, bands } = this.model;
    const events = [
      [marker, 'change:value'],
      [curve, 'change'],
      [curve?.runs, 'change:runs'],
      [curve?.spread, 'change'],
      [bands, 'change'],
    ] as const;
    for (const [model, event] of events) {
      if (model) {
        this.listenTo(model, event, this.schedule);
      }
    }
  }

  private choose(place: number): void {
    const chosen = this.shown[place];
    if (chosen && CHOICES.has(chosen.kind)) {
      this.model.marker?.choose(chosen.lr);
    }
  }

  protected override paint(): void {
    const { mapX, mapY, width, height } = this;
    const { curve, marker } = this.model;
    const dots = dictsOf(this.model.get('annotations')).map(read);
    this.ticks = this.tried.paint(dictsOf(this.model.get('tried')), mapX, height);
    this.shown = dots.filter(({ lr }) => mapX.shows(lr) && curve?.shown !== false);
    this.items.show(this.shown);
    const held = mapX.pixel(marker?.value ?? NaN);
    const spots = this.shown.map((dot) => this.spot(dot));
    const taken = [...this.ticks, ...spots.map(dotBox), { x: held - HELD, y: 0, width: 2 * HELD, height }];
    const named = this.shown.map(({ label, kind }, index) => {
      const quiet = kind === 'critical' ? ' lrfind-quiet' : '';
      const at = spots[index] ?? { x: NaN, y: NaN };
      return {
        text: label,
        // That it is unsure is seen of the dot too.
        short: label.replace(/ \(unsure\)$/, ''),
        look: `lrfind-spot-label${quiet}`,
        places: (size: Size, chart: Size) => besideDot(at, size, chart),
      };
    });
    const loud = named.filter((_, index) => this.shown[index]?.kind !== 'critical');
    const bands = this.bandNames(held);
    // A quiet one is shown while its mark is hovered or has the focus.
    const labels = [...loud, ...this.runNames(), ...bands, ...named.filter((label) => !loud.includes(label))];
    this.labels.show(labels, { width, height }, taken, inkOf(curve?.lines ?? [], mapX, mapY));
  }

  /** Where an annotation is drawn: above the frame, or not a number, at its upper edge. */
  private spot({ lr, loss, kind }: Annotation): Point {
    const x = this.mapX.pixel(lr);
    // The mark of the critical rate stands at the edge, or on a tick there.
    const tick = this.ticks.find((box) => Math.abs(box.x + box.width / 2 - x) < ASIDE);
    const y = kind === 'critical' ? (tick?.y ?? this.height) : this.mapY.pixel(loss);
    return {
      x: kind === 'end' ? clamp(x, ARM, this.width - ARM) : x,
      y: Number.isNaN(y) ? EDGE : clamp(y, EDGE, this.height),
    };
  }

  /** The names of the lines that are drawn, where there are several. */
  private runNames(): Label[] {
    const { mapX, mapY, width } = this;
    const { curve } = this.model;
    const runs = curve?.runs;
    if (!curve || !runs) {
      return [];
    }
    const earlier = runs.runs.map((run, place) => ({ ...run, look: earlierLook(place) }));
    const latest = { ...curve.mainLine, name: runs.latest, visible: curve.shown, look: 'lrfind-latest' };
    const most = Math.floor(width / NAME);
    return [latest, ...earlier]
      .filter(({ name, visible }) => name && visible)
      .map(({ name, look, ...line }) => ({
        text: name.length > most ? shortName(name) : name,
        short: shortName(name),
        look: `lrfind-run-name ${look}`,
        places: (size, chart) => besideLine(pixelsOf(line, mapX, mapY), size, chart),
        // What grows is in no list yet.
        ...(runs.named.some((run) => run.name === name) && {
          press: (): void => {
            runs.toggle(name);
          },
        }),
      }));
  }

  private bandNames(held: number): Label[] {
    const { mapX, width } = this;
    const { bands } = this.model;
    const named = bands?.bands.filter(({ kind }) => kind !== 'refined' || bands.drawn) ?? [];
    return named.reverse().map(({ kind, label, start, stop }) => {
      const [left = 0, right = 0] = [start, stop].map((rate) => clamp(mapX.pixel(rate), 0, width));
      return {
        text: label,
        look: 'lrfind-band-label',
        places: (size, chart) =>
          kind === 'refined' && right > left
            ? besideBracket(left, right, size)
            : withinBand([left, right], size, chart, held),
        ...(kind === 'refined' && {
          press: (): void => {
            bands?.toggle();
          },
        }),
      };
    });
  }

  private paintItem({ root, halo, shape, title }: Elements, annotation: Annotation): void {
    const { kind, label, lr, unsure } = annotation;
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
      'aria-label': pressed ? `Choose ${label} ${formatRate(lr, 2, this.model.marker?.isLinear)}` : label,
    });
    attr(halo, { cx: x, cy: y });
    attr(shape, { d: SHAPES[kind] ?? DOT, transform: `translate(${x},${y})` });
    say(title, annotation.title || label);
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
    };
  }
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
