import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { runLook } from '../src/looks';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const sheet = text('../style/several.css');
const python = text('../../lrfind_widget/results/looks.py');

/** What the style sheet says of each class of some kind, by its number. */
const styled = (kind: string): string[] =>
  Array.from(sheet.matchAll(new RegExp(`lrfind-${kind}-\\d+ \\{\\s+--lrfind-${kind}: (.*);`, 'g'))).map(
    ([, value]) => value ?? '',
  );

it('has the colours of the pictures that Python draws', () => {
  const lines = /LINES = \((.*)\)/.exec(python)?.[1]?.match(/#\w+/g);
  expect(styled('look')).toEqual(lines);
  expect(styled('look')).toHaveLength(7);
});

it('gives each of 42 runs a colour and a dash of its own', () => {
  const looks = Array.from({ length: 42 }, (_, place) => {
    const [, look, dash] = /^lrfind-look-(\d+) lrfind-dash-(\d+)$/.exec(runLook(place)) ?? [];
    return [styled('look')[Number(look)], styled('dash')[Number(dash)]];
  });
  expect(looks.flat()).not.toContain(undefined);
  expect(new Set(looks.map(String)).size).toBe(42);
  // That of the validation loss.
  expect(looks.flat()).not.toContain('#c26a00');
});
