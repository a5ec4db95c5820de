import { describe, expect, it } from 'vitest';

import {
  buttonsOf,
  outcomeOf,
  receiptOf,
  rulesOf,
  runsOf,
  suggestionsOf,
} from '../../src/bars/state';
import { textOf } from '../../src/values';

const model = (state: Record<string, unknown>): { get: (name: string) => unknown } => ({
  get: (name) => state[name],
});

const NONSENSE = [undefined, null, 7, 'text', [null, 3, 'x', []], { a: 1 }, [{}]];

describe('what does not fit', () => {
  it.each(NONSENSE)('is nothing to show: %j', (value) => {
    const state = model({
      buttons: value,
      suggestions: value,
      rules: value,
      runs: value,
      receipt: value,
      sentence: value,
    });
    for (const list of [buttonsOf(state), suggestionsOf(state), rulesOf(state), runsOf(state)]) {
      expect(Array.isArray(list)).toBe(true);
    }
    expect(receiptOf(state)).toBeNull();
    expect(typeof textOf(state, 'sentence')).toBe('string');
  });
});

describe('buttons', () => {
  it('can be pressed unless it is said that they cannot', () => {
    const item = { id: 'hold', command: 'pause', label: 'Pause', title: 'Wait' };
    const state = model({ buttons: [item, { ...item, enabled: false }, { enabled: null }] });
    expect(buttonsOf(state)).toEqual([
      { ...item, enabled: true },
      { ...item, enabled: false },
      { id: '', command: '', label: '', title: '', enabled: true },
    ]);
  });
});

describe('suggestions', () => {
  const suggestions = suggestionsOf(
    model({
      suggestions: [
        { rule: 'valley', label: 'Valley', lr: null, reason: 'The curve never falls.' },
        { rule: 'ours', label: 'Balanced', lr: 6.3e-3, reason: 'between', active: true },
        { rule: 'odd', label: 'Odd', lr: -1 },
      ],
    }),
  );

  it('have a rate or none', () => {
    expect(suggestions.map(({ lr }) => lr)).toEqual([null, 6.3e-3, null]);
  });
});

describe('a receipt', () => {
  const row = {
    category: 'parameters',
    compared: 8,
    how: 'bit for bit',
    identical: false,
    detail: 'conv1.weight',
  };

  it('says what differs', () => {
    const receipt = receiptOf(model({ receipt: { sentence: 'Not as before.', rows: [row] } }));
    expect(receipt?.rows.map(outcomeOf)).toEqual(['differs: conv1.weight']);
  });

  it('tells changes by others from changes by the sweep', () => {
    const rows = [{ ...row, by_sweep: false }];
    const receipt = receiptOf(model({ receipt: { sentence: 'Fine.', rows } }));
    expect(receipt?.rows.map(outcomeOf)).toEqual(['changed, not by the sweep: conv1.weight']);
  });
});
