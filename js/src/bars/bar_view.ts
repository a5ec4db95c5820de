import { DOMWidgetView } from '@jupyter-widgets/base';

import { attr, button, html, keepKeys, say, setEnabled } from '../dom';
import { Keyed } from '../keyed';
import type { Readable } from '../values';
import { type Button, buttonsOf } from './state';

/** A message for the Python half of a bar. */
type Message = Readonly<Record<string, string | number>>;

/**
 * What every row of controls has in common: keys that stay inside, the buttons that the
 * kernel asks for, and one update of the page per update of the model.
 */
export abstract class BarView extends DOMWidgetView {
  // Backbone renders from inside the constructor's caller: no initialisers here.
  /** Holds the buttons; each bar says where it stands. */
  protected declare buttonPlace: HTMLElement;
  private declare buttonParts: Keyed<Button, { root: HTMLButtonElement }>;

  /** Makes the elements once; `update` fills them. */
  protected abstract build(): void;

  override render(): void {
    this.el.classList.add('lrfind-bar');
    attr(this.el, { role: 'group' });
    keepKeys(this.el);
    this.buttonPlace = html('div', { class: 'lrbar-buttons' });
    this.buttonParts = new Keyed<Button, { root: HTMLButtonElement }>(
      this.buttonPlace,
      (id) => ({
        root: button('', '', () => {
          const pressed = this.buttons.find((each) => each.id === id);
          if (pressed !== undefined) {
            this.press(pressed);
          }
        }),
      }),
      ({ root }, each) => {
        say(root, each.label);
        attr(root, { title: each.title || null, 'data-id': each.id });
        root.classList.toggle('lrbar-absent', !this.isOffered(each));
        root.classList.toggle('lrbar-primary', each.primary);
        setEnabled(root, this.canPress(each));
      },
      (each) => each.id,
    );
    this.build();
    // Changes of the model call `update` already; see WidgetView.
    this.listenTo(this.model, 'comm_live_update', () => {
      this.update();
    });
    this.update();
  }

  override update(): void {
    this.showButtons();
  }

  /** Shows what can be done now; the focus of a button that goes falls to the one that follows. */
  protected showButtons(): void {
    const buttons = this.isSaved ? this.buttons.filter((each) => this.isOffered(each)) : this.buttons;
    const hadFocus = this.buttonPlace.contains(document.activeElement);
    this.buttonPlace.hidden = buttons.length === 0;
    this.buttonParts.show(buttons);
    const focused = this.buttonPlace.querySelector(':focus');
    if (hadFocus && (focused === null || focused.classList.contains('lrbar-absent'))) {
      const next = this.buttonPlace.querySelector<HTMLElement>('button:not(.lrbar-absent)');
      attr(this.el, { tabindex: next === null ? -1 : null });
      (next ?? this.el).focus();
    }
  }

  /** The buttons in their order. */
  protected get buttons(): Button[] {
    return buttonsOf(this.state);
  }

  /** Whether a button is of use now; else it is not seen, and its room is kept. */
  protected isOffered(each: Button): boolean {
    return each.enabled && this.isLive;
  }

  /** Whether a button can be pressed at this moment. */
  protected canPress(each: Button): boolean {
    return each.enabled && this.isOffered(each);
  }

  /** Does what a button is for. */
  protected press({ command }: Button): void {
    this.tell({ event: 'press', command });
  }

  /** The model as something to read with care; Backbone's own type says `any` of everything. */
  protected get state(): Readable {
    return this.model;
  }

  /** Whether there is a kernel to hear what is pressed. */
  protected get isLive(): boolean {
    return this.model.comm_live;
  }

  /** Whether this is a saved state in a page that never had a kernel. */
  protected get isSaved(): boolean {
    return this.model.comm === undefined;
  }

  /** Sends an event; `handled` is called when the kernel has dealt with it. */
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
