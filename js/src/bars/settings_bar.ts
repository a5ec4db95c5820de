import { attr, html, say, showLine } from '../dom';
import { Keyed } from '../keyed';
import { asNumber, asText, isDict, listOf, numberOf, textOf } from '../values';
import { BarView } from './bar_view';
import { NextSweep } from './next_sweep';
import { RunList } from './run_list';
import { Saving } from './saving';
import { type Button, fieldsOf, type Rule, rulesOf, runsOf } from './state';

const READS = {
  best: 'Best for each rule',
  training: 'Training loss',
  validation: 'Validation loss',
};

const SAVED = 'No kernel behind this page: the marker moves and its rate can be copied; all else needs the notebook.';

/** The numbers that a field takes, and how the model has them. */
interface Kind {
  /** The unit, for which the kernel says what it takes. */
  readonly unit: string;
  readonly title: string;
  /** The number as the field shows it; empty where it is none. */
  readonly read: (value: unknown) => string;
  readonly written: (value: number) => string | number;
}

const POINTS: Kind = {
  unit: 'points',
  title: 'The steepest fall is not looked for among these points; the recommended rate is read off all',
  read: (value) => String(asNumber(value) ?? ''),
  written: (value) => value,
};

const PIXELS: Kind = {
  unit: 'pixels',
  title: 'Height of the chart',
  read: (value) => /^(\d+)px$/.exec(asText(value))?.[1] ?? '',
  written: (value) => `${value}px`,
};

/**
 * What is rarely needed, folded away: how the curve is read, the next sweep, runs, saving.
 *
 * Each control shows a trait of the model and sets it; without a kernel none would do anything, and
 * none is there. While one message is under way
 * ipywidgets keeps the latest value alone, so a slider sends no more than the kernel takes.
 */
export class SettingsBarView extends BarView {
  /** Each shows the model's value in one control. */
  private declare settings: (() => void)[];
  private declare ruleBox: HTMLElement;
  private declare rules: Keyed<Rule, { root: HTMLOptionElement }>;
  private declare runs: RunList;
  private declare fold: HTMLElement;
  private declare saved: HTMLElement;
  private declare summary: HTMLElement;
  private declare next: NextSweep;
  private declare saving: Saving;

  protected override build(): void {
    this.el.classList.add('lrfind-settings-bar');
    this.el.setAttribute('aria-label', 'Settings of the chart');
    this.settings = [];
    const rule = this.buildSelect('rule', 'Rule');
    this.ruleBox = rule.box;
    this.ruleBox.classList.add('lrbar-wide');
    this.settings.push(() => {
      const chosen = rulesOf(this.state).find(({ name }) => name === rule.select.value);
      attr(rule.select, { title: chosen?.title ?? null });
    });
    this.rules = new Keyed<Rule, { root: HTMLOptionElement }>(
      rule.select,
      (value) => ({ root: html('option', { value }) }),
      ({ root }, each) => {
        say(root, each.label);
        attr(root, { title: each.title || null });
      },
      (each) => each.name,
    );
    const fields = html('div', { class: 'lrbar-fields' });
    fields.append(
      this.buildSlider('beta', 'Smoothing', 0, 0.99, 0.01),
      this.buildNumber('skip_start', 'Not searched at the start', POINTS),
      this.buildNumber('skip_end', 'Not searched at the end', POINTS),
      this.buildSelect('y_scale', 'Loss axis', { linear: 'Linear for the fall', log: 'Logarithmic' }).box,
      this.buildSelect('wheel_zoom', 'Wheel zooms', { ctrl: 'With Ctrl', always: 'Always' }).box,
      this.buildSelect('y_range', 'Show', { focus: 'The fall', all: 'All losses' }).box,
      rule.box,
      this.buildSelect('reads', 'Losses read', READS).box,
      this.buildText('title', 'Title'),
      this.buildNumber('height', 'Height', PIXELS),
      this.buildCheck('auto_apply', 'Apply every choice'),
    );
    this.summary = html('summary', { class: 'lrbar-quiet' });
    const body = html('div', { class: 'lrbar-settings' });
    this.next = new NextSweep(
      (keyword, text) => {
        this.tell({ event: 'type', name: keyword, text });
      },
      (part) => this.idFor(part),
      this.limits('typed')[1],
    );
    this.saving = new Saving(this.buttonPlace, this.idFor('save'));
    this.listenTo(this.model, 'msg:custom', (content: unknown, buffers: unknown) => {
      this.saving.take(content, buffers);
    });
    this.runs = new RunList((action, id) => {
      this.tell({ event: 'run', action, id });
    }, this.idFor('runs'));
    body.append(fields, this.next.el, this.runs.el, this.saving.el);
    this.fold = html('details', { class: 'lrbar-fold' }, this.summary, body);
    this.saved = html('div', { class: 'lrbar-quiet' });
    this.el.append(this.fold, this.saved);
  }

  override update(): void {
    super.update();
    this.fold.hidden = !this.isLive;
    showLine(this.saved, this.isSaved ? SAVED : '');
    const rules = rulesOf(this.state);
    this.rules.show(rules);
    this.ruleBox.hidden = rules.length === 0;
    for (const show of this.settings) {
      show();
    }
    this.next.show(fieldsOf(this.state), textOf(this.state, 'wrong'));
    const runs = runsOf(this.state);
    this.runs.show(runs);
    // What is stored is one run, and there will be no other.
    const isStored = runs.length === 0 && fieldsOf(this.state).length === 0;
    this.runs.el.hidden = isStored;
    say(this.summary, `How the curve is read, ${isStored ? '' : 'next sweep, runs, '}saving`);
  }

  /** The least and the most that the kernel takes. */
  private limits(name: string): [number, number] {
    const limits = this.state.get('limits');
    const [least, most] = listOf(isDict(limits) ? limits[name] : []).map(Number);
    return [least ?? -Infinity, most ?? Infinity];
  }

  private set(name: string, value: string | number | boolean): void {
    this.model.set(name, value);
    this.model.save_changes();
  }

  private buildSlider(
    name: string,
    label: string,
    min: number,
    max: number,
    step: number,
  ): HTMLElement {
    const { box, id } = this.buildBox(name, label);
    const slider = html('input', { class: 'lrbar-slider', type: 'range', id, min, max, step });
    // A screen reader reads the slider's own value; a live output would repeat it.
    const shown = html('output', { class: 'lrbar-output', for: id, 'aria-live': 'off' });
    slider.addEventListener('input', () => {
      this.set(name, slider.valueAsNumber);
    });
    this.settings.push(() => {
      const value = numberOf(this.state, name);
      if (value !== null) {
        slider.value = String(value);
        // The true value, also where the slider does not reach it.
        say(shown, String(value));
        attr(slider, { 'aria-valuetext': slider.valueAsNumber === value ? null : value });
      }
    });
    box.append(slider, shown);
    return box;
  }

  private buildNumber(name: string, label: string, kind: Kind): HTMLElement {
    const { unit, title, read, written } = kind;
    const { box, id } = this.buildBox(name, label);
    const [min, max] = this.limits(unit);
    const field = html('input', { class: 'lrbar-field lrbar-count', type: 'number', id, min, max, step: 1 });
    attr(field, { title });
    this.follow(field, () => read(this.model.get(name)));
    field.addEventListener('input', () => {
      const value = field.valueAsNumber;
      const isValid = Number.isInteger(value) && value >= min && value <= max;
      attr(field, { 'aria-invalid': isValid ? null : 'true' });
      if (isValid) {
        this.set(name, written(value));
      }
    });
    box.append(field, html('span', { class: 'lrbar-quiet' }, unit));
    return box;
  }

  private buildText(name: string, label: string): HTMLElement {
    const { box, id } = this.buildBox(name, label);
    const field = html('input', { class: 'lrbar-field lrbar-text', type: 'text', id, maxlength: this.limits('title')[1] });
    this.follow(field, () => textOf(this.state, name));
    field.addEventListener('input', () => {
      this.set(name, field.value);
    });
    box.append(field);
    return box;
  }

  /** Shows a value in a field; what a person is typing there is theirs until they leave it. */
  private follow(field: HTMLInputElement, value: () => string): void {
    const show = (): void => {
      if (document.activeElement !== field) {
        field.value = value();
        attr(field, { 'aria-invalid': null });
      }
    };
    field.addEventListener('blur', show);
    this.settings.push(show);
  }

  private buildSelect(
    name: string,
    label: string,
    options: Readonly<Record<string, string>> = {},
  ): { box: HTMLElement; select: HTMLSelectElement } {
    const { box, id } = this.buildBox(name, label);
    const select = html('select', { class: 'lrbar-field lrbar-select', id });
    for (const [value, text] of Object.entries(options)) {
      select.append(html('option', { value }, text));
    }
    select.addEventListener('change', () => {
      this.set(name, select.value);
    });
    this.settings.push(() => {
      select.value = textOf(this.state, name);
    });
    box.append(select);
    return { box, select };
  }

  /** A box to tick; hidden where the model has neither yes nor no. */
  private buildCheck(name: string, label: string): HTMLElement {
    const box = html('input', { type: 'checkbox' });
    const line = html('label', { class: 'lrbar-check' }, box, label);
    box.addEventListener('change', () => {
      this.set(name, box.checked);
    });
    this.settings.push(() => {
      const value: unknown = this.model.get(name);
      line.hidden = typeof value !== 'boolean';
      box.checked = value === true;
    });
    return line;
  }

  private buildBox(name: string, text: string): { box: HTMLElement; id: string } {
    const id = this.idFor(name);
    const label = html('label', { class: 'lrbar-label', for: id }, text);
    return { box: html('div', { class: 'lrbar-setting' }, label), id };
  }

  protected override press(pressed: Button): void {
    const { id, label, command } = pressed;
    if (command !== 'save') {
      super.press(pressed);
      return;
    }
    this.saving.wait(label);
    this.tell({ event: 'save', kind: id, page: this.saving.page });
  }
}
