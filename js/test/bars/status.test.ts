import { describe, expect, it } from 'vitest';

import { isRunning, progressOf } from '../../src/bars/status';

describe('isRunning', () => {
  it.each(['sweeping', 'paused'])('is so while %s', (status) => {
    expect(isRunning(status)).toBe(true);
  });

  it.each(['waiting', '', 'finished', 'diverged', 'stopped', 'failed'])(
    'is not so when "%s"',
    (status) => {
      expect(isRunning(status)).toBe(false);
    },
  );
});

describe('progressOf', () => {
  it('is the share of the steps', () => {
    expect(progressOf(62, 100)).toEqual({ fraction: 0.62, text: '62 of 100 steps' });
  });

  it('never passes its end', () => {
    expect(progressOf(120, 100).fraction).toBe(1);
    expect(progressOf(-1, 100).fraction).toBe(0);
  });

  it('is empty without a plan', () => {
    expect(progressOf(0, 0)).toEqual({ fraction: 0, text: 'No steps planned' });
  });
});
