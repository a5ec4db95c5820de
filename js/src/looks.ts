/** How many looks of an earlier run the style sheets have; the look goes with its place. */
export const RUN_LOOKS = 4;

/** The classes of an earlier run's line: the look goes with its place in the list. */
export const earlierLook = (index: number): string =>
  `lrfind-earlier-run lrfind-earlier-run-${index % RUN_LOOKS}`;
