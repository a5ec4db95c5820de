import { attr, html, saySentence } from '../dom';
import { Keyed } from '../keyed';

/** A quiet line that opens to sentences, and to what else belongs to them. */
export class Fold {
  readonly root: HTMLDetailsElement;
  private readonly title = html('summary', { class: 'lrbar-quiet' });
  private readonly facts: Keyed<string, { root: HTMLLIElement }>;

  constructor(...more: Element[]) {
    const list = html('ul', { class: 'lrbar-known' });
    this.facts = new Keyed<string, { root: HTMLLIElement }>(
      list,
      () => ({ root: html('li') }),
      ({ root }, fact) => {
        saySentence(root, fact);
      },
    );
    this.root = html('details', { class: 'lrbar-fold' }, this.title, list, ...more);
  }

  /** Shows a title and what is under it; where there is nothing, only the room of the title. */
  show(title: string, facts: readonly string[], isEmpty = facts.length === 0): void {
    saySentence(this.title, title);
    // It has one line, of which the end may be cut.
    attr(this.title, { title: title || null });
    this.root.classList.toggle('lrbar-absent', isEmpty);
    this.facts.show(facts);
  }
}
