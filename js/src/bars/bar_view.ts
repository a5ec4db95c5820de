import { DOMWidgetView } from '@jupyter-widgets/base';

import { button, Keyed, setAttribute, setEnabled, setText } from './dom';
import { type Action, actionsOf, type Readable } from './state';

/** A message for the Python half of a bar. */
export type Message = Readonly<Record<string, string | number>>;

/**
 * What every row of controls has in common: keys that stay inside, extra buttons, and
 * one update of the page per update of the model.
 */
export abstract class BarView extends DOMWidgetView {
  // Backbone renders from inside the constructor's caller: no initialisers here.
  private declare actionButtons: Keyed<Action, HTMLButtonElement>;

  /** Makes the elements once; `update` fills them. */
  protected abstract build(): void;

  /** The element that the buttons of `actions` go into. */
  protected abstract readonly actionPlace: HTMLElement;

  override render(): void {
    this.el.classList.add('lrfind-bar');
    // Otherwise the arrow keys in a field move the notebook's cells.
    this.el.setAttribute('data-lm-suppress-shortcuts', 'true');
    this.el.setAttribute('role', 'group');
    this.build();
    this.actionButtons = new Keyed(
      this.actionPlace,
      (action) => action.id,
      (id) =>
        button('', '', () => {
          this.tell({ event: 'action', id });
        }),
      (node, action) => {
        setText(node, action.label);
        setAttribute(node, 'title', action.title || null);
        setEnabled(node, action.enabled && this.isLive);
      },
    );
    // Changes of the model call `update` already; see WidgetView.
    this.listenTo(this.model, 'comm_live_update', () => {
      this.update();
    });
    this.update();
  }

  override update(): void {
    const actions = actionsOf(this.state);
    this.actionPlace.hidden = actions.length === 0;
    this.actionButtons.show(actions);
  }

  /** The model as something to read with care; Backbone's own type says `any` of everything. */
  protected get state(): Readable {
    return this.model;
  }

  /** Whether there is a kernel to hear what is pressed. */
  protected get isLive(): boolean {
    return this.model.comm_live;
  }

  /** Sends a command; `handled` is called when the kernel has dealt with it. */
  protected tell(message: Message, handled?: () => void): void {
    const callbacks = this.model.callbacks(this);
    if (handled !== undefined) {
      callbacks.iopub = {
        status: (message): void => {
          const { content } = message as { content: { execution_state?: unknown } };
          if (content.execution_state === 'idle') {
            handled();
          }
        },
      };
    }
    this.model.send({ ...message }, callbacks);
  }

  /** An id that no other view on the page has, for labels and descriptions. */
  protected idFor(part: string): string {
    return `lrbar-${this.cid}-${part}`;
  }
}
