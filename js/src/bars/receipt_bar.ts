import { BarView } from './bar_view';
import { element, setText } from './dom';
import { outcomeOf, type ReceiptRow, receiptOf } from './state';

/** Titles of the columns, with the class of their cells. */
const COLUMNS = [
  ['What', ''],
  ['Count', 'lrbar-number'],
  ['How it was compared', ''],
  ['Result', ''],
] as const;

/** One quiet line under the chart that opens to what was compared after the sweep. */
export class ReceiptBarView extends BarView {
  protected declare actionPlace: HTMLElement;
  private declare fold: HTMLDetailsElement;
  private declare sentence: HTMLElement;
  private declare rows: HTMLTableSectionElement;
  private declare shownRows: string;

  protected override build(): void {
    this.el.classList.add('lrfind-receipt-bar');
    this.el.setAttribute('aria-label', 'What came back after the sweep');
    this.fold = element('details', 'lrbar-fold');
    const summary = element('summary', 'lrbar-quiet');
    this.sentence = element('span');
    summary.append(this.sentence);
    const table = element('table', 'lrbar-table');
    const head = element('tr');
    for (const [title, className] of COLUMNS) {
      const cell = element('th', className, title);
      cell.scope = 'col';
      head.append(cell);
    }
    const heading = element('thead');
    heading.append(head);
    this.rows = element('tbody');
    table.append(heading, this.rows);
    this.fold.append(summary, table);
    this.actionPlace = element('div', 'lrbar-buttons');
    this.shownRows = '';
    this.el.append(this.fold, this.actionPlace);
  }

  override update(): void {
    super.update();
    const receipt = receiptOf(this.state);
    this.fold.hidden = receipt === null;
    if (receipt === null) {
      return;
    }
    setText(this.sentence, receipt.sentence);
    this.el.classList.toggle('lrbar-differs', !receipt.identical);
    const key = JSON.stringify(receipt.rows);
    if (key !== this.shownRows) {
      this.shownRows = key;
      this.rows.replaceChildren(...receipt.rows.map(rowOf));
    }
  }
}

function rowOf(row: ReceiptRow): HTMLTableRowElement {
  const made = element('tr', row.identical || !row.bySweep ? '' : 'lrbar-differs');
  const what = element('th', '', row.category);
  what.scope = 'row';
  made.append(
    what,
    element('td', 'lrbar-number', row.compared > 0 ? String(row.compared) : ''),
    element('td', '', row.how),
    element('td', 'lrbar-result', outcomeOf(row)),
  );
  return made;
}
