/** The columns of a curve, all of one length. */
export interface Columns {
  readonly lr: Float64Array;
  readonly loss: Float64Array;
  readonly smoothed: Float64Array;
}

/** What became of an append: points were added, were known already, or points before it lack. */
export type Appended = 'added' | 'known' | 'gap';

/**
 * The points of a curve that grows.
 *
 * A curve has generations: within one it only ever gets longer, and what comes late,
 * twice or out of order can be told by its offset. Each `replace` on the kernel's side
 * begins the next generation.
 */
export class Series {
  generation = -1;
  length = 0;
  /** Whether the rates only ever rise, as they do in one sweep. */
  sorted = true;
  private store: Columns = allocate(0);

  /** The points as arrays of exactly their length, which share the memory of this series. */
  get columns(): Columns {
    return {
      lr: this.store.lr.subarray(0, this.length),
      loss: this.store.loss.subarray(0, this.length),
      smoothed: this.store.smoothed.subarray(0, this.length),
    };
  }

  /**
   * Takes a whole curve, unless it is an older one than is held; returns whether it was taken.
   *
   * A shorter curve of the same generation is older: it was written down before points
   * were added that arrived earlier.
   */
  replace(generation: number, columns: Columns): boolean {
    const length = columns.lr.length;
    const older =
      generation < this.generation || (generation === this.generation && length < this.length);
    if (older || columns.loss.length !== length || columns.smoothed.length !== length) {
      return false;
    }
    this.generation = generation;
    this.length = 0;
    this.sorted = true;
    this.add(columns, 0);
    return true;
  }

  /** Takes points that begin at `offset`: rates, raw losses and smoothed losses in one array. */
  append(generation: number, offset: number, values: Float64Array): Appended {
    const count = Math.floor(values.length / 3);
    if (generation < this.generation) {
      return 'known';
    }
    if (generation > this.generation || offset > this.length) {
      return 'gap';
    }
    if (offset + count <= this.length) {
      return 'known';
    }
    const columns = {
      lr: values.subarray(0, count),
      loss: values.subarray(count, 2 * count),
      smoothed: values.subarray(2 * count, 3 * count),
    };
    this.add(columns, this.length - offset);
    return 'added';
  }

  private add(columns: Columns, from: number): void {
    const before = this.length;
    const after = before + columns.lr.length - from;
    this.reserve(after);
    this.store.lr.set(columns.lr.subarray(from), before);
    this.store.loss.set(columns.loss.subarray(from), before);
    this.store.smoothed.set(columns.smoothed.subarray(from), before);
    this.length = after;
    for (let index = Math.max(before, 1); index < after && this.sorted; index += 1) {
      this.sorted = (this.store.lr[index] ?? NaN) >= (this.store.lr[index - 1] ?? NaN);
    }
  }

  private reserve(length: number): void {
    if (length > this.store.lr.length) {
      const grown = allocate(Math.max(length, 2 * this.store.lr.length, 128));
      grown.lr.set(this.store.lr);
      grown.loss.set(this.store.loss);
      grown.smoothed.set(this.store.smoothed);
      this.store = grown;
    }
  }
}

function allocate(length: number): Columns {
  return {
    lr: new Float64Array(length),
    loss: new Float64Array(length),
    smoothed: new Float64Array(length),
  };
}
