import { attr, button, html, say, saySentence, setEnabled, showLine } from '../dom';
import { Keyed } from '../keyed';
import { asText, listOf, type Readable, textOf } from '../values';
import { type Button, buttonsOf } from './state';

/** The id of the button beside a doubt. */
export const ADVICE = 'advise';

/**
 * What is said of the suggestion: a sentence, how sure it is, a button that does what would
 * settle a doubt, and, folded away, what else is known.
 */
export class SuggestionText {
  readonly line: HTMLDivElement;
  readonly about: HTMLDetailsElement;
  private readonly sentence = html('span');
  private readonly advice: HTMLButtonElement;
  private readonly title = html('summary', { class: 'lrbar-quiet' });
  private readonly facts: Keyed<string, { root: HTMLLIElement }>;

  constructor(takeAdvice: () => void) {
    this.advice = button('', 'lrbar-small', takeAdvice);
    const look = html('span', { class: 'lrbar-certainty', 'aria-hidden': 'true' });
    const text = html('div', {}, this.sentence, ' ', this.advice);
    this.line = html('div', { class: 'lrbar-suggestion' }, look, text);
    const list = html('ul', { class: 'lrbar-known' });
    this.facts = new Keyed<string, { root: HTMLLIElement }>(
      list,
      () => ({ root: html('li') }),
      ({ root }, fact) => {
        saySentence(root, fact);
      },
    );
    this.about = html('details', { class: 'lrbar-fold lrbar-about' }, this.title, list);
  }

  /** Shows what the kernel says, on the bar that its looks depend on. */
  show(state: Readable, bar: Element, canPress: (advised: Button) => boolean): void {
    const certainty = textOf(state, 'certainty');
    attr(bar, { 'data-certainty': certainty || null });
    showLine(this.sentence, textOf(state, 'suggestion_sentence'));
    const advised = advisedOf(state);
    this.advice.hidden = advised === undefined;
    if (advised !== undefined) {
      say(this.advice, advised.label);
      attr(this.advice, { title: advised.title || null });
      setEnabled(this.advice, canPress(advised));
    }
    const facts = listOf(state.get('about')).map(asText);
    this.about.hidden = facts.length === 0;
    say(this.title, certainty === 'none' ? 'What the curve shows' : 'Why this rate');
    this.facts.show(facts);
  }
}

/** The button that does what would settle a doubt, if there is one. */
export function advisedOf(state: Readable): Button | undefined {
  return buttonsOf(state).find(({ id }) => id === ADVICE);
}
