/** Elements with text, never with markup: what is shown may come from anyone. */

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

/** Writes only what differs: an unchanged text is not announced and keeps its selection. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
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

/** A new HTML element with its children. */
export function html<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  attr(element, attributes);
  element.append(...children);
  return element;
}

type Listeners<Owner> = {
  readonly [Name in keyof HTMLElementEventMap]?: (
    this: Owner,
    event: HTMLElementEventMap[Name],
  ) => void;
};

/** Calls methods of `owner` when an element has an event. */
export function listen<Owner>(
  owner: Owner,
  element: Element,
  listeners: Listeners<Owner>,
  options: AddEventListenerOptions = {},
): void {
  for (const [name, listener] of Object.entries(listeners)) {
    element.addEventListener(name, (listener as (event: Event) => void).bind(owner), options);
  }
}

/**
 * Keeps the keys for the control that has the focus. Lumino compares its shortcuts with the
 * focused element before it looks at what that lies in, so the attribute belongs on itself.
 */
export function keepKeys(root: Element, options: AddEventListenerOptions = {}): void {
  const keep = ({ target }: FocusEvent): void => {
    attr(target as Element, { 'data-lm-suppress-shortcuts': 'true' });
  };
  listen(root, root, { focusin: keep }, options);
}

/** A rate such as 1e-3, in which browsers would break the line after the hyphen. */
const RATE = /(\d[\d.]*e-\d+)/;

/** Writes a sentence whose rates stay in one piece. */
export function saySentence(element: Element, text: string): void {
  if (element.textContent !== text) {
    // Every second part is a rate.
    element.replaceChildren(
      ...text.split(RATE).map((part, index) =>
        index % 2 === 1 ? html('span', { class: 'lrbar-nowrap' }, part) : part,
      ),
    );
  }
}

/** Shows a line of text, or takes its room away where there is nothing to say. */
export function showLine(element: HTMLElement, text: string): void {
  saySentence(element, text);
  element.hidden = text === '';
}

/**
 * A button that stays in the tab order while it cannot be pressed: a person who has
 * just pressed Stop by key must not be thrown out of the widget.
 */
export function button(label: string, className: string, press: () => void): HTMLButtonElement {
  const made = html('button', { type: 'button', class: `lrbar-button ${className}`.trim() }, label);
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-disabled') !== 'true') {
      press();
    }
  });
  return made;
}

export function setEnabled(element: HTMLButtonElement, enabled: boolean): void {
  attr(element, { 'aria-disabled': enabled ? null : 'true' });
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
