import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Announcer } from '../../src/bars/announcer';

let heard: string[];
let shown: string;
let announcer: Announcer;

beforeEach(() => {
  vi.useFakeTimers();
  heard = [];
  announcer = new Announcer(
    (text) => {
      shown = text;
      if (text !== '') {
        heard.push(text);
      }
    },
    () => Date.now(),
  );
});

afterEach(() => {
  announcer.close();
  vi.useRealTimers();
});

it('says the sentence that a change settles on', () => {
  announcer.offer('Sweeping');
  announcer.offer('Diverged at 0.83');
  vi.runAllTimers();
  expect(heard).toEqual(['Diverged at 0.83']);
});

it('does not repeat itself', () => {
  announcer.offer('Paused');
  vi.runAllTimers();
  announcer.offer('Paused');
  vi.runAllTimers();
  expect(heard).toEqual(['Paused']);
});

it('speaks at most as often as speech can follow, and ends on the latest', () => {
  for (let step = 0; step < 100; step += 1) {
    announcer.offer(`step ${step}`);
    vi.advanceTimersByTime(50);
  }
  vi.runAllTimers();
  expect(heard.length).toBeLessThanOrEqual(5);
  expect(heard[heard.length - 1]).toBe('step 99');
});

it('takes away what is no longer news', () => {
  announcer.offer('Paused');
  vi.advanceTimersByTime(1000);
  expect(shown).toBe('Paused');
  vi.advanceTimersByTime(60_000);
  expect(shown).toBe('');
});

it('is silent once closed', () => {
  announcer.offer('too late');
  announcer.close();
  vi.runAllTimers();
  expect(heard).toEqual([]);
});
