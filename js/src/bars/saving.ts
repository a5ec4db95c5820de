import { attr, html, say } from '../dom';
import { asText, isDict, listOf } from '../values';
import { download } from './download';

/** The buttons that save, and what became of the file that was asked for. */
export class Saving {
  readonly el: HTMLElement;
  /** The kernel answers to all pages; each view knows by its name what is meant for it. */
  readonly page: string;
  private readonly said: HTMLElement;

  constructor(buttons: HTMLElement, id: string) {
    this.page = `${id}-${Math.random().toString(36).slice(2)}`;
    this.said = html('span', { class: 'lrbar-quiet', role: 'status' });
    const title = html('span', { class: 'lrbar-label', id }, 'Save');
    attr(buttons, { role: 'group', 'aria-labelledby': id });
    this.el = html('div', { class: 'lrbar-row' }, title, buttons, this.said);
  }

  /** Says that a file is being made. */
  wait(label: string): void {
    say(this.said, `Making the ${label} file.`);
  }

  /** Takes a message of the kernel: the file, or why there is none. */
  take(answer: unknown, buffers: unknown): void {
    if (!isDict(answer) || answer['event'] !== 'saved' || answer['page'] !== this.page) {
      return;
    }
    const name = asText(answer['name']);
    if (name !== '') {
      download(name, asText(answer['type']), listOf(buffers)[0] as BlobPart, this.el);
    }
    say(this.said, asText(answer['sentence']) || `Saved as ${name}.`);
  }
}
