/** Milliseconds after which a message that was never confirmed no longer holds up the next. */
const LOST_MS = 3000;

/**
 * Sends the latest value of each name, one message at a time.
 *
 * A slider moves sixty times a second and a busy kernel answers once in seconds:
 * what waits is replaced by what is newer, and the last value always arrives.
 */
export class Outbox<Value> {
  constructor(
    /** Sends one value and calls `confirmed` when the kernel has dealt with it. */
    private readonly send: (name: string, value: Value, confirmed: () => void) => void,
    /** Called when nothing is under way any more. */
    private readonly settled: () => void,
  ) {}

  private readonly waiting = new Map<string, Value>();
  private inFlight: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  post(name: string, value: Value): void {
    this.waiting.set(name, value);
    if (this.inFlight === undefined) {
      this.sendNext();
    }
  }

  /** Whether a value of this name is not yet confirmed, so that the kernel's may be stale. */
  isBusy(name: string): boolean {
    return this.inFlight === name || this.waiting.has(name);
  }

  close(): void {
    clearTimeout(this.timer);
    this.waiting.clear();
  }

  private sendNext(): void {
    const next = this.waiting.entries().next();
    if (next.done === true) {
      this.settled();
      return;
    }
    const [name, value] = next.value;
    this.waiting.delete(name);
    this.inFlight = name;
    let open = true;
    const confirmed = (): void => {
      if (open) {
        open = false;
        clearTimeout(this.timer);
        this.inFlight = undefined;
        this.sendNext();
      }
    };
    this.timer = setTimeout(confirmed, LOST_MS);
    this.send(name, value, confirmed);
  }
}
