import { ChartMark, HideableMarkModel } from './chart_mark';
import { attr, svg } from './dom';
import { clamp } from './geometry/mapping';
import { identity } from './identity';
import { Keyed } from './keyed';
import { asText, dictsOf } from './values';

/** An interval of the rate. */
interface Band {
  readonly kind: string;
  readonly label: string;
  readonly start: number;
  readonly stop: number;
  readonly unsure: boolean;
}

/** Intervals of the rate: ends not searched, where the loss falls, and what was refined, which can be hidden. */
export class BandsModel extends HideableMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Bands'), bands: [] };
  }

  /** All of them, from the lowest to the highest. */
  get bands(): Band[] {
    return dictsOf(this.get('bands')).map(({ kind, label, start, stop, certainty }) => ({
      kind: asText(kind),
      label: asText(label),
      start: Number(start),
      stop: Number(stop),
      unsure: certainty === 'unsure',
    }));
  }

  /** Whether a part of the curve was refined. */
  get refined(): boolean {
    return this.bands.some(({ kind }) => kind === 'refined');
  }

  /** What a rate lies in, in words; a band may be too narrow for its name. */
  at(lr: number): string {
    const around = this.bands.reverse().filter(({ start, stop }) => lr >= start && lr <= stop);
    return around.map(({ label }) => label).join(', ');
  }

  /** Whether the loss falls at a rate, in words; empty where nothing is known. */
  standing(lr: number): string {
    const range = this.bands.find(({ kind }) => kind === 'usable');
    if (range === undefined) {
      return '';
    }
    const where = lr < range.start ? 'below ' : lr > range.stop ? 'above ' : '';
    return `${where}where the loss ${range.unsure ? 'may fall' : 'falls'}`;
  }
}

const KINDS = new Set(['skipped', 'usable', 'refined']);
/** How far the bracket over what was refined comes down. */
const BRACKET = 6;

interface Elements {
  readonly root: SVGGElement;
  readonly rect: SVGRectElement;
  readonly edges: SVGPathElement;
}

/** Tints the intervals over the height of the chart; what was refined has a bracket over it. */
export class Bands extends ChartMark {
  declare model: BandsModel;
  declare private bands: Keyed<Band, Elements>;
  declare private hatch: string;

  protected override build(): void {
    this.el.classList.add('lrfind-bands');
    this.el.setAttribute('aria-hidden', 'true');
    // Strokes rather than a second tint, so that a band below is still told by its colour.
    const id = `lrfind-hatch-${this.cid}`;
    const unit = { width: 7, height: 7, patternUnits: 'userSpaceOnUse' };
    const hatch = svg(this.el, 'pattern', { id, ...unit, patternTransform: 'rotate(45)' });
    svg(hatch, 'path', { class: 'lrfind-hatch', d: 'M0 0V7' });
    this.hatch = `url(#${id})`;
    const bands = svg(this.el, 'g');
    this.bands = new Keyed<Band, Elements>(
      bands,
      () => this.add(bands),
      (elements, band) => {
        this.paintBand(elements, band);
      },
    );
  }

  protected override paint(): void {
    this.bands.show(this.model.bands);
  }

  private paintBand({ root, rect, edges }: Elements, band: Band): void {
    const { mapX, width, height } = this;
    const { kind, start, stop, unsure } = band;
    const left = clamp(mapX.pixel(start), 0, width);
    const right = clamp(mapX.pixel(stop), 0, width);
    const wide = right - left;
    const look = KINDS.has(kind) ? ` lrfind-band-${kind}` : '';
    attr(root, {
      class: `lrfind-band${look}${unsure ? ' lrfind-band-unsure' : ''}`,
      display: wide > 0 ? null : 'none',
    });
    if (wide > 0) {
      const fill = kind === 'skipped' ? this.hatch : null;
      attr(rect, { x: left, y: 0, width: wide, height, fill });
      const bracket = kind === 'refined' && this.model.drawn ? `M${left} ${BRACKET}V1H${right}V${BRACKET}` : null;
      attr(edges, { d: unsure ? `M${left} 0V${height}M${right} 0V${height}` : bracket });
    }
  }

  private add(parent: Element): Elements {
    const root = svg(parent, 'g');
    return {
      root,
      rect: svg(root, 'rect', { class: 'lrfind-band-area' }),
      edges: svg(root, 'path', { class: 'lrfind-band-edges' }),
    };
  }
}
