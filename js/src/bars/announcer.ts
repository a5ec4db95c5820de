import { html, say } from '../dom';

/** Milliseconds that an announcement waits for a better one: status and sentence may come apart. */
const SETTLE_MS = 200;

/** Milliseconds between two announcements, so that speech can keep up. */
const GAP_MS = 1500;

/** Milliseconds after which what was said is taken away, so that nobody reads it as news. */
const STALE_MS = 8000;

/** An announcer that speaks through a live region in `root`. */
export function announcerIn(root: HTMLElement): Announcer {
  const spoken = html('div', { class: 'lrbar-unseen', role: 'status', 'aria-live': 'polite' });
  root.append(spoken);
  return new Announcer((text) => {
    say(spoken, text);
  });
}

/**
 * Decides what a screen reader hears: the latest of what was offered, after a moment
 * to settle, never the same twice running, and never more often than it can be spoken.
 */
export class Announcer {
  constructor(
    private readonly say: (text: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  private timer: ReturnType<typeof setTimeout> | undefined;
  private staleTimer: ReturnType<typeof setTimeout> | undefined;
  private next = '';
  private said = '';
  private saidAt = -Infinity;

  offer(text: string): void {
    this.next = text;
    if (this.timer === undefined) {
      const wait = Math.max(SETTLE_MS, this.saidAt + GAP_MS - this.now());
      this.timer = setTimeout(() => {
        this.flush();
      }, wait);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.staleTimer);
    this.timer = undefined;
  }

  private flush(): void {
    this.timer = undefined;
    if (this.next !== '' && this.next !== this.said) {
      this.said = this.next;
      this.saidAt = this.now();
      this.say(this.next);
      clearTimeout(this.staleTimer);
      this.staleTimer = setTimeout(() => {
        this.say('');
      }, STALE_MS);
    }
  }
}
