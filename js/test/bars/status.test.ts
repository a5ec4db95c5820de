import { describe, expect, it } from 'vitest';

import { offerIn, progressOf } from '../../src/bars/status';

describe('offerIn', () => {
  it('offers a first run while waiting', () => {
    expect(offerIn('waiting')).toMatchObject({ runLabel: 'Run', canRun: true, canStop: false });
  });

  it('offers pause and stop during a sweep', () => {
    expect(offerIn('sweeping')).toMatchObject({
      canRun: false,
      hold: 'pause',
      canHold: true,
      canStop: true,
    });
  });

  it('offers resume and stop in a pause', () => {
    expect(offerIn('paused')).toMatchObject({ hold: 'resume', canHold: true, canStop: true });
  });

  it.each(['finished', 'diverged', 'stopped', 'failed'])('offers another run when %s', (status) => {
    expect(offerIn(status)).toMatchObject({
      runLabel: 'Run again',
      canRun: true,
      canHold: false,
      canStop: false,
    });
  });
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
