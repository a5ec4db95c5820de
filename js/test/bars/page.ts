/** A page for one bar: models with a comm that records, and views in the document. */
import { type DOMWidgetModel, type DOMWidgetView, WidgetModel } from '@jupyter-widgets/base';

type State = Record<string, unknown>;
type Callbacks = { iopub?: { status?: (message: unknown) => void } } | undefined;

export interface Sent {
  readonly data: { readonly method: string; readonly content?: State; readonly state?: State };
  /** Tells the page that the kernel has dealt with the message. */
  readonly answer: () => void;
}

export class Comm {
  readonly sent: Sent[] = [];
  /** How often the page has asked for the whole state. */
  requests = 0;

  send(data: Sent['data'], callbacks: Callbacks): string {
    if (data.method === 'request_state') {
      this.requests += 1;
      return `request-${this.requests}`;
    }
    this.sent.push({
      data,
      answer: () => callbacks?.iopub?.status?.({ content: { execution_state: 'idle' } }),
    });
    return `message-${this.sent.length}`;
  }

  /** The custom messages, which are commands. */
  get commands(): State[] {
    return this.sent.flatMap(({ data }) => (data.content === undefined ? [] : [data.content]));
  }

  on_msg(): void {
    // The tests set the model's state themselves.
  }

  on_close(): void {
    // A comm of the tests is never closed from the kernel.
  }
}

type ModelClass<Model> = new (attributes: State, options: never) => Model;
type ViewClass<View> = new (options: never) => View;

let models = 0;

export function makeModel<Model extends WidgetModel>(
  type: ModelClass<Model>,
  state: State,
  comm: Comm,
): Model {
  models += 1;
  const options = { model_id: `model-${models}`, comm, widget_manager: { callbacks: () => ({}) } };
  return new type(state, options as never);
}

export function show<View extends DOMWidgetView>(
  type: ViewClass<View>,
  model: DOMWidgetModel,
): View {
  const view = new type({ model, options: {} } as never);
  view.render();
  document.body.append(view.el);
  return view;
}

/** A stand-in for the marker that the choice bar moves. */
export class MarkerModel extends WidgetModel {
  override defaults(): State {
    return { ...super.defaults(), value: 1e-3, lo: 1e-7, hi: 10 };
  }
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
