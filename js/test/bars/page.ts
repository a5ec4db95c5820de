/** A page for one bar: models with a comm that records, and views in the document. */
import type { DOMWidgetModel, DOMWidgetView } from '@jupyter-widgets/base';

export { Comm, makeModel } from '../comm';

type ViewClass<View> = new (options: never) => View;

export function show<View extends DOMWidgetView>(
  type: ViewClass<View>,
  model: DOMWidgetModel,
): View {
  const view = new type({ model, options: {} } as never);
  view.render();
  document.body.append(view.el);
  return view;
}

/** Finds one element as a person would name it, by its accessible name. */
export function find(root: HTMLElement, name: string): HTMLElement {
  const named = Array.from(root.querySelectorAll<HTMLElement>('button, summary, [aria-label]'));
  const found =
    named.find((each) => (each.getAttribute('aria-label') ?? each.textContent) === name) ??
    Array.from(root.querySelectorAll('label')).find((each) => each.textContent === name)?.control;
  if (!found) {
    throw new Error(`nothing is called "${name}" in "${root.textContent}"`);
  }
  return found;
}

export function findField(root: HTMLElement, name: string): HTMLInputElement {
  const field = find(root, name);
  if (!(field instanceof HTMLInputElement)) {
    throw new Error(`"${name}" is no field`);
  }
  return field;
}

export function findSelect(root: HTMLElement, name: string): HTMLSelectElement {
  const select = find(root, name);
  if (!(select instanceof HTMLSelectElement)) {
    throw new Error(`"${name}" is no select`);
  }
  return select;
}

export function isEnabled(button: HTMLElement): boolean {
  return button.getAttribute('aria-disabled') !== 'true';
}

export function type(field: HTMLInputElement, text: string): void {
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

export function press(target: HTMLElement, key: string): void {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}
