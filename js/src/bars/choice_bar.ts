import { attr, button, html, say, saySentence, setEnabled, showLine } from '../dom';
import { formatRate } from '../geometry/format';
import { Keyed } from '../keyed';
import { MarkerModel } from '../marker';
import { asText, listOf, textOf } from '../values';
import { BarView } from './bar_view';
import { copyText } from './clipboard';
import { Fold } from './fold';
import { asArgument, asRate, readRate, sameRate, showRate } from './rate';
import { type Button, type Suggestion, suggestionsOf } from './state';

/** The buttons that bring the rate that is seen. */
const NEED_RATE: ReadonlySet<string> = new Set(['apply', 'search']);

/** What a suggestion is shown as. */
interface Chip {
  readonly root: HTMLButtonElement;
  readonly label: HTMLElement;
  readonly rate: HTMLElement;
  readonly doubt: HTMLElement;
}

/** The chosen rate as text, what to do with it, what each rule suggests, and why. */
export class ChoiceBarView extends BarView {
  private declare field: HTMLInputElement;
  private declare problem: HTMLElement;
  private declare why: Fold;
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
    this.problem = html('div', { class: 'lrbar-problem', id: this.idFor('problem') });
    this.problem.hidden = true;

    const group = { role: 'group', 'aria-label': 'Rates to choose' };
    this.chipPlace = html('div', { class: 'lrbar-chips', ...group });
    this.chips = new Keyed<Suggestion, Chip>(
      this.chipPlace,
      (rule) => this.buildChip(rule),
      (chip, suggestion, index) => {
        this.fillChip(chip, suggestion, index);
      },
      (suggestion) => suggestion.rule,
    );
    this.why = new Fold();
    this.said = html('div', { class: 'lrbar-said', role: 'status', 'aria-live': 'polite' });

    this.shown = '';
    const row = html('div', { class: 'lrbar-row' }, choose, this.chipPlace);
    const below = html('div', { class: 'lrbar-below' }, this.problem, this.said);
    this.el.append(row, below, this.why.root);
    this.listenTo(this.model, 'change:message', () => {
      this.say(textOf(this.state, 'message'));
    });
    this.say(textOf(this.state, 'message'));
  }

  override update(): void {
    this.follow(this.model.get('marker'));
    super.update();
    const suggestions = suggestionsOf(this.state);
    // Without a rate they are not seen, and their room is kept.
    this.chipPlace.classList.toggle('lrbar-absent', suggestions.every(({ lr }) => lr === null));
    this.chips.show(suggestions);
    this.showValue();
    const isNone = suggestions.some(({ active, lr }) => active && lr === null);
    const about = listOf(this.state.get('about')).map(asText);
    this.why.show(isNone ? 'Why no rate' : 'Why this rate', about);
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
      const pressed = suggestionsOf(this.state).find((each) => each.rule === rule);
      if (pressed !== undefined && pressed.lr !== null) {
        this.choose(pressed.lr);
        if (pressed.active) {
          this.tell({ event: 'press', command: 'back' });
        }
      }
    });
    const label = html('span');
    const rate = html('span', { class: 'lrbar-chip-rate' });
    const doubt = html('span', { class: 'lrbar-unseen' });
    root.append(label, rate, doubt);
    return { root, label, rate, doubt };
  }

  /** Of several suggestions of one rate the first is the chosen one. */
  private isChosen(index: number): boolean {
    const { value } = this;
    const chosen = suggestionsOf(this.state).findIndex(
      ({ lr }) => lr !== null && value !== null && sameRate(lr, value),
    );
    return chosen === index;
  }

  private fillChip({ root, label, rate, doubt }: Chip, suggestion: Suggestion, index: number): void {
    const { lr } = suggestion;
    const isChosen = this.isChosen(index);
    say(label, suggestion.label);
    say(rate, lr === null ? 'none' : formatRate(lr, 2, this.isLinear));
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

  /** Copy, which needs no kernel, beside the field, and the kernel's buttons. */
  protected override get buttons(): Button[] {
    const { value } = this;
    const copy = {
      id: 'copy',
      command: 'copy',
      label: 'Copy',
      title: value === null ? '' : `Copy ${asArgument(value, this.isLinear)}`,
      enabled: value !== null,
      primary: false,
      lr: null,
    };
    return [copy, ...super.buttons];
  }

  protected override isOffered(each: Button): boolean {
    if (each.id === 'copy') {
      return each.enabled;
    }
    return super.isOffered(each) && (!NEED_RATE.has(each.id) || this.value !== null);
  }

  protected override press(pressed: Button): void {
    if (pressed.id === 'copy') {
      void this.copy();
    } else if (NEED_RATE.has(pressed.id)) {
      this.pressWithRate(pressed);
    } else {
      super.press(pressed);
    }
  }

  private showValue(): void {
    const { value } = this;
    const isTyping = this.field.value !== this.shown && this.field === document.activeElement;
    // What a person is typing is theirs until they commit it; a mistake that they left
    // behind is overtaken by the next choice.
    if (!isTyping && this.written(value) !== this.shown) {
      this.revert();
    }
    this.field.disabled = this.marker === undefined;
  }

  /** Takes what is in the field as the choice. Returns whether the field now agrees with it. */
  private commit(): boolean {
    if (this.field.value === this.shown || this.marker === undefined) {
      return this.problem.hidden;
    }
    const read = readRate(this.field.value, ...this.marker.limits, this.marker.isLinear);
    if (typeof read === 'string') {
      this.complain(read);
      return false;
    }
    this.choose(read);
    return true;
  }

  /** Whether rates are written as those of a linear sweep. */
  private get isLinear(): boolean {
    return this.marker?.isLinear ?? false;
  }

  private written(value: number | null): string {
    return value === null ? '' : showRate(value, this.isLinear);
  }

  private choose(value: number): void {
    this.marker?.choose(value);
    this.revert();
    this.say('');
  }

  /** Shows the marker's value again, whatever was in the field. */
  private revert(): void {
    this.shown = this.written(this.value);
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

  private pressWithRate({ command }: Button): void {
    if (!this.commit() || this.value === null) {
      return;
    }
    this.say('');
    // With its rate: the marker's own message may still wait for one before it.
    this.tell({ event: 'press', command, value: this.value }, () => {
      this.say(textOf(this.state, 'message'));
    });
  }

  private async copy(): Promise<void> {
    if (!this.commit() || this.value === null) {
      return;
    }
    const text = asArgument(this.value, this.isLinear);
    const copied = await copyText(text, this.el);
    this.say(copied ? `Copied ${text}` : `The browser refused the clipboard. Copy by hand: ${text}`);
  }

  private say(text: string): void {
    saySentence(this.said, text);
  }
}
