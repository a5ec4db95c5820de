import { Announcer } from './announcer';
import { BarView } from './bar_view';
import { element, setSentence, setText } from './dom';
import { textOf } from './state';

/** What a comparison of rates has found, and what to do with it. */
export class VerdictBarView extends BarView {
  protected declare actionPlace: HTMLElement;
  private declare sentence: HTMLElement;
  private declare spoken: HTMLElement;
  private declare announcer: Announcer;
  private declare shown: string | undefined;

  protected override build(): void {
    this.el.classList.add('lrfind-verdict-bar');
    this.el.setAttribute('aria-label', 'Comparison of learning rates');
    const row = element('div', 'lrbar-row');
    this.sentence = element('span', 'lrbar-sentence');
    this.actionPlace = element('div', 'lrbar-buttons');
    row.append(this.sentence, this.actionPlace);
    this.spoken = element('div', 'lrbar-unseen');
    this.spoken.setAttribute('role', 'status');
    this.spoken.setAttribute('aria-live', 'polite');
    this.announcer = new Announcer((text) => {
      setText(this.spoken, text);
    });
    this.el.append(row, this.spoken);
  }

  override update(): void {
    super.update();
    const sentence = textOf(this.state, 'sentence');
    setSentence(this.sentence, sentence);
    // What stands there when a page is opened is not news.
    if (this.shown !== undefined && sentence !== this.shown) {
      this.announcer.offer(sentence);
    }
    this.shown = sentence;
  }

  override remove(): void {
    this.announcer.close();
    super.remove();
  }
}
