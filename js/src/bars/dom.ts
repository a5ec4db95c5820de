/** Elements with text, never with markup: what is shown may come from anyone. */

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== '') {
    made.className = className;
  }
  if (text !== '') {
    made.textContent = text;
  }
  return made;
}

/** Writes only what differs: an unchanged text is not announced and keeps its selection. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** A rate such as 1e-3, in which browsers would break the line after the hyphen. */
const RATE = /(\d[\d.]*e-\d+)/;

/** Writes a sentence whose rates stay in one piece. */
export function setSentence(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    // Every second part is a rate.
    node.replaceChildren(
      ...text.split(RATE).map((part, index) =>
        index % 2 === 1 ? element('span', 'lrbar-nowrap', part) : part,
      ),
    );
  }
}

/** Shows a line of text, or takes its room away where there is nothing to say. */
export function setLine(node: HTMLElement, text: string): void {
  setSentence(node, text);
  node.hidden = text === '';
}

export function setAttribute(node: Element, name: string, value: string | null): void {
  if (value === null) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== value) {
    node.setAttribute(name, value);
  }
}

/**
 * A button that stays in the tab order while it cannot be pressed: a person who has
 * just pressed Stop by key must not be thrown out of the widget.
 */
export function button(label: string, className: string, press: () => void): HTMLButtonElement {
  const made = element('button', `lrbar-button ${className}`.trim(), label);
  made.type = 'button';
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-disabled') !== 'true') {
      press();
    }
  });
  return made;
}

export function setEnabled(node: HTMLButtonElement, enabled: boolean): void {
  setAttribute(node, 'aria-disabled', enabled ? null : 'true');
}

/**
 * Keeps one element per item in `parent`, in the items' order. Elements are reused by
 * key, so that the one with the focus survives an update from the kernel.
 */
export class Keyed<Item, Node extends HTMLElement> {
  constructor(
    private readonly parent: HTMLElement,
    private readonly keyOf: (item: Item) => string,
    private readonly make: (key: string) => Node,
    private readonly fill: (node: Node, item: Item) => void,
  ) {}

  private readonly nodes = new Map<string, Node>();

  show(items: readonly Item[]): void {
    const keys = new Set(items.map(this.keyOf));
    for (const [key, node] of this.nodes) {
      if (!keys.has(key)) {
        node.remove();
        this.nodes.delete(key);
      }
    }
    let place: Element | null = this.parent.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      let node = this.nodes.get(key);
      if (node === undefined) {
        node = this.make(key);
        this.nodes.set(key, node);
      }
      this.fill(node, item);
      if (node === place) {
        place = place.nextElementSibling;
      } else {
        this.parent.insertBefore(node, place);
      }
    }
  }
}
