import type { HideableMarkModel } from './chart_mark';
import type { CurveModel, LineName } from './curve_model';
import { attr, html, say } from './dom';
import { Keyed } from './keyed';
import { LINE, sample } from './looks';
import { shortName } from './runs';

const LINES: readonly (readonly [LineName, string])[] = [
  ['fit', 'The fit to the losses (dots), from both sides of each rate'],
  ['average', "fastai's running average of the losses (dots), which hangs behind them; the steepest fall is on it, outside of the hatched ends"],
  ['validation', 'The validation loss'],
];

/** A line of the chart: its name, how it is drawn, and what switches it off and on. */
interface Item {
  readonly name: string;
  readonly title: string;
  readonly look: string;
  /** The `d` of its sample. */
  readonly shape: string;
  readonly drawn: boolean;
  readonly isRun: boolean;
  toggle(): void;
}

interface Elements {
  readonly root: HTMLButtonElement;
  readonly look: SVGPathElement;
  /** What the number of a run follows, which goes where there is no room. */
  readonly word: HTMLElement;
  readonly name: HTMLElement;
}

/** The names of the lines, each a button that switches its line off and on. */
export class Legend {
  readonly el: HTMLDivElement;
  private readonly items: Keyed<Item, Elements>;
  private shown: ReadonlyMap<string, Item> = new Map();

  constructor(private readonly curve: CurveModel) {
    this.el = html('div', { class: 'lrfind-legend', role: 'group', 'aria-label': 'Lines' });
    this.items = new Keyed<Item, Elements>(
      this.el,
      (key) => this.add(key),
      (elements, item) => {
        fill(elements, item);
      },
      ({ name }) => name,
    );
  }

  /** Shows which lines there are and which of them are drawn. */
  paint(): void {
    const items = [...this.ofCurve(), ...this.ofRuns()];
    this.shown = new Map(items.map((item) => [item.name, item]));
    this.items.show(items);
  }

  private ofCurve(): Item[] {
    const { curve } = this;
    const there = LINES.filter(([name]) => name !== 'validation' || curve.validated);
    const { spread, bands } = curve;
    const repeats = 'From the lowest to the highest of the repeats';
    const refined = 'What was swept again in smaller steps';
    return [
      ...there.map(([name, title]) =>
        line(name, title, `lrfind-line lrfind-line-${name}`, curve.draws(name), () => {
          curve.toggle(name);
        }),
      ),
      ...(spread?.known ? [hideable(spread, 'repeats', repeats, 'lrfind-spread-look')] : []),
      ...(bands?.refined
        ? [{ ...hideable(bands, 'refined', refined, 'lrfind-refined-look'), shape: BRACKET }]
        : []),
    ];
  }

  private ofRuns(): Item[] {
    const { runs } = this.curve;
    return (runs?.named ?? []).map(({ name, visible, look }) => ({
      ...line(name, `${visible ? 'Hide' : 'Show'} ${name}`, look, visible, () => {
        runs?.toggle(name);
      }),
      isRun: true,
    }));
  }

  private add(key: string): Elements {
    const root = html('button', { type: 'button' });
    root.addEventListener('click', () => {
      this.shown.get(key)?.toggle();
    });
    const look = sample(root);
    const word = html('span', { class: 'lrfind-legend-word' });
    const name = html('span');
    root.append(html('span', {}, word, name));
    return { root, look, word, name };
  }
}

function line(name: string, title: string, look: string, drawn: boolean, toggle: () => void): Item {
  return { name, title, look, shape: LINE, drawn, isRun: false, toggle };
}

function hideable(mark: HideableMarkModel, name: string, title: string, look: string): Item {
  return line(name, title, look, mark.drawn, () => {
    mark.toggle();
  });
}

/** Of a run the number is enough where its whole name stands at its line, and for the eye alone. */
function fill({ root, look, word, name }: Elements, item: Item): void {
  const short = shortName(item.name);
  const [, before = '', number = short] = /^(.* )(\d+)$/.exec(short) ?? [];
  attr(root, {
    class: `lrfind-tool lrfind-legend-item${item.isRun ? ` lrfind-legend-run ${item.look}` : ''}`,
    title: item.title,
    'aria-label': before ? item.name : null,
    'aria-pressed': String(item.drawn),
  });
  attr(look, { class: item.look, d: item.shape });
  say(word, before);
  say(name, number);
}

const BRACKET = 'M2 9V4H12V9';
