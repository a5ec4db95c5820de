import { WidgetModel } from '@jupyter-widgets/base';

import { formatRate } from '../geometry/format';
import { BarView } from './bar_view';
import { copyText } from './clipboard';
import { button, element, Keyed, setAttribute, setEnabled, setLine, setSentence, setText } from './dom';
import { asArgument, readRate, sameRate, showRate } from './rate';
import { flagOf, numberOf, type Suggestion, suggestionsOf, textOf } from './state';

/** The chosen rate as text, what is suggested, and what to do with the choice. */
export class ChoiceBarView extends BarView {
  protected declare actionPlace: HTMLElement;
  private declare field: HTMLInputElement;
  private declare problem: HTMLElement;
  private declare applyButton: HTMLButtonElement;
  private declare copyButton: HTMLButtonElement;
  private declare backButton: HTMLButtonElement;
  private declare sentence: HTMLElement;
  private declare offers: HTMLElement;
  private declare chipPlace: HTMLElement;
  private declare chips: Keyed<Suggestion, HTMLButtonElement>;
  private declare said: HTMLElement;
  private declare marker: WidgetModel | undefined;
  /** What the field showed when it was last in step with the marker. */
  private declare shown: string;

  protected override build(): void {
    this.el.classList.add('lrfind-choice-bar');
    this.el.setAttribute('aria-label', 'Chosen learning rate');
    const id = this.idFor('rate');
    const label = element('label', 'lrbar-label', 'Learning rate');
    label.htmlFor = id;
    this.field = this.buildField(id);
    this.applyButton = button('Apply', '', () => {
      this.apply();
    });
    this.applyButton.title = 'Write this rate into the optimizer';
    this.copyButton = button('Copy', '', () => {
      void this.copy();
    });
    const choose = element('div', 'lrbar-buttons lrbar-choose');
    this.actionPlace = element('div', 'lrbar-buttons');
    choose.append(label, this.field, this.applyButton, this.copyButton, this.actionPlace);
    this.sentence = element('span', 'lrbar-suggestion');
    const row = element('div', 'lrbar-row');
    row.append(choose, this.sentence);

    this.problem = element('div', 'lrbar-problem');
    this.problem.id = this.idFor('problem');
    this.problem.hidden = true;

    this.chipPlace = element('div', 'lrbar-chips');
    this.chipPlace.setAttribute('role', 'group');
    this.chipPlace.setAttribute('aria-label', 'Suggestions');
    this.chips = new Keyed(
      this.chipPlace,
      (suggestion) => suggestion.rule,
      (rule) => this.buildChip(rule),
      (node, suggestion) => {
        this.fillChip(node, suggestion);
      },
    );
    this.backButton = button('Back to the suggestion', '', () => {
      this.back();
    });
    this.offers = element('div', 'lrbar-row lrbar-offers');
    this.offers.append(this.chipPlace, this.backButton);

    this.said = element('div', 'lrbar-said');
    this.said.setAttribute('role', 'status');
    this.said.setAttribute('aria-live', 'polite');

    this.shown = '';
    this.el.append(row, this.problem, this.offers, this.said);
    this.listenTo(this.model, 'change:message', () => {
      this.say(textOf(this.state, 'message'));
    });
    setSentence(this.said, textOf(this.state, 'message'));
  }

  override update(): void {
    super.update();
    this.follow(this.model.get('marker'));
    const suggestions = suggestionsOf(this.state);
    setLine(this.sentence, textOf(this.state, 'suggestion_sentence'));
    this.chipPlace.hidden = suggestions.length === 0;
    this.chips.show(suggestions);
    this.showValue();
    this.offers.hidden = Array.from(this.offers.children).every(
      (each) => (each as HTMLElement).hidden,
    );
  }

  private buildField(id: string): HTMLInputElement {
    const field = element('input', 'lrbar-field');
    field.type = 'text';
    field.id = id;
    field.autocomplete = 'off';
    field.spellcheck = false;
    field.setAttribute('autocapitalize', 'off');
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        event.preventDefault();
        this.commit();
        field.select();
      } else if (event.key === 'Escape') {
        event.preventDefault();
        this.revert();
        field.select();
      }
    });
    field.addEventListener('blur', () => {
      this.commit();
    });
    return field;
  }

  private buildChip(rule: string): HTMLButtonElement {
    const chip = button('', 'lrbar-chip', () => {
      const lr = suggestionsOf(this.state).find((each) => each.rule === rule)?.lr ?? null;
      if (lr !== null) {
        this.choose(lr);
      }
    });
    chip.append(element('span'), element('span', 'lrbar-chip-rate'));
    return chip;
  }

  private fillChip(chip: HTMLButtonElement, suggestion: Suggestion): void {
    const [label, rate] = Array.from(chip.children) as HTMLElement[];
    const { lr } = suggestion;
    if (label !== undefined && rate !== undefined) {
      setText(label, suggestion.label);
      setText(rate, lr === null ? 'none' : formatRate(lr));
    }
    setAttribute(chip, 'title', suggestion.reason || null);
    setEnabled(chip, lr !== null && this.marker !== undefined);
    chip.classList.toggle('lrbar-active', suggestion.active);
    const value = this.value;
    setAttribute(chip, 'aria-pressed', String(lr !== null && value !== null && sameRate(lr, value)));
  }

  /** Listens to the marker that the bar refers to now, and to no other. */
  private follow(marker: unknown): void {
    const next = marker instanceof WidgetModel ? marker : undefined;
    if (next === this.marker) {
      return;
    }
    if (this.marker !== undefined) {
      this.stopListening(this.marker);
    }
    this.marker = next;
    if (next !== undefined) {
      this.listenTo(next, 'change:value change:lo change:hi', () => {
        this.showValue();
        this.chips.show(suggestionsOf(this.state));
      });
    }
  }

  private get value(): number | null {
    const value = this.marker === undefined ? null : numberOf(this.marker, 'value');
    return value !== null && value > 0 ? value : null;
  }

  /** The rate that "Back to the suggestion" goes back to. */
  private get suggested(): number | null {
    const suggested = numberOf(this.state, 'suggested_lr');
    return suggested !== null && suggested > 0 ? suggested : null;
  }

  private showValue(): void {
    const { value } = this;
    const isTyping = this.field.value !== this.shown && this.field === document.activeElement;
    // What a person is typing is theirs until they commit it; a mistake that they left
    // behind is overtaken by the next choice.
    const text = value === null ? '' : showRate(value);
    if (!isTyping && text !== this.shown) {
      this.revert();
    }
    this.field.disabled = this.marker === undefined;
    setEnabled(this.applyButton, value !== null && this.isLive);
    this.applyButton.hidden = !flagOf(this.state, 'can_apply');
    setEnabled(this.copyButton, value !== null);
    setAttribute(this.copyButton, 'title', value === null ? null : `Copy ${asArgument(value)}`);
    const { suggested } = this;
    this.backButton.hidden = suggested === null;
    setEnabled(
      this.backButton,
      suggested !== null && value !== null && !sameRate(suggested, value),
    );
    setAttribute(
      this.backButton,
      'title',
      suggested === null ? null : `Choose ${formatRate(suggested)}`,
    );
  }

  /** Takes what is in the field as the choice. Returns whether the field now agrees with it. */
  private commit(): boolean {
    if (this.field.value === this.shown || this.marker === undefined) {
      return this.problem.hidden;
    }
    const lo = numberOf(this.marker, 'lo') ?? 0;
    const hi = numberOf(this.marker, 'hi') ?? Infinity;
    const read = readRate(this.field.value, lo, hi);
    if ('problem' in read) {
      this.complain(read.problem);
      return false;
    }
    this.choose(read.value);
    return true;
  }

  private choose(value: number): void {
    if (this.marker === undefined) {
      return;
    }
    this.marker.set('value', value);
    this.marker.save_changes();
    this.revert();
    this.say('');
  }

  /** Shows the marker's value again, whatever was in the field. */
  private revert(): void {
    const { value } = this;
    this.shown = value === null ? '' : showRate(value);
    this.field.value = this.shown;
    this.complain('');
  }

  private complain(problem: string): void {
    setLine(this.problem, problem);
    const isWrong = problem !== '';
    setAttribute(this.field, 'aria-invalid', isWrong ? 'true' : null);
    setAttribute(this.field, 'aria-describedby', isWrong ? this.problem.id : null);
    this.problem.setAttribute('role', isWrong ? 'alert' : 'none');
  }

  private apply(): void {
    const { value } = this;
    if (!this.commit() || value === null) {
      return;
    }
    this.say('');
    // With its rate: the marker's own message may still wait for one before it.
    this.tell({ event: 'apply', value: this.value ?? value }, () => {
      this.say(textOf(this.state, 'message'));
    });
  }

  private back(): void {
    const { suggested } = this;
    if (suggested !== null) {
      this.choose(suggested);
      this.tell({ event: 'back' });
    }
  }

  private async copy(): Promise<void> {
    if (!this.commit() || this.value === null) {
      return;
    }
    const text = asArgument(this.value);
    const copied = await copyText(text, this.el);
    this.say(copied ? `Copied ${text}` : `The browser refused the clipboard. Copy by hand: ${text}`);
  }

  private say(text: string): void {
    setSentence(this.said, text);
  }
}
