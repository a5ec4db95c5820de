import { html, say, saySentence } from '../dom';
import { textOf } from '../values';
import { Announcer } from './announcer';
import { BarView } from './bar_view';

/** What a comparison of rates has found, and what to do with it. */
export class ComparisonBarView extends BarView {
  private declare sentence: HTMLElement;
  private declare announcer: Announcer;
  private declare shown: string | undefined;

  protected override build(): void {
    this.el.classList.add('lrfind-comparison-bar');
    this.el.setAttribute('aria-label', 'Comparison of learning rates');
    this.sentence = html('span', { class: 'lrbar-sentence' });
    const spoken = html('div', { class: 'lrbar-unseen', role: 'status', 'aria-live': 'polite' });
    this.announcer = new Announcer((text) => {
      say(spoken, text);
    });
    this.el.append(html('div', { class: 'lrbar-row' }, this.sentence, this.buttonPlace), spoken);
  }

  override update(): void {
    super.update();
    const sentence = textOf(this.state, 'sentence');
    saySentence(this.sentence, sentence);
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
