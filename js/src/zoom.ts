import { listen } from './dom';

/** What is zoomed and moved; `at` and `part` are parts of the width of what is seen. */
export interface Zoomable {
  readonly zoomed: boolean;
  zoom(factor: number, at: number): void;
  pan(part: number): void;
  reset(): void;
}

/** A place as parts of the width and height of the plot area. */
type Locate = (event: { clientX: number; clientY: number }) => { x: number; y: number };

/** How strongly a turn of the wheel zooms, per pixel that it would have scrolled. */
const WHEEL = 0.002;
/** The same for a pinch on a trackpad, which browsers report as a wheel with Ctrl. */
const PINCH = 0.01;
/** One turn never does more than this, whatever the wheel. */
const TURN = 0.5;
/** Milliseconds after the page was last scrolled in which a turn is taken to go on scrolling. */
const SCROLLING = 300;
const KEY_ZOOM = 0.7;

/**
 * Zoom by wheel and pinch, pan by drag, and back by double click.
 *
 * Only the background is dragged: the marker and the annotations lie above it and keep their own
 * gestures. The page keeps its wheel too: a turn counts here only after the pointer was moved
 * over the chart, not when scrolling brought the chart under it, and there is nothing to zoom
 * out to when all is shown.
 */
export class ZoomGestures {
  private readonly held = new Map<number, { x: number; y: number }>();
  private aimed = false;
  private scrolled = -Infinity;

  constructor(
    private readonly window: Zoomable,
    private readonly background: SVGElement,
    private readonly figure: HTMLElement,
    private readonly locate: Locate,
    signal: AbortSignal,
  ) {
    const elsewhere = { signal, passive: true, capture: true };
    listen(this, document.documentElement, { wheel: this.noteScroll }, elsewhere);
    listen(this, figure, { wheel: this.wheel }, { signal, passive: false });
    const over = { pointermove: this.aim, pointerleave: this.leave, keydown: this.press };
    listen(this, figure, over, { signal });
    const drag = {
      pointerdown: this.take,
      pointermove: this.move,
      pointerup: this.release,
      pointercancel: this.release,
      lostpointercapture: this.release,
      dblclick: this.reset,
    };
    listen(this, background, drag, { signal });
  }

  /** Notes when the page was scrolled elsewhere. */
  private noteScroll(event: WheelEvent): void {
    if (!this.figure.contains(event.target as Node | null)) {
      this.scrolled = event.timeStamp;
    }
  }

  private aim(event: PointerEvent): void {
    // A browser also reports a move without movement when the page scrolls below the pointer.
    this.aimed ||= event.movementX !== 0 || event.movementY !== 0;
  }

  private leave(): void {
    this.aimed = false;
  }

  private release(event: PointerEvent): void {
    this.held.delete(event.pointerId);
  }

  private reset(): void {
    this.window.reset();
  }

  private wheel(event: WheelEvent): void {
    const at = this.locate(event);
    const inside = at.x >= 0 && at.x <= 1 && at.y >= 0 && at.y <= 1;
    const meant = event.ctrlKey || (this.aimed && event.timeStamp - this.scrolled > SCROLLING);
    if (!inside || !meant) {
      this.scrolled = event.timeStamp;
      return;
    }
    const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? 16 : 400;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      if (this.window.zoomed) {
        event.preventDefault();
        this.window.pan((event.deltaX * unit) / (this.figure.clientWidth || 1));
      }
      return;
    }
    const turn = event.deltaY * unit * (event.ctrlKey ? PINCH : WHEEL);
    if (turn > 0 && !this.window.zoomed && !event.ctrlKey) {
      return;
    }
    event.preventDefault();
    this.window.zoom(Math.exp(Math.min(Math.max(turn, -TURN), TURN)), at.x);
  }

  private take(event: PointerEvent): void {
    if (event.button === 0) {
      this.held.set(event.pointerId, this.locate(event));
      this.background.setPointerCapture(event.pointerId);
    }
  }

  private move(event: PointerEvent): void {
    const before = this.held.get(event.pointerId);
    if (!before) {
      return;
    }
    const now = this.locate(event);
    const other = [...this.held].find(([id]) => id !== event.pointerId)?.[1];
    this.held.set(event.pointerId, now);
    if (!other) {
      this.window.pan(before.x - now.x);
      return;
    }
    // Two fingers: what is between them grows with their distance and moves with their middle.
    const factor = Math.abs(before.x - other.x) / Math.max(Math.abs(now.x - other.x), 1e-3);
    this.window.zoom(Math.min(Math.max(factor, 0.5), 2), (now.x + other.x) / 2);
    this.window.pan((before.x - now.x) / 2);
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === '+' || event.key === '=') {
      this.window.zoom(KEY_ZOOM, 0.5);
    } else if (event.key === '-') {
      this.window.zoom(1 / KEY_ZOOM, 0.5);
    } else if (event.key === '0') {
      this.window.reset();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
