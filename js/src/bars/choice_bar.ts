import { attr, button, html, say, saySentence, setEnabled, showLine } from '../dom';
import { formatRate } from '../geometry/format';
import { Keyed } from '../keyed';
import { MarkerModel } from '../marker';
import { textOf } from '../values';
import { BarView } from './bar_view';
import { copyText } from './clipboard';
import { asArgument, asRate, readRate, sameRate, showRate } from './rate';
import { type Button, type Suggestion, suggestionsOf } from './state';
import { ADVICE, advisedOf, SuggestionText } from './suggestion_text';

/** What a suggestion is shown as. */
interface Chip {
  readonly root: HTMLButtonElement;
  readonly label: HTMLElement;
  readonly rate: HTMLElement;
  readonly doubt: HTMLElement;
}

/** The chosen rate as text, what is suggested, and what to do with the choice. */
export class ChoiceBarView extends BarView {
  private declare field: HTMLInputElement;
  private declare problem: HTMLElement;
  private declare backButton: HTMLButtonElement;
  private declare suggestion: SuggestionText;
  private declare offers: HTMLElement;
  private declare chipPlace: HTMLElement;
  private declare chips: Keyed<Suggestion, Chip>;
  private declare said: HTMLElement;
  private declare marker: MarkerModel | undefined;
  /** What the field showed when it was last in step with the marker. */
  private declare shown: string;

  protected override build(): void {
    this.el.classList.add('lrfind-choice-bar');
    this.el.setAttribute('aria-label', 'Chosen learning rate');
    const id = this.idFor('rate');
    const label = html('label', { class: 'lrbar-label', for: id }, 'Learning rate');
    this.field = this.buildField(id);
    const choose = html('div', { class: 'lrbar-buttons lrbar-choose' });
    choose.append(label, this.field, this.buttonPlace);
    this.suggestion = new SuggestionText(() => {
      const advised = advisedOf(this.state);
      if (advised !== undefined) {
        super.press(advised);
      }
    });
    this.problem = html('div', { class: 'lrbar-problem', id: this.idFor('problem') });
    this.problem.hidden = true;

    const group = { role: 'group', 'aria-label': 'Rates to choose' };
    this.chipPlace = html('div', { class: 'lrbar-chips', ...group });
    this.chips = new Keyed<Suggestion, Chip>(
      this.chipPlace,
      (rule) => this.buildChip(rule),
      (chip, suggestion) => {
        this.fillChip(chip, suggestion);
      },
      (suggestion) => suggestion.rule,
    );
    this.backButton = button('Back to recommended', '', () => {
      this.back();
    });
    this.offers = html('div', { class: 'lrbar-row lrbar-offers' }, this.chipPlace, this.backButton);
    this.said = html('div', { class: 'lrbar-said', role: 'status', 'aria-live': 'polite' });

    this.shown = '';
    const row = html('div', { class: 'lrbar-row' }, choose, this.suggestion.line);
    this.el.append(row, this.problem, this.offers, this.suggestion.about, this.said);
    this.listenTo(this.model, 'change:message', () => {
      this.say(textOf(this.state, 'message'));
    });
    this.say(textOf(this.state, 'message'));
  }

  override update(): void {
    this.follow(this.model.get('marker'));
    super.update();
    const suggestions = suggestionsOf(this.state);
    this.suggestion.show(this.state, this.el, (advised) => super.canPress(advised));
    this.chipPlace.hidden = suggestions.length === 0;
    this.chips.show(suggestions);
    this.showValue();
    this.offers.hidden = this.chipPlace.hidden && this.backButton.hidden;
  }

  private buildField(id: string): HTMLInputElement {
    const typed = { autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' };
    const field = html('input', { class: 'lrbar-field', type: 'text', id, ...typed });
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

  private buildChip(rule: string): Chip {
    const root = button('', 'lrbar-chip', () => {
      const lr = suggestionsOf(this.state).find((each) => each.rule === rule)?.lr ?? null;
      if (lr !== null) {
        this.choose(lr);
      }
    });
    const label = html('span');
    const rate = html('span', { class: 'lrbar-chip-rate' });
    const doubt = html('span', { class: 'lrbar-unseen' });
    root.append(label, rate, doubt);
    return { root, label, rate, doubt };
  }

  private fillChip({ root, label, rate, doubt }: Chip, suggestion: Suggestion): void {
    const { value } = this;
    const { lr } = suggestion;
    const isChosen = lr !== null && value !== null && sameRate(lr, value);
    say(label, suggestion.label);
    say(rate, lr === null ? 'none' : formatRate(lr, 2, this.marker?.isLinear));
    attr(root, { title: suggestion.reason || null, 'aria-pressed': String(isChosen) });
    setEnabled(root, lr !== null && this.marker !== undefined);
    root.classList.toggle('lrbar-active', suggestion.active);
    root.classList.toggle('lrbar-unsure', suggestion.unsure);
    say(doubt, suggestion.unsure ? ', unsure' : '');
  }

  /** Listens to the marker that the bar refers to now, and to no other. */
  private follow(marker: unknown): void {
    const next = marker instanceof MarkerModel ? marker : undefined;
    if (next === this.marker) {
      return;
    }
    if (this.marker !== undefined) {
      this.stopListening(this.marker);
    }
    this.marker = next;
    if (next !== undefined) {
      this.listenTo(next, 'change:value', () => {
        // What was said of one choice is not true of the next, also while the kernel is busy.
        if (this.model.get('follows') !== true) {
          this.say('');
        }
      });
      this.listenTo(next, 'change:value change:lo change:hi', () => {
        this.update();
      });
    }
  }

  private get value(): number | null {
    return asRate(this.marker?.get('value'));
  }

  /** The rate that "Back to recommended" goes back to. */
  private get suggested(): number | null {
    return asRate(this.model.get('suggested_lr'));
  }

  /** The kernel's buttons, and Copy, which needs no kernel. */
  protected override get buttons(): Button[] {
    const { value } = this;
    const copy = {
      id: 'copy',
      command: 'copy',
      label: 'Copy',
      title: value === null ? '' : `Copy ${asArgument(value)}`,
      enabled: value !== null,
    };
    const buttons = super.buttons.filter(({ id }) => id !== ADVICE);
    const before = buttons.findIndex(({ id }) => id === 'apply') + 1;
    return [...buttons.slice(0, before), copy, ...buttons.slice(before)];
  }

  protected override canPress(each: Button): boolean {
    if (each.id === 'copy') {
      return each.enabled;
    }
    return super.canPress(each) && (each.id !== 'apply' || this.value !== null);
  }

  protected override press(pressed: Button): void {
    if (pressed.id === 'copy') {
      void this.copy();
    } else if (pressed.id === 'apply') {
      this.apply(pressed);
    } else {
      super.press(pressed);
    }
  }

  private showValue(): void {
    const { value, suggested } = this;
    const isTyping = this.field.value !== this.shown && this.field === document.activeElement;
    // What a person is typing is theirs until they commit it; a mistake that they left
    // behind is overtaken by the next choice.
    if (!isTyping && showRateOf(value) !== this.shown) {
      this.revert();
    }
    this.field.disabled = this.marker === undefined;
    this.backButton.hidden = suggested === null;
    const isElsewhere = suggested !== null && value !== null && !sameRate(suggested, value);
    setEnabled(this.backButton, isElsewhere);
    attr(this.backButton, { title: suggested === null ? null : `Choose ${formatRate(suggested, 2, this.marker?.isLinear)}` });
  }

  /** Takes what is in the field as the choice. Returns whether the field now agrees with it. */
  private commit(): boolean {
    if (this.field.value === this.shown || this.marker === undefined) {
      return this.problem.hidden;
    }
    const read = readRate(this.field.value, ...this.marker.limits);
    if (typeof read === 'string') {
      this.complain(read);
      return false;
    }
    this.choose(read);
    return true;
  }

  private choose(value: number): void {
    this.marker?.choose(value);
    this.revert();
    this.say('');
  }

  /** Shows the marker's value again, whatever was in the field. */
  private revert(): void {
    this.shown = showRateOf(this.value);
    this.field.value = this.shown;
    this.complain('');
  }

  private complain(problem: string): void {
    showLine(this.problem, problem);
    const isWrong = problem !== '';
    attr(this.field, {
      'aria-invalid': isWrong ? 'true' : null,
      'aria-describedby': isWrong ? this.problem.id : null,
    });
    this.problem.setAttribute('role', isWrong ? 'alert' : 'none');
  }

  private apply({ command }: Button): void {
    if (!this.commit() || this.value === null) {
      return;
    }
    this.say('');
    // With its rate: the marker's own message may still wait for one before it.
    this.tell({ event: 'press', command, value: this.value }, () => {
      this.say(textOf(this.state, 'message'));
    });
  }

  private back(): void {
    const { suggested } = this;
    if (suggested !== null) {
      this.choose(suggested);
      this.tell({ event: 'press', command: 'back' });
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
    saySentence(this.said, text);
  }
}

function showRateOf(value: number | null): string {
  return value === null ? '' : showRate(value);
}
