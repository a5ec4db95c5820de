import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Outbox } from '../../src/bars/outbox';

interface Sent {
  readonly name: string;
  readonly value: number;
  readonly confirm: () => void;
}

let sent: Sent[];
let settled: number;
let outbox: Outbox<number>;

const last = (): Sent => {
  const message = sent[sent.length - 1];
  if (message === undefined) {
    throw new Error('nothing was sent');
  }
  return message;
};

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  settled = 0;
  outbox = new Outbox<number>(
    (name, value, confirm) => sent.push({ name, value, confirm }),
    () => {
      settled += 1;
    },
  );
});

afterEach(() => {
  outbox.close();
  vi.useRealTimers();
});

it('has one message under way, however fast the hand', () => {
  for (let value = 0; value < 1000; value += 1) {
    outbox.post('beta', value);
  }
  expect(sent.map(({ value }) => value)).toEqual([0]);
});

it('ends on the last value', () => {
  for (let value = 0; value < 1000; value += 1) {
    outbox.post('beta', value);
  }
  last().confirm();
  expect(sent.map(({ value }) => value)).toEqual([0, 999]);
});

it('keeps the latest of every name', () => {
  outbox.post('beta', 1);
  outbox.post('beta', 2);
  outbox.post('skip_end', 3);
  last().confirm();
  last().confirm();
  expect(sent.map(({ name, value }) => [name, value])).toEqual([
    ['beta', 1],
    ['beta', 2],
    ['skip_end', 3],
  ]);
});

it('knows what is not yet confirmed', () => {
  outbox.post('beta', 1);
  expect(outbox.isBusy('beta')).toBe(true);
  expect(outbox.isBusy('skip_end')).toBe(false);
  last().confirm();
  expect(outbox.isBusy('beta')).toBe(false);
  expect(settled).toBe(1);
});

it('goes on when a message is never confirmed', () => {
  outbox.post('beta', 1);
  outbox.post('beta', 2);
  vi.advanceTimersByTime(10_000);
  expect(sent.map(({ value }) => value)).toEqual([1, 2]);
});

it('takes a confirmation once', () => {
  outbox.post('beta', 1);
  const { confirm } = last();
  outbox.post('beta', 2);
  confirm();
  confirm();
  outbox.post('beta', 3);
  expect(sent.map(({ value }) => value)).toEqual([1, 2]);
});
