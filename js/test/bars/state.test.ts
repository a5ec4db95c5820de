import { describe, expect, it } from 'vitest';

import {
  buttonsOf,
  outcomeOf,
  rowsOf,
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
      rows: value,
      sentence: value,
    });
    for (const listed of [buttonsOf, suggestionsOf, rulesOf, runsOf, rowsOf]) {
      expect(Array.isArray(listed(state))).toBe(true);
    }
    expect(typeof textOf(state, 'sentence')).toBe('string');
  });
});

describe('buttons', () => {
  it('can be pressed unless it is said that they cannot', () => {
    const item = { id: 'hold', command: 'pause', label: 'Pause', title: 'Wait' };
    const state = model({ buttons: [{ ...item, primary: true }, { ...item, enabled: false }, { enabled: null }] });
    expect(buttonsOf(state)).toEqual([
      { ...item, enabled: true, primary: true, lr: null },
      { ...item, enabled: false, primary: false, lr: null },
      { id: '', command: '', label: '', title: '', enabled: true, primary: false, lr: null },
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
    expect(rowsOf(model({ rows: [row] })).map(outcomeOf)).toEqual(['differs: conv1.weight']);
  });

  it('tells changes by others from changes by the sweep', () => {
    const rows = [{ ...row, by_sweep: false }];
    expect(rowsOf(model({ rows })).map(outcomeOf)).toEqual(['changed, not by the sweep: conv1.weight']);
  });
});
