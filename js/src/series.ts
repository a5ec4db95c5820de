/** Columns of numbers by their names, all of one length. */
export type Columns<Name extends string> = Readonly<Record<Name, Float64Array>>;

/** What became of an append: points were added, were known already, or points before it lack. */
type Appended = 'added' | 'known' | 'gap';

/**
 * Points that become more, as columns of numbers.
 *
 * A series has generations: within one it only ever gets longer, and what comes late,
 * twice or out of order is recognised by its offset. Each `replace` on the kernel's side
 * begins the next generation.
 */
export class Series<Name extends string> {
  generation = -1;
  length = 0;
  /** Whether the first column only ever rises, as the rates do in one sweep. */
  sorted = true;
  private store: Columns<Name>;

  constructor(private readonly names: readonly Name[]) {
    this.store = this.columnsOf(() => new Float64Array());
  }

  /** The points as arrays of exactly their length, which share the memory of this series. */
  get columns(): Columns<Name> {
    return this.columnsOf((name) => this.store[name].subarray(0, this.length));
  }

  /**
   * Takes all points, unless these are older than what is held; returns whether they were taken.
   *
   * Fewer points of the same generation are older: they were written down before some
   * were added that arrived earlier.
   */
  replace(generation: number, columns: Columns<Name>): boolean {
    const [length = 0, ...others] = this.names.map((name) => columns[name].length);
    const older =
      generation < this.generation || (generation === this.generation && length < this.length);
    if (older || others.some((other) => other !== length)) {
      return false;
    }
    this.generation = generation;
    this.length = 0;
    this.sorted = true;
    this.add(columns, length, 0);
    return true;
  }

  /** Takes points that begin at `offset`: the columns one after another in one array. */
  append(generation: number, offset: number, values: Float64Array): Appended {
    const count = values.length / this.names.length;
    if (generation < this.generation) {
      return 'known';
    }
    if (generation > this.generation || offset > this.length || !Number.isInteger(count)) {
      return 'gap';
    }
    if (offset + count <= this.length) {
      return 'known';
    }
    const columns = this.columnsOf((_, at) => values.subarray(at * count, (at + 1) * count));
    this.add(columns, count, this.length - offset);
    return 'added';
  }

  /** Adds `count` points but for the first `from`. */
  private add(columns: Columns<Name>, count: number, from: number): void {
    const before = this.length;
    this.length = before + count - from;
    this.reserve(this.length);
    for (const name of this.names) {
      this.store[name].set(columns[name].subarray(from), before);
    }
    const { first } = this;
    for (let index = Math.max(before, 1); index < this.length && this.sorted; index += 1) {
      this.sorted = (first[index] ?? NaN) >= (first[index - 1] ?? NaN);
    }
  }

  private reserve(length: number): void {
    const { store } = this;
    const room = this.first.length;
    if (length > room) {
      const size = Math.max(length, 2 * room, 128);
      this.store = this.columnsOf((name) => {
        const grown = new Float64Array(size);
        grown.set(store[name]);
        return grown;
      });
    }
  }

  /** The first column with all its room. */
  private get first(): Float64Array {
    const [name] = this.names;
    return name === undefined ? new Float64Array() : this.store[name];
  }

  private columnsOf(make: (name: Name, at: number) => Float64Array): Columns<Name> {
    const made = this.names.map((name, at) => [name, make(name, at)] as const);
    return Object.fromEntries(made) as Columns<Name>;
  }
}
