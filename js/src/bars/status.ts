/** What a sweep's state says of its progress. */

interface Progress {
  /** From 0 to 1, for the length of the bar. */
  readonly fraction: number;
  readonly text: string;
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
