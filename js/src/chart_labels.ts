import { attr, say, svg, textWidth } from './dom';
import type { Box, Point, Size } from './geometry/box';
import type { Ink } from './geometry/ink';
import { type Place, placeLabels } from './geometry/labels';
import { Keyed } from './keyed';

/** A text in the plot area, and where it may stand, the best place first. */
export interface Label {
  readonly text: string;
  /** What stands there where the whole text would cover a line, if there is such a thing. */
  readonly short?: string;
  readonly look: string;
  places(size: Size, chart: Size): readonly Point[];
  /** What a click does; absent where there is nothing to press. */
  press?(): void;
}

/** Height of a label, and of that what is below its baseline. */
const LINE = 16;
const DESCENT = 4;

/** Where less of a label may stand. */
function shorter({ text, short = text, places }: Label, size: Size, chart: Size): Place[] {
  const width = Math.ceil((size.width * short.length) / text.length);
  return short === text ? [] : places({ ...size, width }, chart).map((at) => ({ ...at, width }));
}

/** The texts in the plot area, no two of which lie over one another. */
export class ChartLabels {
  private readonly texts: Keyed<Label, { root: SVGTextElement }>;
  private shown: readonly Label[] = [];

  constructor(parent: Element) {
    // What can be pressed here has a button elsewhere, for keys and for who does not see.
    const group = svg(parent, 'g', { class: 'lrfind-labels', 'aria-hidden': 'true' });
    this.texts = new Keyed<Label, { root: SVGTextElement }>(
      group,
      (place) => ({ root: this.add(group, Number(place)) }),
      ({ root }, { text, look, press }) => {
        // A text that is hidden has no width.
        attr(root, { class: `${look}${press ? ' lrfind-pressed' : ''}`, display: null });
        say(root, text);
      },
    );
  }

  /** Shows labels, the most important first, that cover nothing that is taken. */
  show(labels: readonly Label[], chart: Size, taken: readonly Box[], lines: Ink): void {
    this.shown = labels;
    const texts = this.texts.show(labels).map(({ root }) => root);
    const wanted = labels.map((label, index) => {
      const size = { width: textWidth(texts[index] as SVGTextElement), height: LINE };
      return { ...size, places: [...label.places(size, chart), ...shorter(label, size, chart)] };
    });
    placeLabels(wanted, chart, taken, lines).forEach((box, index) => {
      const { text, short = text } = labels[index] as Label;
      say(texts[index] as SVGTextElement, box?.width === wanted[index]?.width ? text : short);
      attr(texts[index] as SVGTextElement, {
        x: box ? box.x : 0,
        y: box ? box.y + LINE - DESCENT : 0,
        display: box ? null : 'none',
      });
    });
  }

  private add(parent: Element, place: number): SVGTextElement {
    const text = svg(parent, 'text');
    text.addEventListener('click', () => {
      this.shown[place]?.press?.();
    });
    return text;
  }
}
