import { listen } from './dom';

/** What is zoomed and moved; `at` and `part` are parts of the width of what is seen. */
interface Zoomable {
  readonly zoomed: boolean;
  /** Whether the wheel zooms without Ctrl, too. */
  readonly takesWheel: boolean;
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
const TURN = 0.3;
const KEY_ZOOM = 0.7;

/**
 * Zoom by wheel and pinch, pan by drag, and back by double click.
 *
 * Only the background is dragged: the marker and the annotations lie above it and keep their own
 * gestures. The page keeps its wheel too: a turn counts here only with Ctrl, unless the person
 * wants it otherwise, and even then where there is something to zoom to.
 */
export class ZoomGestures {
  private readonly held = new Map<number, { x: number; y: number }>();

  constructor(
    private readonly window: Zoomable,
    private readonly background: SVGElement,
    private readonly figure: HTMLElement,
    private readonly locate: Locate,
    signal: AbortSignal,
  ) {
    listen(this, figure, { wheel: this.wheel }, { signal, passive: false });
    listen(this, figure, { keydown: this.press }, { signal });
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

  private release(event: PointerEvent): void {
    this.held.delete(event.pointerId);
  }

  private reset(): void {
    this.window.reset();
  }

  private wheel(event: WheelEvent): void {
    const at = this.locate(event);
    const inside = at.x >= 0 && at.x <= 1 && at.y >= 0 && at.y <= 1;
    const held = event.ctrlKey || event.metaKey;
    if (!inside || !(held || this.window.takesWheel)) {
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
    const turn = event.deltaY * unit * (held ? PINCH : WHEEL);
    if (turn > 0 && !this.window.zoomed && !held) {
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
