import { svg } from './dom';

/** How many looks of an earlier run the style sheets have; the look goes with its place. */
export const RUN_LOOKS = 4;

/** The classes of an earlier run's line: the look goes with its place in the list. */
export const earlierLook = (index: number): string =>
  `lrfind-earlier-run lrfind-earlier-run-${index % RUN_LOOKS}`;

/** How many looks of a short training the style sheets have. */
const TRAINING_LOOKS = 7;

/**
 * The classes of a rate that was tried, the same in both charts: the look goes with its place, and
 * the chosen one has the marker's colour, a dropped one is grey.
 */
export const trainingLook = (index: number, fate: string): string => {
  const look = `lrfind-training-${index % TRAINING_LOOKS}`;
  return fate === 'chosen' || fate === 'dropped' ? `${look} lrfind-training-${fate}` : look;
};

/** A piece of line, to be drawn in the look of one. */
export function sample(parent: Element): SVGPathElement {
  const drawn = svg(parent, 'svg', { width: 24, height: 10, 'aria-hidden': 'true' });
  return svg(drawn, 'path', { d: 'M2 5H22' });
}
