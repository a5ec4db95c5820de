import { html, say } from '../dom';
import { BarView } from './bar_view';
import { outcomeOf, type ReceiptRow, receiptOf } from './state';

/** Titles of the columns, with the class of their cells. */
const COLUMNS = [
  ['What', null],
  ['Count', 'lrbar-number'],
  ['How it was compared', null],
  ['Result', null],
] as const;

/** One quiet line under the chart that opens to what was compared after the sweep. */
export class ReceiptBarView extends BarView {
  private declare fold: HTMLDetailsElement;
  private declare sentence: HTMLElement;
  private declare rows: HTMLTableSectionElement;
  private declare shownRows: string;

  protected override build(): void {
    this.el.classList.add('lrfind-receipt-bar');
    this.el.setAttribute('aria-label', 'What came back after the sweep');
    this.sentence = html('span');
    this.rows = html('tbody');
    const titles = COLUMNS.map(([title, className]) =>
      html('th', { scope: 'col', class: className }, title),
    );
    const table = html('table', { class: 'lrbar-table' });
    table.append(html('thead', {}, html('tr', {}, ...titles)), this.rows);
    const summary = html('summary', { class: 'lrbar-quiet' }, this.sentence);
    this.fold = html('details', { class: 'lrbar-fold' }, summary, table);
    this.shownRows = '';
    this.el.append(this.fold, this.buttonPlace);
  }

  override update(): void {
    super.update();
    const receipt = receiptOf(this.state);
    this.fold.hidden = receipt === null;
    if (receipt === null) {
      return;
    }
    say(this.sentence, receipt.sentence);
    this.el.classList.toggle('lrbar-differs', !receipt.identical);
    const key = JSON.stringify(receipt.rows);
    if (key !== this.shownRows) {
      this.shownRows = key;
      this.rows.replaceChildren(...receipt.rows.map(rowOf));
    }
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
