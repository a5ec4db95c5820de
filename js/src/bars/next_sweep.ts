import { attr, html, say } from '../dom';
import { Keyed } from '../keyed';
import type { Field } from './state';

interface FieldPart {
  readonly root: HTMLElement;
  readonly label: HTMLLabelElement;
  readonly input: HTMLInputElement;
}

/** The fields of what the next sweep takes. The kernel keeps what is typed, also what is wrong. */
export class NextSweep {
  readonly el: HTMLElement;
  private readonly fields: Keyed<Field, FieldPart>;
  private readonly wrong: HTMLElement;

  /** `type` tells what was typed for a keyword; `idFor` names elements of one view. */
  constructor(
    private readonly type: (name: string, text: string) => void,
    private readonly idFor: (part: string) => string,
    /** How long a text may be. */
    private readonly longest: number,
  ) {
    const title = html('div', { class: 'lrbar-label', id: idFor('next') }, 'Next sweep');
    const place = html('div', { class: 'lrbar-next' });
    this.wrong = html('div', { class: 'lrbar-wrong', role: 'status', id: idFor('wrong') });
    this.el = html('div', { role: 'group', 'aria-labelledby': idFor('next') }, title, place, this.wrong);
    this.fields = new Keyed<Field, FieldPart>(
      place,
      (name) => this.build(name),
      ({ label, input }, field) => {
        fill(label, input, field);
        const why = field.wrong ? this.wrong.id : null;
        attr(input, { 'aria-invalid': field.wrong ? 'true' : null, 'aria-describedby': why });
      },
      (field) => field.name,
    );
  }

  show(fields: readonly Field[], wrong: string): void {
    this.el.hidden = fields.length === 0;
    this.fields.show(fields);
    say(this.wrong, wrong);
  }

  private build(name: string): FieldPart {
    const id = this.idFor(`next-${name}`);
    const label = html('label', { for: id });
    const input = html('input', { class: 'lrbar-field', type: 'text', id, maxlength: this.longest });
    attr(input, { autocomplete: 'off', spellcheck: 'false' });
    input.addEventListener('input', () => {
      this.type(name, input.value);
    });
    return { root: html('div', { class: 'lrbar-next-field' }, label, input), label, input };
  }
}

function fill(label: HTMLElement, input: HTMLInputElement, field: Field): void {
  say(label, field.label);
  attr(input, { title: field.title, placeholder: 'default' });
  input.disabled = !field.enabled;
  if (document.activeElement !== input) {
    input.value = field.text;
  }
}
