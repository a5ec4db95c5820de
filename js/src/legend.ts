import type { CurveModel, LineName } from './curve';
import { attr, html, svg } from './dom';

const LINES: readonly (readonly [LineName, string, string])[] = [
  ['fit', 'fit', 'The fit to the points on both sides of each rate'],
  ['average', 'average', "fastai's running average, which hangs behind the points"],
  ['validation', 'validation', 'The validation loss'],
];

/** The names of the curve's lines, each a button that switches its line off and on. */
export class Legend {
  readonly el: HTMLDivElement;
  private readonly items: readonly (readonly [LineName, HTMLButtonElement])[];

  constructor(private readonly curve: CurveModel) {
    this.el = html('div', { class: 'lrfind-legend', role: 'group', 'aria-label': 'Lines' });
    this.items = LINES.map(([name, label, title]) => {
      const item = html('button', { type: 'button', class: 'lrfind-tool lrfind-legend-item', title });
      const sample = svg(item, 'svg', { width: 24, height: 10, 'aria-hidden': 'true' });
      svg(sample, 'path', { class: `lrfind-line lrfind-line-${name}`, d: 'M2 5H22' });
      item.append(label);
      item.addEventListener('click', () => {
        curve.toggle(name);
      });
      this.el.append(item);
      return [name, item];
    });
  }

  /** Shows which lines there are and which of them are drawn. */
  paint(): void {
    for (const [name, item] of this.items) {
      item.hidden = name === 'validation' && !this.curve.validated;
      attr(item, { 'aria-pressed': String(this.curve.draws(name)) });
    }
  }
}
