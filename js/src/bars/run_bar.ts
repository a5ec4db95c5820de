import { formatRate } from '../geometry/format';
import { Announcer } from './announcer';
import { BarView } from './bar_view';
import { button, element, setAttribute, setEnabled, setLine, setSentence, setText } from './dom';
import { flagOf, numberOf, textOf } from './state';
import { type Command, isRunning, offerIn, progressOf } from './status';

/** Milliseconds after which an unanswered press needs an explanation. */
const UNANSWERED_MS = 700;

const UNHEARD = 'No kernel behind this widget: run its cell again to go on.';

/** The state of a sweep whose kernel is gone: none that Python could tell of. */
const GONE = 'gone';

const ASKED: Readonly<Record<Command, string>> = {
  start: 'Run',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
};

/** Run, pause, stop; how far the sweep is; a sentence for every state. */
export class RunBarView extends BarView {
  protected declare actionPlace: HTMLElement;
  private declare runButton: HTMLButtonElement;
  private declare holdButton: HTMLButtonElement;
  private declare stopButton: HTMLButtonElement;
  private declare buttons: HTMLElement;
  private declare bar: HTMLElement;
  private declare fill: HTMLElement;
  private declare sentence: HTMLElement;
  private declare rate: HTMLElement;
  private declare note: HTMLElement;
  private declare objective: HTMLElement;
  private declare detail: HTMLElement;
  private declare spoken: HTMLElement;
  private declare fault: HTMLDetailsElement;
  private declare faultText: HTMLElement;
  private declare announcer: Announcer;
  private declare shownStatus: string | undefined;
  private declare pending: Command | undefined;
  private declare isLate: boolean;
  private declare pendingTimer: ReturnType<typeof setTimeout> | undefined;

  protected override build(): void {
    this.el.classList.add('lrfind-run-bar');
    this.el.setAttribute('aria-label', 'Range test');
    this.runButton = button('Run', '', () => {
      this.ask('start');
    });
    this.holdButton = button('Pause', '', () => {
      this.ask(offerIn(textOf(this.state, 'status')).hold);
    });
    this.stopButton = button('Stop', '', () => {
      this.ask('stop');
    });
    this.buttons = element('div', 'lrbar-buttons');
    this.actionPlace = element('div', 'lrbar-buttons');
    this.buttons.append(this.runButton, this.holdButton, this.stopButton, this.actionPlace);

    this.bar = element('div', 'lrbar-progress');
    this.bar.setAttribute('role', 'progressbar');
    this.bar.setAttribute('aria-label', 'Steps of the range test');
    this.bar.setAttribute('aria-valuemin', '0');
    this.fill = element('div', 'lrbar-progress-fill');
    this.bar.append(this.fill);

    const state = element('div', 'lrbar-state');
    const dot = element('span', 'lrbar-dot');
    dot.setAttribute('aria-hidden', 'true');
    this.sentence = element('span', 'lrbar-sentence');
    this.rate = element('span', 'lrbar-rate-now');
    state.append(dot, this.sentence);

    const row = element('div', 'lrbar-row');
    row.append(this.buttons, this.bar, state);

    const quiet = element('div', 'lrbar-row lrbar-quiet lrbar-facts');
    this.objective = element('span');
    this.detail = element('span');
    this.note = element('span', 'lrbar-note');
    quiet.append(this.note, this.rate, this.objective, this.detail);

    this.fault = element('details', 'lrbar-fold lrbar-fault');
    this.faultText = element('pre');
    // A long traceback scrolls in its own box, which keys must be able to reach.
    this.faultText.tabIndex = 0;
    this.faultText.setAttribute('role', 'region');
    this.faultText.setAttribute('aria-label', 'Traceback of your code');
    this.fault.append(element('summary', '', 'Traceback of your code'), this.faultText);

    this.spoken = element('div', 'lrbar-unseen');
    this.spoken.setAttribute('role', 'status');
    this.spoken.setAttribute('aria-live', 'polite');
    this.announcer = new Announcer((text) => {
      setText(this.spoken, text);
    });

    this.el.append(row, quiet, this.fault, this.spoken);
  }

  override update(): void {
    super.update();
    const { status, sentence } = this.told();
    setAttribute(this.el, 'data-status', status);
    if (status !== this.shownStatus) {
      this.settle();
    }
    this.showButtons(status);
    this.showProgress();
    setSentence(this.sentence, sentence);
    const lr = numberOf(this.state, 'lr');
    setLine(this.rate, lr !== null && isRunning(status) ? `Rate now ${formatRate(lr)}` : '');
    setLine(this.objective, textOf(this.state, 'objective'));
    setLine(this.detail, textOf(this.state, 'detail'));
    const traceback = textOf(this.state, 'traceback');
    this.fault.hidden = traceback === '';
    setText(this.faultText, traceback);
    // The steps of a running sweep are not spoken, the end and its reason are.
    if (this.shownStatus !== undefined && (status !== this.shownStatus || !isRunning(status))) {
      this.announcer.offer(sentence);
    }
    this.shownStatus = status;
    this.showNote();
  }

  override remove(): void {
    clearTimeout(this.pendingTimer);
    this.announcer.close();
    super.remove();
  }

  /** The state as the kernel told it, or that it can tell nothing any more. */
  private told(): { status: string; sentence: string } {
    const status = textOf(this.state, 'status');
    if (this.isLive || !isRunning(status)) {
      return { status, sentence: textOf(this.state, 'sentence') };
    }
    const { text } = progressOf(numberOf(this.state, 'done') ?? 0, numberOf(this.state, 'total') ?? 0);
    return {
      status: GONE,
      sentence: `The kernel went away after ${text}: run the cell again to start anew.`,
    };
  }

  private showButtons(status: string): void {
    const offer = offerIn(status);
    this.buttons.hidden = !flagOf(this.state, 'can_run');
    const free = this.isLive && this.pending === undefined;
    setText(this.runButton, offer.runLabel);
    setText(this.holdButton, offer.hold === 'pause' ? 'Pause' : 'Resume');
    setEnabled(this.runButton, free && offer.canRun);
    setEnabled(this.holdButton, free && offer.canHold);
    setEnabled(this.stopButton, this.isLive && this.pending !== 'stop' && offer.canStop);
  }

  private showProgress(): void {
    const done = numberOf(this.state, 'done') ?? 0;
    const total = numberOf(this.state, 'total') ?? 0;
    const progress = progressOf(done, total);
    setAttribute(this.bar, 'aria-valuemax', String(Math.max(total, 1)));
    setAttribute(this.bar, 'aria-valuenow', String(Math.min(Math.max(done, 0), Math.max(total, 1))));
    setAttribute(this.bar, 'aria-valuetext', progress.text);
    this.fill.style.transform = `scaleX(${progress.fraction})`;
  }

  private showNote(): void {
    const isTold = this.isLive || this.shownStatus === GONE;
    const note = isTold ? this.unanswered() : UNHEARD;
    setLine(this.note, note);
    if (note !== '') {
      this.announcer.offer(note);
    }
  }

  private unanswered(): string {
    return this.pending !== undefined && this.isLate
      ? `${ASKED[this.pending]} was pressed; the kernel is busy and will take it next.`
      : '';
  }

  /** Sends a command, and says so where a busy kernel leaves it unanswered. */
  private ask(command: Command): void {
    this.settle();
    this.pending = command;
    this.pendingTimer = setTimeout(() => {
      this.isLate = true;
      this.showNote();
    }, UNANSWERED_MS);
    this.tell({ event: command }, () => {
      if (this.pending === command) {
        this.settle();
        this.update();
      }
    });
    this.showButtons(textOf(this.state, 'status'));
  }

  private settle(): void {
    clearTimeout(this.pendingTimer);
    this.pending = undefined;
    this.isLate = false;
  }
}
