import { ChartMark, ChartMarkModel, identity } from './chart_mark';
import { attr, keep, say, svg, textWidth } from './dom';
import { clamp } from './geometry/mapping';

/** Intervals of the rate that are tinted: skipped ends, the usable range. */
export class BandsModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Bands'), bands: [] };
  }
}

const KINDS = new Set(['skipped', 'usable']);

interface Elements {
  readonly group: SVGGElement;
  readonly rect: SVGRectElement;
  readonly text: SVGTextElement;
}

/** Tints the intervals over the height of the chart. */
export class Bands extends ChartMark {
  declare model: BandsModel;
  declare private items: SVGGElement[];
  declare private parts: WeakMap<SVGGElement, Elements>;

  protected override build(): void {
    this.el.classList.add('lrfind-bands');
    this.el.setAttribute('aria-hidden', 'true');
    this.items = [];
    this.parts = new WeakMap();
  }

  protected override paint(): void {
    const { mapX, width, height } = this;
    const bands = this.model.list('bands');
    keep(this.items, bands.length, () => this.add());
    bands.forEach((band, index) => {
      const item = this.items[index];
      const elements = item && this.parts.get(item);
      if (!elements) {
        return;
      }
      const kind = String(band['kind']);
      const left = clamp(mapX.pixel(Number(band['start'])), 0, width);
      const right = clamp(mapX.pixel(Number(band['stop'])), 0, width);
      const wide = right - left;
      attr(elements.group, {
        class: KINDS.has(kind) ? `lrfind-band lrfind-band-${kind}` : 'lrfind-band',
        display: wide > 0 ? null : 'none',
      });
      if (wide > 0) {
        const label = typeof band['label'] === 'string' ? band['label'] : '';
        attr(elements.rect, { x: left, y: 0, width: wide, height });
        say(elements.text, label);
        attr(elements.text, {
          x: left + 6,
          y: height - 8,
          display: textWidth(elements.text) + 12 > wide ? 'none' : null,
        });
      }
    });
  }

  private add(): SVGGElement {
    const group = svg(this.el, 'g');
    this.parts.set(group, {
      group,
      rect: svg(group, 'rect', { class: 'lrfind-band-area' }),
      text: svg(group, 'text', { class: 'lrfind-band-label' }),
    });
    return group;
  }
}
