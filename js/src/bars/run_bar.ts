import { attr, html, saySentence } from '../dom';
import { numberOf, textOf } from '../values';
import { type Announcer, announcerIn } from './announcer';
import { BarView } from './bar_view';
import type { Button } from './state';
import { isRunning, progressOf } from './status';

/** The headline of what is said, and the rest. */
const FIRST_SENTENCE = /^(.*?[.?!]) (.*)$/s;

/** Milliseconds after which an unanswered press needs an explanation. */
const UNANSWERED_MS = 700;

const UNHEARD = 'No kernel behind this widget: run its cell again to go on.';

/** The state of a sweep that no kernel goes on with: none that Python could tell of. */
const GONE = 'gone';

/** The headline, what can be told to a run, and how far it is. */
export class RunBarView extends BarView {
  private declare bar: HTMLElement;
  private declare fill: HTMLElement;
  private declare text: HTMLElement;
  private declare headline: HTMLElement;
  private declare why: HTMLElement;
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
    this.buttonPlace.append(this.bar);

    const dot = html('span', { class: 'lrbar-dot', 'aria-hidden': 'true' });
    this.headline = html('strong', { class: 'lrbar-headline' });
    this.why = html('span', { class: 'lrbar-why' });
    this.text = html('div', { class: 'lrbar-lines lrbar-sentence' }, dot, this.headline, ' ', this.why);
    this.el.append(html('div', { class: 'lrbar-top' }, this.text, this.buttonPlace));
    this.announcer = announcerIn(this.el);
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
    attr(this.el, { 'data-status': status, 'data-certainty': textOf(this.state, 'certainty') || null });
    if (status !== this.shownStatus) {
      this.settle();
    }
    super.update();
    this.showProgress();
    // Of the steps of a run each quarter is spoken, and the end with its reason.
    const { done, total } = this.steps;
    const quarter = Math.min(Math.floor(4 * progressOf(done, total).fraction), 3);
    const isNews = status !== this.shownStatus || !isRunning(status) || quarter > this.quarter;
    if (this.shownStatus !== undefined && isNews) {
      this.announcer.offer([textOf(this.state, 'ended'), sentence].filter(Boolean).join(' '));
    }
    this.quarter = quarter;
    this.shownStatus = status;
    this.showText();
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
      sentence: this.isSaved
        ? `Saved after ${text}.`
        : `Kernel gone after ${text}: run the cell again.`,
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
    this.bar.hidden = !isRunning(this.shown().status);
  }

  /** Shows the headline, and beside it what else is said, or why nothing happens. */
  private showText(): void {
    const { status, sentence } = this.shown();
    const [, headline = sentence, more = ''] = FIRST_SENTENCE.exec(sentence) ?? [];
    const isGone = !this.isLive && !this.isSaved && status !== GONE;
    const note = isGone ? UNHEARD : this.unanswered();
    if (note !== '') {
      this.announcer.offer(note);
    }
    const why = note === '' ? [more, ...this.facts(status)].filter(Boolean).join(' ') : note;
    saySentence(this.headline, headline);
    saySentence(this.why, why);
    // Where it does not fit.
    attr(this.text, { title: isRunning(status) ? null : `${headline} ${why}`.trim() });
  }

  /** What is known of what runs: the longest, which may not fit, comes last. */
  private facts(status: string): string[] {
    const facts = ['rate', 'detail', 'objective'].map((name) => textOf(this.state, name));
    return isRunning(status) ? facts : [];
  }

  private unanswered(): string {
    return this.pending !== undefined && this.isLate
      ? `${this.pending.label} was pressed; the kernel is busy and will take it next.`
      : '';
  }

  /** What keeps a sweep from starting is told by a button that cannot be pressed. */
  protected override isOffered(each: Button): boolean {
    const isIdle = this.isLive && !isRunning(textOf(this.state, 'status'));
    return super.isOffered(each) || (each.id === 'start' && isIdle);
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
      this.showText();
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
