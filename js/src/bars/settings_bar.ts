import { svg } from '../dom';
import { RUN_LOOKS } from '../looks';
import { BarView } from './bar_view';
import { button, element, Keyed, setAttribute, setText } from './dom';
import { Outbox } from './outbox';
import { numberOf, type Rule, rulesOf, type Run, runsOf, textOf } from './state';

type Value = string | number;

/** One setting: its control, and how the model's value is shown in it. */
interface Setting {
  readonly name: string;
  readonly show: () => void;
}

/** What is rarely needed, folded away: smoothing, skipped ends, scale, rule, runs. */
export class SettingsBarView extends BarView {
  protected declare actionPlace: HTMLElement;
  private declare settings: Setting[];
  private declare outbox: Outbox<Value>;
  private declare ruleSelect: HTMLSelectElement;
  private declare rules: Keyed<Rule, HTMLOptionElement>;
  private declare runs: Keyed<Run, HTMLLIElement>;
  private declare noRuns: HTMLElement;

  protected override build(): void {
    this.el.classList.add('lrfind-settings-bar');
    this.el.setAttribute('aria-label', 'Settings of the chart');
    this.settings = [];
    this.outbox = new Outbox<Value>(
      (name, value, confirmed) => {
        this.tell({ event: 'set', name, value }, confirmed);
      },
      () => {
        this.showSettings();
      },
    );
    const fold = element('details', 'lrbar-fold');
    const body = element('div', 'lrbar-settings');
    const fields = element('div', 'lrbar-fields');
    const rule = this.buildSelect('rule', 'Suggestion by', []);
    this.ruleSelect = rule.select;
    this.rules = new Keyed(
      rule.select,
      (each) => each.name,
      () => element('option'),
      (option, each) => {
        option.value = each.name;
        setText(option, each.label);
        setAttribute(option, 'title', each.title || null);
      },
    );
    fields.append(
      this.buildSlider('beta', 'Smoothing', 0, 0.99, 0.01),
      this.buildNumber('skip_start', 'Skip at the start'),
      this.buildNumber('skip_end', 'Skip at the end'),
      this.buildSelect('y_scale', 'Loss axis', [
        ['linear', 'Linear'],
        ['log', 'Logarithmic'],
      ]).box,
      this.buildSelect('frame', 'Show', [
        ['focus', 'What matters'],
        ['all', 'Every point'],
      ]).box,
      rule.box,
    );
    this.actionPlace = element('div', 'lrbar-buttons');
    body.append(fields, this.actionPlace, this.buildLegend());
    fold.append(element('summary', '', 'Smoothing, skipped ends, scale, runs'), body);
    this.el.append(fold);
  }

  override update(): void {
    super.update();
    const rules = rulesOf(this.state);
    this.rules.show(rules);
    const ruleBox = this.ruleSelect.parentElement;
    if (ruleBox !== null) {
      ruleBox.hidden = rules.length === 0;
    }
    this.showSettings();
    const runs = runsOf(this.state);
    this.runs.show(runs);
    this.showLooks(runs);
    this.noRuns.hidden = runs.length > 0;
  }

  override remove(): void {
    this.outbox.close();
    super.remove();
  }

  /** Shows the kernel's values, except where the person's own is still under way. */
  private showSettings(): void {
    for (const setting of this.settings) {
      if (!this.outbox.isBusy(setting.name)) {
        setting.show();
      }
    }
  }

  private buildSlider(
    name: string,
    label: string,
    min: number,
    max: number,
    step: number,
  ): HTMLElement {
    const { box, id } = this.buildBox(name, label);
    const slider = element('input', 'lrbar-slider');
    slider.type = 'range';
    slider.id = id;
    slider.min = String(min);
    slider.max = String(max);
    slider.step = String(step);
    const shown = element('output', 'lrbar-output');
    shown.setAttribute('for', id);
    // The slider tells its own value; a live output would tell it twice.
    shown.setAttribute('aria-live', 'off');
    slider.addEventListener('input', () => {
      setText(shown, slider.value);
      this.outbox.post(name, slider.valueAsNumber);
    });
    this.settings.push({
      name,
      show: () => {
        const value = numberOf(this.state, name);
        if (value !== null) {
          slider.value = String(value);
          setText(shown, String(value));
        }
      },
    });
    box.append(slider, shown);
    return box;
  }

  private buildNumber(name: string, label: string): HTMLElement {
    const { box, id } = this.buildBox(name, label);
    const field = element('input', 'lrbar-field lrbar-count');
    field.type = 'number';
    field.id = id;
    field.min = '0';
    field.step = '1';
    const unit = element('span', 'lrbar-quiet', 'points');
    const show = (): void => {
      const value = numberOf(this.state, name);
      if (value !== null && document.activeElement !== field) {
        field.value = String(value);
      }
      setAttribute(field, 'aria-invalid', null);
    };
    field.addEventListener('input', () => {
      const value = field.valueAsNumber;
      const isValid = Number.isInteger(value) && value >= 0;
      setAttribute(field, 'aria-invalid', isValid ? null : 'true');
      if (isValid) {
        this.outbox.post(name, value);
      }
    });
    field.addEventListener('blur', () => {
      if (!this.outbox.isBusy(name)) {
        show();
      }
    });
    this.settings.push({ name, show });
    box.append(field, unit);
    return box;
  }

  private buildSelect(
    name: string,
    label: string,
    options: readonly (readonly [string, string])[],
  ): { box: HTMLElement; select: HTMLSelectElement } {
    const { box, id } = this.buildBox(name, label);
    const select = element('select', 'lrbar-field lrbar-select');
    select.id = id;
    for (const [value, text] of options) {
      const option = element('option', '', text);
      option.value = value;
      select.append(option);
    }
    select.addEventListener('change', () => {
      this.outbox.post(name, select.value);
    });
    this.settings.push({
      name,
      show: () => {
        select.value = textOf(this.state, name);
      },
    });
    box.append(select);
    return { box, select };
  }

  private buildBox(name: string, text: string): { box: HTMLElement; id: string } {
    const box = element('div', 'lrbar-setting');
    const id = this.idFor(name);
    const label = element('label', 'lrbar-label', text);
    label.htmlFor = id;
    box.append(label);
    return { box, id };
  }

  private buildLegend(): HTMLElement {
    const legend = element('div', 'lrbar-legend');
    const title = element('div', 'lrbar-label', 'Runs');
    title.id = this.idFor('runs');
    const list = element('ul', 'lrbar-runs');
    list.setAttribute('aria-labelledby', title.id);
    this.noRuns = element('div', 'lrbar-quiet', 'Run again to compare: earlier runs stay, faded.');
    this.runs = new Keyed(
      list,
      (run) => run.id,
      (id) => this.buildRun(id),
      fillRun,
    );
    legend.append(title, this.noRuns, list);
    return legend;
  }

  /** Shows beside each run how its line is drawn: by its place among those before the latest. */
  private showLooks(runs: readonly Run[]): void {
    const looks = this.el.querySelectorAll('.lrbar-look');
    runs.forEach((run, index) => {
      const look = run.removable ? String(index % RUN_LOOKS) : 'latest';
      looks[index]?.setAttribute('class', `lrbar-look lrbar-look-${look}`);
    });
  }

  private buildRun(id: string): HTMLLIElement {
    const item = element('li', 'lrbar-run');
    const label = element('label', 'lrbar-check');
    const box = element('input');
    box.type = 'checkbox';
    box.addEventListener('change', () => {
      this.tell({ event: 'run', action: box.checked ? 'show' : 'hide', id });
    });
    const look = svg(label, 'svg', { width: 30, height: 10, 'aria-hidden': 'true' });
    svg(look, 'path', { class: 'lrbar-look', d: 'M1 5H29' });
    label.append(box, look, element('span', 'lrbar-run-name'));
    const remove = button('Remove', 'lrbar-small', () => {
      this.tell({ event: 'run', action: 'remove', id });
    });
    item.append(label, remove);
    return item;
  }
}

function fillRun(item: HTMLLIElement, run: Run): void {
  const box = item.querySelector('input');
  const name = item.querySelector<HTMLElement>('.lrbar-run-name');
  const remove = item.querySelector('button');
  if (box !== null && name !== null && remove !== null) {
    box.checked = run.visible;
    setText(name, run.name);
    remove.hidden = !run.removable;
    setAttribute(remove, 'aria-label', `Remove ${run.name}`);
  }
}
