/** Where something stands that is laid out in rows. */
export interface Place {
  readonly left: number;
  readonly row: number;
}

/** Lays things of some widths out from left to right, in as many rows as a width asks for. */
export function rowsOf(widths: readonly number[], width: number): Place[] {
  let left = 0;
  let row = 0;
  return widths.map((each) => {
    if (left > 0 && left + each > width) {
      left = 0;
      row += 1;
    }
    const place = { left, row };
    left += each;
    return place;
  });
}
