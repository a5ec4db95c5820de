import { svg } from './dom';

/** How many colours and how many dashes the style sheets have. */
const COLOURS = 7;
const DASHES = 7;

/** The colours of runs. The third means validation, as it does beside them. */
const OF_RUNS = [4, 5, 6, 0, 1, 3];

/** The look of a run in the list, by its place; no two of 42 are alike. */
export const runLook = (index: number): string =>
  `lrfind-look-${OF_RUNS[index % OF_RUNS.length] ?? 0} lrfind-dash-${index % DASHES}`;

/** The classes of an earlier run's line: the look goes with its place in the list. */
export const earlierLook = (index: number): string => `lrfind-earlier-run ${runLook(index)}`;

/**
 * The classes of a rate that was tried, the same in both charts: the look goes with its place, and
 * the chosen one has the marker's colour, a dropped one is grey.
 */
export const trainingLook = (index: number, fate: string): string => {
  const look = `lrfind-look-${index % COLOURS} lrfind-dash-${index % DASHES}`;
  return fate === 'chosen' || fate === 'dropped' ? `${look} lrfind-training-${fate}` : look;
};

/** A piece of line. */
export const LINE = 'M2 5H22';

/** A piece of line, to be drawn in the look of one. */
export function sample(parent: Element): SVGPathElement {
  const drawn = svg(parent, 'svg', { width: 24, height: 10, 'aria-hidden': 'true' });
  return svg(drawn, 'path', { d: LINE });
}
