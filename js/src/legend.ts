import type { CurveModel, LineName } from './curve';
import { attr, html, say, svg } from './dom';
import { earlierLook } from './looks';
import type { RunsModel } from './runs';

const LINES: readonly (readonly [LineName, string, string])[] = [
  ['fit', 'fit', 'The fit to the points on both sides of each rate'],
  ['average', 'average', "fastai's running average, which hangs behind the points"],
  ['validation', 'validation', 'The validation loss'],
];

/**
 * The names of the curve's lines, each a button that switches its line off and on, and what the
 * lines of earlier runs are, which the settings list one by one.
 */
export class Legend {
  readonly el: HTMLDivElement;
  private readonly items: readonly (readonly [LineName, HTMLButtonElement])[];
  private readonly earlier: HTMLSpanElement;
  private readonly earlierLook: SVGPathElement;
  private readonly earlierName = html('span');

  constructor(
    private readonly curve: CurveModel,
    private readonly runs: RunsModel | null,
  ) {
    this.el = html('div', { class: 'lrfind-legend', role: 'group', 'aria-label': 'Lines' });
    this.items = LINES.map(([name, label, title]) => {
      const item = html('button', { type: 'button', class: 'lrfind-tool lrfind-legend-item', title });
      attr(sample(item), { class: `lrfind-line lrfind-line-${name}` });
      item.append(label);
      item.addEventListener('click', () => {
        curve.toggle(name);
      });
      this.el.append(item);
      return [name, item];
    });
    const title = 'Named in the settings below, where each can be hidden';
    this.earlier = html('span', { class: 'lrfind-legend-item lrfind-legend-earlier', title });
    this.earlierLook = sample(this.earlier);
    this.earlier.append(this.earlierName);
    this.el.append(this.earlier);
  }

  /** Shows which lines there are and which of them are drawn. */
  paint(): void {
    for (const [name, item] of this.items) {
      item.hidden = name === 'validation' && !this.curve.validated;
      attr(item, { 'aria-pressed': String(this.curve.draws(name)) });
    }
    const shown = (this.runs?.runs ?? []).flatMap(({ visible }, index) => (visible ? [index] : []));
    this.earlier.hidden = shown.length === 0;
    attr(this.earlierLook, { class: earlierLook(shown[0] ?? 0) });
    say(this.earlierName, shown.length === 1 ? 'earlier run' : 'earlier runs');
  }
}

/** A piece of line, to be drawn in the look of one. */
function sample(parent: Element): SVGPathElement {
  const drawn = svg(parent, 'svg', { width: 24, height: 10, 'aria-hidden': 'true' });
  return svg(drawn, 'path', { d: 'M2 5H22' });
}
