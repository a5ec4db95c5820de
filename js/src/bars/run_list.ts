import { attr, button, html, say, svg } from '../dom';
import { Keyed } from '../keyed';
import { runLook } from '../looks';
import type { Run } from './state';

/** One line of the list. */
interface RunItem {
  readonly root: HTMLLIElement;
  readonly box: HTMLInputElement;
  readonly look: SVGPathElement;
  readonly name: HTMLElement;
  readonly remove: HTMLButtonElement;
}

/** The runs, each of which can be hidden, and the earlier ones removed. */
export class RunList {
  readonly el: HTMLElement;
  private readonly runs: Keyed<Run, RunItem>;
  private readonly none: HTMLElement;

  /** `act` tells what is to be done with a run; `id` names the title of the list. */
  constructor(
    private readonly act: (action: 'show' | 'hide' | 'remove', run: string) => void,
    id: string,
  ) {
    const title = html('div', { class: 'lrbar-label', id }, 'Runs');
    const list = html('ul', { class: 'lrbar-runs', 'aria-labelledby': id });
    const none = 'None yet: each later run is drawn beside the earlier ones.';
    this.none = html('div', { class: 'lrbar-quiet' }, none);
    this.runs = new Keyed<Run, RunItem>(
      list,
      (run) => this.build(run),
      fillRun,
      (run) => run.id,
    );
    this.el = html('div', { class: 'lrbar-legend' }, title, this.none, list);
  }

  show(runs: readonly Run[]): void {
    this.runs.show(runs);
    this.none.hidden = runs.length > 0;
  }

  private build(id: string): RunItem {
    const box = html('input', { type: 'checkbox' });
    box.addEventListener('change', () => {
      this.act(box.checked ? 'show' : 'hide', id);
    });
    const label = html('label', { class: 'lrbar-check' }, box);
    const drawn = svg(label, 'svg', { width: 30, height: 10, 'aria-hidden': 'true' });
    const look = svg(drawn, 'path', { d: 'M1 5H29' });
    const name = html('span', { class: 'lrbar-run-name' });
    label.append(name);
    const remove = button('Remove', 'lrbar-small', () => {
      this.act('remove', id);
    });
    return { root: html('li', { class: 'lrbar-run' }, label, remove), box, look, name, remove };
  }
}

/** Shows a run, and how its line is drawn: by its place among those before the latest. */
function fillRun({ box, look, name, remove }: RunItem, run: Run, index: number): void {
  box.checked = run.visible;
  attr(look, { class: `lrbar-look${run.removable ? ` ${runLook(index)}` : ''}` });
  say(name, run.name);
  remove.hidden = !run.removable;
  attr(remove, { 'aria-label': `Remove ${run.name}` });
}
