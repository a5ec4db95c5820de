import { attr, html, saySentence } from '../dom';
import { clamp } from '../geometry/mapping';
import { MarkerModel } from '../marker';
import { textOf } from '../values';
import { type Announcer, announcerIn } from './announcer';
import { BarView } from './bar_view';
import { Fold } from './fold';
import type { Button } from './state';

/** What a comparison of rates has found, and what to do with it: the heading of its chart. */
export class ComparisonBarView extends BarView {
  private declare text: HTMLElement;
  private declare sentence: HTMLElement;
  private declare note: HTMLElement;
  private declare why: Fold;
  private declare announcer: Announcer;
  private declare shown: string | undefined;

  protected override build(): void {
    this.el.classList.add('lrfind-comparison-bar');
    this.el.setAttribute('aria-label', 'Comparison of learning rates');
    this.sentence = html('span', { class: 'lrbar-sentence' });
    this.note = html('span', { class: 'lrbar-quiet' });
    this.text = html('div', { class: 'lrbar-lines' }, this.sentence, ' ', this.note);
    this.why = new Fold();
    this.el.append(html('div', { class: 'lrbar-row' }, this.text, this.buttonPlace, this.why.root));
    this.announcer = announcerIn(this.el);
  }

  override update(): void {
    super.update();
    const [sentence, evidence, note] = ['sentence', 'evidence', 'note'].map((name) =>
      textOf(this.state, name),
    ) as [string, string, string];
    saySentence(this.sentence, sentence);
    saySentence(this.note, note);
    attr(this.text, { title: `${sentence} ${note}`.trim() });
    this.why.show('Why', evidence === '' ? [] : [evidence]);
    // What stands there when a page is opened is not news.
    if (this.shown !== undefined && sentence !== this.shown) {
      this.announcer.offer(sentence);
    }
    this.shown = sentence;
  }

  /** What is chosen already cannot be chosen again, and stands there all the same. */
  protected override isOffered(each: Button): boolean {
    return super.isOffered(each) || (this.isLive && each.id.startsWith('choose_'));
  }

  /**
   * A search brings the rate that is seen: the marker's own message may wait for one before it.
   * So a rate that is used goes to the marker too, or that of a drag before would come after it.
   */
  protected override press(pressed: Button): void {
    const marker: unknown = this.model.get('marker');
    if (pressed.id === 'search_held_back' && marker instanceof MarkerModel) {
      this.tell({ event: 'press', command: pressed.command, value: marker.value });
      return;
    }
    const { lr } = pressed;
    // One that is not on the axis is the kernel's alone to choose.
    if (lr !== null && marker instanceof MarkerModel && lr === clamp(lr, ...marker.limits)) {
      marker.choose(lr);
    }
    super.press(pressed);
  }

  override remove(): void {
    this.announcer.close();
    super.remove();
  }
}
