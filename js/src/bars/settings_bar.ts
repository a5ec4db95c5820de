import { attr, button, html, say, svg } from '../dom';
import { Keyed } from '../keyed';
import { RUN_LOOKS } from '../looks';
import { numberOf, textOf } from '../values';
import { BarView } from './bar_view';
import { type Rule, rulesOf, type Run, runsOf } from './state';

const READS = {
  best: 'What suits each',
  training: 'Training loss',
  validation: 'Validation loss',
};

/** One line of the legend. */
interface RunItem {
  readonly root: HTMLLIElement;
  readonly box: HTMLInputElement;
  readonly look: SVGPathElement;
  readonly name: HTMLElement;
  readonly remove: HTMLButtonElement;
}

/**
 * What is rarely needed, folded away: smoothing, skipped ends, scale, rule, runs.
 *
 * Each control shows a trait of the model and sets it. While one message is under way
 * ipywidgets keeps the latest value alone, so a slider sends no more than the kernel takes.
 */
export class SettingsBarView extends BarView {
  /** Each shows the model's value in one control. */
  private declare settings: (() => void)[];
  private declare ruleBox: HTMLElement;
  private declare rules: Keyed<Rule, { root: HTMLOptionElement }>;
  private declare runs: Keyed<Run, RunItem>;
  private declare noRuns: HTMLElement;

  protected override build(): void {
    this.el.classList.add('lrfind-settings-bar');
    this.el.setAttribute('aria-label', 'Settings of the chart');
    this.settings = [];
    const rule = this.buildSelect('rule', 'Suggestion by');
    this.ruleBox = rule.box;
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
      this.buildNumber('skip_start', 'Skip at the start'),
      this.buildNumber('skip_end', 'Skip at the end'),
      this.buildSelect('y_scale', 'Loss axis', { linear: 'Linear', log: 'Logarithmic' }).box,
      this.buildSelect('wheel_zoom', 'Wheel zooms', { ctrl: 'With Ctrl', always: 'Always' }).box,
      this.buildSelect('y_range', 'Show', { focus: 'What matters', all: 'Every point' }).box,
      rule.box,
      this.buildSelect('reads', 'Rules read', READS).box,
    );
    const summary = html('summary', {}, 'Smoothing, skipped ends, scale, runs');
    const body = html('div', { class: 'lrbar-settings' });
    body.append(fields, this.buttonPlace, this.buildLegend());
    this.el.append(html('details', { class: 'lrbar-fold' }, summary, body));
  }

  override update(): void {
    super.update();
    const rules = rulesOf(this.state);
    this.rules.show(rules);
    this.ruleBox.hidden = rules.length === 0;
    for (const show of this.settings) {
      show();
    }
    const runs = runsOf(this.state);
    this.runs.show(runs);
    this.noRuns.hidden = runs.length > 0;
  }

  private set(name: string, value: string | number): void {
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

  private buildNumber(name: string, label: string): HTMLElement {
    const { box, id } = this.buildBox(name, label);
    const field = html('input', { class: 'lrbar-field lrbar-count', type: 'number', id, min: 0, step: 1 });
    const show = (): void => {
      const value = numberOf(this.state, name);
      // What a person is typing is theirs until they leave it.
      if (document.activeElement !== field) {
        field.value = value === null ? field.value : String(value);
        attr(field, { 'aria-invalid': null });
      }
    };
    field.addEventListener('input', () => {
      const value = field.valueAsNumber;
      const isValid = Number.isInteger(value) && value >= 0;
      attr(field, { 'aria-invalid': isValid ? null : 'true' });
      if (isValid) {
        this.set(name, value);
      }
    });
    field.addEventListener('blur', show);
    this.settings.push(show);
    box.append(field, html('span', { class: 'lrbar-quiet' }, 'points'));
    return box;
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

  private buildBox(name: string, text: string): { box: HTMLElement; id: string } {
    const id = this.idFor(name);
    const label = html('label', { class: 'lrbar-label', for: id }, text);
    return { box: html('div', { class: 'lrbar-setting' }, label), id };
  }

  private buildLegend(): HTMLElement {
    const id = this.idFor('runs');
    const title = html('div', { class: 'lrbar-label', id }, 'Runs');
    const list = html('ul', { class: 'lrbar-runs', 'aria-labelledby': id });
    const none = 'Run again to compare: earlier runs stay, faded.';
    this.noRuns = html('div', { class: 'lrbar-quiet' }, none);
    this.runs = new Keyed<Run, RunItem>(
      list,
      (run) => this.buildRun(run),
      fillRun,
      (run) => run.id,
    );
    return html('div', { class: 'lrbar-legend' }, title, this.noRuns, list);
  }

  private buildRun(id: string): RunItem {
    const box = html('input', { type: 'checkbox' });
    box.addEventListener('change', () => {
      this.tell({ event: 'run', action: box.checked ? 'show' : 'hide', id });
    });
    const label = html('label', { class: 'lrbar-check' }, box);
    const drawn = svg(label, 'svg', { width: 30, height: 10, 'aria-hidden': 'true' });
    const look = svg(drawn, 'path', { d: 'M1 5H29' });
    const name = html('span', { class: 'lrbar-run-name' });
    label.append(name);
    const remove = button('Remove', 'lrbar-small', () => {
      this.tell({ event: 'run', action: 'remove', id });
    });
    return { root: html('li', { class: 'lrbar-run' }, label, remove), box, look, name, remove };
  }
}

/** Shows a run, and how its line is drawn: by its place among those before the latest. */
function fillRun({ box, look, name, remove }: RunItem, run: Run, index: number): void {
  box.checked = run.visible;
  attr(look, {
    class: `lrbar-look lrbar-look-${run.removable ? String(index % RUN_LOOKS) : 'latest'}`,
  });
  say(name, run.name);
  remove.hidden = !run.removable;
  attr(remove, { 'aria-label': `Remove ${run.name}` });
}
