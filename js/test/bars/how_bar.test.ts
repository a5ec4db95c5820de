import { afterEach, beforeEach, expect, it } from 'vitest';

import { HowBarView } from '../../src/bars/how_bar';
import { HowBarModel } from '../../src/bars/models';
import { Comm, find, makeModel, show } from './page';

const FAILED = { summary: 'How this was run · failed', traceback: 'Traceback <script>' };

let model: HowBarModel;
let view: HowBarView;

const box = (part: string): HTMLElement => {
  const found = view.el.querySelector<HTMLElement>(part);
  if (found === null) {
    throw new Error(`there is no ${part}`);
  }
  return found;
};

beforeEach(() => {
  model = makeModel(HowBarModel, {}, new Comm());
  view = show(HowBarView, model);
});

afterEach(() => {
  view.remove();
});

it('is not seen before there is anything to say, and keeps its room', () => {
  expect(box('details').classList.contains('lrbar-absent')).toBe(true);
  model.set({ summary: 'How this was run · finished' });
  expect(box('details').classList.contains('lrbar-absent')).toBe(false);
  expect(box('details').hasAttribute('open')).toBe(false);
});

it('folds away how it was run, and what was compared', () => {
  model.set({ summary: 'How', facts: ['Finished.', 'Loss: yours.'] });
  expect(Array.from(view.el.querySelectorAll('li'), (each) => each.textContent)).toEqual([
    'Finished.',
    'Loss: yours.',
  ]);
  expect([box('table').hidden, box('pre').hidden]).toEqual([true, true]);
  model.set({ rows: [{ category: 'files', identical: true }] });
  expect(box('table').hidden).toBe(false);
});

it('folds a traceback away, as text', () => {
  model.set(FAILED);
  expect(box('pre').textContent).toBe('Traceback <script>');
  expect(find(view.el, 'Traceback of your code')).toBe(box('pre'));
  expect(view.el.classList.contains('lrbar-wrong')).toBe(true);
  box('pre').focus();
  expect(box('pre').getAttribute('data-lm-suppress-shortcuts')).toBe('true');
});

it('has a long error in a row of its own', () => {
  expect(box('.lrbar-error').hidden).toBe(true);
  model.set({ ...FAILED, error: 'ValueError: a long one' });
  expect(box('.lrbar-error').hidden).toBe(false);
  expect(box('details').contains(box('.lrbar-error'))).toBe(false);
});

it('shows where something is not as it was', () => {
  model.set({ summary: 'How', identical: false });
  expect(view.el.classList.contains('lrbar-wrong')).toBe(true);
});
