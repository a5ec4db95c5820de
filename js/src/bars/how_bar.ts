import { html, say, showLine } from '../dom';
import { asText, listOf, textOf } from '../values';
import { BarView } from './bar_view';
import { Fold } from './fold';
import { outcomeOf, type ReceiptRow, rowsOf } from './state';

/** Titles of the columns, with the class of their cells. */
const COLUMNS = [
  ['What', null],
  ['Count', 'lrbar-number'],
  ['How it was compared', null],
  ['Result', null],
] as const;

/**
 * How it was run, on a quiet line that opens: how it ended, which loss was taken, how the model was
 * kept, what was compared afterwards, and what was raised. A long error is in full above it.
 */
export class HowBarView extends BarView {
  private declare fold: Fold;
  private declare error: HTMLElement;
  private declare traceback: HTMLElement;
  private declare table: HTMLElement;
  private declare rows: HTMLTableSectionElement;
  private declare shownRows: string;

  protected override build(): void {
    this.el.classList.add('lrfind-how-bar');
    this.el.setAttribute('aria-label', 'How this was run');
    this.error = html('div', { class: 'lrbar-error' });
    const name = { 'aria-label': 'Traceback of your code' };
    // A long traceback scrolls in its own box, which keys must be able to reach.
    this.traceback = html('pre', { class: 'lrbar-traceback', tabindex: 0, role: 'region', ...name });
    this.rows = html('tbody');
    const titles = COLUMNS.map(([title, className]) =>
      html('th', { scope: 'col', class: className }, title),
    );
    this.table = html('table', { class: 'lrbar-table' });
    this.table.append(html('thead', {}, html('tr', {}, ...titles)), this.rows);
    this.shownRows = '';
    this.fold = new Fold(this.traceback, this.table);
    this.el.append(this.error, this.fold.root, this.buttonPlace);
  }

  override update(): void {
    super.update();
    const { state } = this;
    const summary = textOf(state, 'summary');
    const [error, traceback] = [textOf(state, 'error'), textOf(state, 'traceback')];
    this.fold.show(summary, listOf(state.get('facts')).map(asText), summary === '');
    showLine(this.error, error);
    this.traceback.hidden = traceback === '';
    say(this.traceback, traceback);
    const isWrong = traceback !== '' || state.get('identical') === false;
    this.el.classList.toggle('lrbar-wrong', isWrong);
    const rows = rowsOf(state);
    const key = JSON.stringify(rows);
    if (key !== this.shownRows) {
      this.shownRows = key;
      this.rows.replaceChildren(...rows.map(rowOf));
    }
    this.table.hidden = rows.length === 0;
  }
}

function rowOf(row: ReceiptRow): HTMLTableRowElement {
  return html(
    'tr',
    { class: row.identical || !row.bySweep ? null : 'lrbar-differs' },
    html('th', { scope: 'row' }, row.category),
    html('td', { class: 'lrbar-number' }, row.compared > 0 ? String(row.compared) : ''),
    html('td', {}, row.how),
    html('td', { class: 'lrbar-result' }, outcomeOf(row)),
  );
}
