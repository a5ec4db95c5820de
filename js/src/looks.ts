/** How many looks of an earlier run the style sheets have; the look goes with its place. */
export const RUN_LOOKS = 4;
