import { attr, say, svg } from './dom';
import type { Box } from './geometry/box';
import type { Mapping } from './geometry/mapping';
import { Keyed } from './keyed';
import { trainingLook } from './looks';
import { asText, type Entries } from './values';

interface Tick {
  readonly root: SVGPathElement;
  readonly title: SVGTitleElement;
}

/** Ticks at the axis where rates were tried, in the looks of their lines in the other chart. */
export class TriedRates {
  private readonly ticks: Keyed<Entries, Tick>;

  constructor(parent: Element) {
    // The other chart says which rates they are.
    const group = svg(parent, 'g', { 'aria-hidden': 'true' });
    this.ticks = new Keyed<Entries, Tick>(
      group,
      () => {
        const root = svg(group, 'path');
        return { root, title: svg(root, 'title') };
      },
      ({ root, title }, { name, fate }, index) => {
        attr(root, { class: `lrfind-tried ${trainingLook(index, asText(fate))}` });
        say(title, `tried: ${asText(name)}`);
      },
    );
  }

  /** Draws them; returns what they take. */
  paint(tried: readonly Entries[], mapX: Mapping, height: number): Box[] {
    return this.ticks.show(tried).flatMap(({ root }, index) => {
      const lr = Number(tried[index]?.['lr']);
      const x = mapX.pixel(lr);
      const isShown = mapX.shows(lr);
      attr(root, { d: isShown ? `M${x} ${height}v-${TICK}` : null });
      return isShown ? [{ x: x - 2, y: height - TICK, width: 4, height: TICK }] : [];
    });
  }
}

const TICK = 10;
