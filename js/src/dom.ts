const SVG = 'http://www.w3.org/2000/svg';

type Attributes = Readonly<Record<string, string | number | null>>;

/** Sets attributes; null removes one. Those that are as they should be are left alone. */
export function attr(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) {
      element.removeAttribute(name);
    } else if (element.getAttribute(name) !== String(value)) {
      element.setAttribute(name, String(value));
    }
  }
}

/** A new SVG element, at the end of `parent`. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  parent: Element,
  name: Name,
  attributes: Attributes = {},
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(SVG, name);
  attr(element, attributes);
  parent.appendChild(element);
  return element;
}

/** A new HTML element, at the end of `parent`. */
export function html<Name extends keyof HTMLElementTagNameMap>(
  parent: Element,
  name: Name,
  className: string,
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.className = className;
  parent.appendChild(element);
  return element;
}

/** Makes `parent` hold exactly `count` elements, adding and removing at its end. */
export function keep<Item extends Element>(items: Item[], count: number, add: () => Item): Item[] {
  while (items.length > count) {
    items.pop()?.remove();
  }
  while (items.length < count) {
    items.push(add());
  }
  return items;
}

/** Sets the text of an element, as text, if it is another. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * The pixels that a text takes, by the browser where it can tell, else by an estimate.
 * (Outside a page, and in a hidden tab, a browser has no layout to ask.)
 */
export function textWidth(element: SVGTextElement): number {
  const length = element.textContent.length;
  if (typeof element.getComputedTextLength === 'function') {
    return element.getComputedTextLength() || length * 7;
  }
  return length * 7;
}
