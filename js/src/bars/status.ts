/** What the run bar offers in each state of a sweep. */

export type Command = 'start' | 'pause' | 'resume' | 'stop';

export interface Offer {
  /** What the first button says: a second run is named as one. */
  readonly runLabel: 'Run' | 'Run again';
  readonly canRun: boolean;
  /** What the second button does, which is two things in one place. */
  readonly hold: 'pause' | 'resume';
  readonly canHold: boolean;
  readonly canStop: boolean;
}

export interface Progress {
  /** From 0 to 1, for the length of the bar. */
  readonly fraction: number;
  readonly text: string;
}

export function offerIn(status: string): Offer {
  const running = isRunning(status);
  return {
    runLabel: status === 'waiting' || status === '' ? 'Run' : 'Run again',
    canRun: !running,
    hold: status === 'paused' ? 'resume' : 'pause',
    canHold: running,
    canStop: running,
  };
}

export function isRunning(status: string): boolean {
  return status === 'sweeping' || status === 'paused';
}

export function progressOf(done: number, total: number): Progress {
  if (!(total > 0)) {
    return { fraction: 0, text: 'No steps planned' };
  }
  const steps = Math.min(Math.max(done, 0), total);
  return { fraction: steps / total, text: `${steps} of ${total} steps` };
}
