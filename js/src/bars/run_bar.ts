import { attr, html, say, saySentence, showLine } from '../dom';
import { formatRate } from '../geometry/format';
import { numberOf, textOf } from '../values';
import { Announcer } from './announcer';
import { BarView } from './bar_view';
import type { Button } from './state';
import { isRunning, progressOf } from './status';

/** Milliseconds after which an unanswered press needs an explanation. */
const UNANSWERED_MS = 700;

const UNHEARD = 'No kernel behind this widget: run its cell again to go on.';

/** The state of a sweep whose kernel is gone: none that Python could tell of. */
const GONE = 'gone';

/** Run, pause, stop; how far the sweep is; a sentence for every state. */
export class RunBarView extends BarView {
  private declare bar: HTMLElement;
  private declare fill: HTMLElement;
  private declare sentence: HTMLElement;
  private declare rate: HTMLElement;
  private declare note: HTMLElement;
  private declare objective: HTMLElement;
  private declare detail: HTMLElement;
  private declare fault: HTMLDetailsElement;
  private declare faultText: HTMLElement;
  private declare announcer: Announcer;
  private declare shownStatus: string | undefined;
  /** How many quarters of the steps were done when the bar was last updated. */
  private declare quarter: number;
  /** The button that was pressed and that the kernel has not dealt with yet. */
  private declare pending: Button | undefined;
  private declare isLate: boolean;
  private declare pendingTimer: ReturnType<typeof setTimeout> | undefined;
  private declare sight: ResizeObserver;

  protected override build(): void {
    this.el.classList.add('lrfind-run-bar');
    this.el.setAttribute('aria-label', 'Range test');
    this.quarter = 0;
    this.fill = html('div', { class: 'lrbar-progress-fill' });
    const progress = { role: 'progressbar', 'aria-label': 'Steps of the range test' };
    this.bar = html('div', { class: 'lrbar-progress', ...progress, 'aria-valuemin': 0 }, this.fill);

    const dot = html('span', { class: 'lrbar-dot', 'aria-hidden': 'true' });
    this.sentence = html('span', { class: 'lrbar-sentence' });
    const state = html('div', { class: 'lrbar-state' }, dot, this.sentence);

    this.note = html('span', { class: 'lrbar-note' });
    this.rate = html('span', { class: 'lrbar-rate-now' });
    this.objective = html('span', { class: 'lrbar-objective' });
    this.detail = html('span');
    const quiet = html('div', { class: 'lrbar-row lrbar-quiet lrbar-facts' });
    quiet.append(this.note, this.rate, this.objective, this.detail);

    const traceback = 'Traceback of your code';
    // A long traceback scrolls in its own box, which keys must be able to reach.
    this.faultText = html('pre', { tabindex: 0, role: 'region', 'aria-label': traceback });
    const summary = html('summary', {}, traceback);
    this.fault = html('details', { class: 'lrbar-fold lrbar-fault' }, summary, this.faultText);

    const spoken = html('div', { class: 'lrbar-unseen', role: 'status', 'aria-live': 'polite' });
    this.announcer = new Announcer((text) => {
      say(spoken, text);
    });

    const row = html('div', { class: 'lrbar-row' }, this.buttonPlace, this.bar, state);
    this.el.append(row, quiet, this.fault, spoken);
    this.sight = new ResizeObserver((entries) => {
      if (entries.some(({ contentRect }) => contentRect.width > 0)) {
        this.beSeen();
      }
    });
    this.sight.observe(this.el);
  }

  /**
   * Says once that it takes room in a page. The kernel is not asked to display what lies in a box,
   * and what lies in a tab has no room until the tab is opened. A page that was opened again may
   * lack the picture that the kernel has drawn meanwhile.
   */
  private beSeen(): void {
    this.sight.disconnect();
    if (this.isLive) {
      this.tell({ event: 'seen' });
    }
  }

  override update(): void {
    const { status, sentence } = this.shown();
    attr(this.el, { 'data-status': status });
    if (status !== this.shownStatus) {
      this.settle();
    }
    super.update();
    this.showProgress();
    saySentence(this.sentence, sentence);
    const lr = numberOf(this.state, 'lr');
    showLine(this.rate, lr !== null && isRunning(status) ? `Rate now ${formatRate(lr)}` : '');
    // Without a kernel, what is to be done about it takes the place of what was trained.
    for (const [fact, name] of [[this.objective, 'objective'], [this.detail, 'detail']] as const) {
      const text = this.isLive ? textOf(this.state, name) : '';
      showLine(fact, text);
      // Where it does not fit.
      attr(fact, { title: text || null });
    }
    const traceback = textOf(this.state, 'traceback');
    this.fault.hidden = traceback === '';
    say(this.faultText, traceback);
    // Of the steps of a run each quarter is spoken, and the end with its reason.
    const { done, total } = this.steps;
    const quarter = Math.min(Math.floor(4 * progressOf(done, total).fraction), 3);
    const isNews = status !== this.shownStatus || !isRunning(status) || quarter > this.quarter;
    if (this.shownStatus !== undefined && isNews) {
      this.announcer.offer(sentence);
    }
    this.quarter = quarter;
    this.shownStatus = status;
    this.showNote();
  }

  override remove(): void {
    clearTimeout(this.pendingTimer);
    this.sight.disconnect();
    this.announcer.close();
    super.remove();
  }

  /** The state as the kernel sent it, or that the kernel is gone. */
  private shown(): { status: string; sentence: string } {
    const status = textOf(this.state, 'status');
    if (this.isLive || !isRunning(status)) {
      return { status, sentence: textOf(this.state, 'sentence') };
    }
    const { done, total } = this.steps;
    const { text } = progressOf(done, total);
    return {
      status: GONE,
      sentence: `Kernel gone after ${text}: run the cell again.`,
    };
  }

  private get steps(): { done: number; total: number } {
    return { done: numberOf(this.state, 'done') ?? 0, total: numberOf(this.state, 'total') ?? 0 };
  }

  private showProgress(): void {
    const { done, total } = this.steps;
    const progress = progressOf(done, total);
    const max = Math.max(total, 1);
    attr(this.bar, {
      'aria-valuemax': max,
      'aria-valuenow': Math.min(Math.max(done, 0), max),
      'aria-valuetext': progress.text,
    });
    this.fill.style.transform = `scaleX(${progress.fraction})`;
    // A stored result has no progress to show.
    this.bar.hidden = total === 0 && textOf(this.state, 'status') !== 'waiting';
  }

  private showNote(): void {
    const isTold = this.isLive || this.shownStatus === GONE;
    const note = isTold ? this.unanswered() : UNHEARD;
    showLine(this.note, note);
    if (note !== '') {
      this.announcer.offer(note);
    }
  }

  private unanswered(): string {
    return this.pending !== undefined && this.isLate
      ? `${this.pending.label} was pressed; the kernel is busy and will take it next.`
      : '';
  }

  /** One thing at a time, but Stop always. */
  protected override canPress(each: Button): boolean {
    const { pending } = this;
    const isFree = pending === undefined || (each.id === 'stop' && pending.id !== 'stop');
    return isFree && super.canPress(each);
  }

  /** Sends a command, and says so where a busy kernel leaves it unanswered. */
  protected override press(pressed: Button): void {
    this.settle();
    this.pending = pressed;
    this.pendingTimer = setTimeout(() => {
      this.isLate = true;
      this.showNote();
    }, UNANSWERED_MS);
    this.tell({ event: 'press', command: pressed.command }, () => {
      if (this.pending === pressed) {
        this.settle();
        this.update();
      }
    });
    this.showButtons();
  }

  private settle(): void {
    clearTimeout(this.pendingTimer);
    this.pending = undefined;
    this.isLate = false;
  }
}
