import { html, say, saySentence, showLine } from '../dom';
import { textOf } from '../values';
import { Announcer } from './announcer';
import { BarView } from './bar_view';

/** What a comparison of rates has found, and what to do with it: the heading of its chart. */
export class ComparisonBarView extends BarView {
  private declare sentence: HTMLElement;
  private declare note: HTMLElement;
  private declare why: HTMLElement;
  private declare evidence: HTMLElement;
  private declare announcer: Announcer;
  private declare shown: string | undefined;

  protected override build(): void {
    this.el.classList.add('lrfind-comparison-bar');
    this.el.setAttribute('aria-label', 'Comparison of learning rates');
    this.sentence = html('span', { class: 'lrbar-sentence' });
    this.note = html('div', { class: 'lrbar-quiet' });
    const summary = html('summary', { class: 'lrbar-quiet' }, 'Why');
    this.evidence = html('div', { class: 'lrbar-quiet' });
    this.why = html('details', { class: 'lrbar-fold' }, summary, this.evidence);
    const spoken = html('div', { class: 'lrbar-unseen', role: 'status', 'aria-live': 'polite' });
    this.announcer = new Announcer((text) => {
      say(spoken, text);
    });
    const row = html('div', { class: 'lrbar-row' }, this.sentence, this.buttonPlace, this.why);
    this.el.append(row, this.note, spoken);
  }

  override update(): void {
    super.update();
    const sentence = textOf(this.state, 'sentence');
    const evidence = textOf(this.state, 'evidence');
    saySentence(this.sentence, sentence);
    saySentence(this.evidence, evidence);
    this.why.hidden = evidence === '';
    showLine(this.note, textOf(this.state, 'note'));
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
