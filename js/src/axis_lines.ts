import { attr, say, svg, textWidth } from './dom';
import type { Mapping } from './geometry/mapping';
import { linearTicks, logTicks, type Tick } from './geometry/ticks';
import { Keyed } from './keyed';

/** Height that a label takes along the vertical axis, and the air between two. */
const LINE = 18;
const STROKE = 5;
const SMALL_STROKE = 3;

interface Label {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string | number | null>>;
}

/** The two axes: strokes, labels in people's notation, and a faint grid. */
export class AxisLines {
  private readonly grid: SVGPathElement;
  private readonly strokes: SVGPathElement;
  private readonly labels: Keyed<Label, { root: SVGTextElement }>;
  private readonly xLabel: SVGTextElement;
  private readonly yLabel: SVGTextElement;

  constructor(parent: Element) {
    this.grid = svg(parent, 'path', { class: 'lrfind-grid' });
    this.strokes = svg(parent, 'path', { class: 'lrfind-axis' });
    const labels = svg(parent, 'g', { class: 'lrfind-tick-labels', 'aria-hidden': 'true' });
    this.labels = new Keyed(
      labels,
      () => ({ root: svg(labels, 'text') }),
      ({ root }, { text, attributes }) => {
        say(root, text);
        attr(root, attributes);
      },
    );
    this.xLabel = svg(parent, 'text', { class: 'lrfind-axis-label', 'text-anchor': 'end' });
    this.yLabel = svg(parent, 'text', { class: 'lrfind-axis-label', 'text-anchor': 'end' });
  }

  /** Draws both; the vertical axis without numbers where there is nothing to measure. */
  paint(mapX: Mapping, mapY: Mapping, xLabel: string, yLabel: string, measured: boolean): void {
    const width = mapX.range[1];
    const height = mapY.range[0];
    const across = mapX.log ? logTicks(mapX) : linearTicks(mapX);
    const up = !measured ? [] : mapY.log ? logTicks(mapY, LINE) : linearTicks(mapY, LINE);
    const grid: string[] = [];
    const strokes = [`M0 0V${height}H${width}`];
    for (const tick of across) {
      const x = crisp(mapX.pixel(tick.value));
      strokes.push(`M${x} ${height}v${tick.label ? STROKE : SMALL_STROKE}`);
      if (tick.label) {
        grid.push(`M${x} 0V${height}`);
      }
    }
    for (const tick of up) {
      const y = crisp(mapY.pixel(tick.value));
      strokes.push(`M0 ${y}h${tick.label ? -STROKE : -SMALL_STROKE}`);
      if (tick.label) {
        grid.push(`M0 ${y}H${width}`);
      }
    }
    attr(this.grid, { d: grid.join('') });
    attr(this.strokes, { d: strokes.join('') });
    this.paintLabels(across, up, mapX, mapY);
    say(this.xLabel, xLabel);
    attr(this.xLabel, { y: height + 40 });
    say(this.yLabel, yLabel);
    attr(this.yLabel, { x: -15, y: -10 });
  }

  /** Width of the label of the horizontal axis. */
  get labelWidth(): number {
    return textWidth(this.xLabel);
  }

  /** Shows the label of the horizontal axis up to a pixel, or hides it. */
  placeLabel(end: number | null): void {
    attr(this.xLabel, { x: end, visibility: end === null ? 'hidden' : null });
  }

  private paintLabels(across: Tick[], up: Tick[], mapX: Mapping, mapY: Mapping): void {
    const height = mapY.range[0];
    this.labels.show(
      [
        ...across.map(({ value, label }) => ({
          text: label,
          attributes: { x: mapX.pixel(value), y: height + 19, 'text-anchor': 'middle', dy: null },
        })),
        ...up.map(({ value, label }) => ({
          text: label,
          attributes: { x: -9, y: mapY.pixel(value), 'text-anchor': 'end', dy: '0.33em' },
        })),
      ].filter(({ text }) => text !== ''),
    );
  }
}

/** The middle of a pixel, where a line of one pixel is sharp. */
function crisp(pixel: number): number {
  return Math.floor(pixel) + 0.5;
}
