/** What is shown of one item: an element, and what of its inside is filled. */
export interface Part {
  readonly root: Element;
}

/**
 * Keeps one part per item as the children of `parent`, in the items' order. Parts are reused
 * by key, so that an element with the focus survives an update from the kernel.
 */
export class Keyed<Item, Made extends Part> {
  private readonly parts = new Map<string, Made>();

  constructor(
    private readonly parent: Element,
    private readonly make: (key: string) => Made,
    private readonly fill: (part: Made, item: Item, index: number) => void,
    /** By default an item is known by its place in the list. */
    private readonly keyOf: (item: Item, index: number) => string = (_, index) => String(index),
  ) {}

  /** Shows these items and no others; returns their parts. */
  show(items: readonly Item[]): Made[] {
    const keys = items.map((item, index) => this.keyOf(item, index));
    for (const [key, { root }] of this.parts) {
      if (!keys.includes(key)) {
        root.remove();
        this.parts.delete(key);
      }
    }
    let place = this.parent.firstElementChild;
    return items.map((item, index) => {
      const part = this.part(keys[index] ?? '');
      if (part.root === place) {
        place = place.nextElementSibling;
      } else {
        this.parent.insertBefore(part.root, place);
      }
      this.fill(part, item, index);
      return part;
    });
  }

  private part(key: string): Made {
    const known = this.parts.get(key);
    if (known !== undefined) {
      return known;
    }
    const made = this.make(key);
    this.parts.set(key, made);
    return made;
  }
}
