import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import data from '../../../package.json';
import { RunBarModel } from '../../src/bars/models';
import { RunBarView } from '../../src/bars/run_bar';
import { Comm, find, isEnabled, makeModel, show } from './page';

const button = (id: string, label: string, enabled: boolean, more = {}): Record<string, unknown> => ({
  id,
  command: id,
  label,
  title: '',
  enabled,
  ...more,
});

const WAITING = [
  button('start', 'Run', true),
  button('hold', 'Pause', false, { command: 'pause' }),
  button('stop', 'Stop', false),
];
const SWEEPING = [
  button('start', 'Run again', false),
  button('hold', 'Pause', true, { command: 'pause' }),
  button('stop', 'Stop', true),
];
const PAUSED = [
  button('start', 'Run again', false),
  button('hold', 'Resume', true, { command: 'resume' }),
  button('stop', 'Stop', true),
];

let comm: Comm;
let model: RunBarModel;
let view: RunBarView;

const spoken = (): string => view.el.querySelector('[role="status"]')?.textContent ?? '';

let resized: (entries: { contentRect: { width: number } }[]) => void;
const observer = { observe: vi.fn(), disconnect: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  observer.disconnect.mockClear();
  vi.stubGlobal(
    'ResizeObserver',
    vi.fn(function (callback: typeof resized) {
      resized = callback;
      return observer;
    }),
  );
  comm = new Comm();
  model = makeModel(RunBarModel, { sentence: 'Ready.', total: 100, buttons: WAITING }, comm);
  view = show(RunBarView, model);
});

afterEach(() => {
  view.remove();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Gives the view a width in its page, as opening the tab that it lies in does. */
function widen(width: number): void {
  resized([{ contentRect: { width } }]);
}

it('says once, with its version, that the front end is there, seen or not', () => {
  expect(comm.here).toEqual([data.version]);
});

it('says once that it is in sight, when it has got room', () => {
  widen(0);
  expect(comm.contents).toEqual([]);
  widen(400);
  expect(comm.contents).toEqual([{ event: 'seen' }]);
  expect(observer.disconnect).toHaveBeenCalledOnce();
});

it('says nothing of it where no kernel hears it', () => {
  model.comm_live = false;
  widen(400);
  expect(comm.contents).toEqual([]);
});

it('shows the progress of what runs and of nothing else', () => {
  const bar = find(view.el, 'Steps of the range test');
  const isShown = (status: string): boolean => {
    model.set({ status });
    return !bar.hidden;
  };
  expect(['sweeping', 'paused'].map(isShown)).toEqual([true, true]);
  expect(['waiting', 'finished', 'failed'].map(isShown)).toEqual([false, false, false]);
});

it('has the first sentence as its headline, and the others beside it', () => {
  model.set({ status: 'finished', sentence: 'Recommended 9.5e-3, sure. It falls. To 0.1.' });
  const [headline, why] = ['strong', '.lrbar-why'].map((part) => view.el.querySelector(part));
  expect(headline?.textContent).toBe('Recommended 9.5e-3, sure.');
  expect(why?.textContent).toBe('It falls. To 0.1.');
  const facts = { rate: 'Rate now 3.1e-4.', objective: 'Loss: yours.', detail: 'On a copy.' };
  model.set({ status: 'sweeping', sentence: 'Sweeping', ...facts });
  expect([headline?.textContent, why?.textContent]).toEqual([
    'Sweeping',
    'Rate now 3.1e-4. On a copy. Loss: yours.',
  ]);
  model.set({ status: 'finished', sentence: 'Finished.' });
  expect(why?.textContent).toBe('');
});

it('looks as sure as the recommended rate is', () => {
  for (const certainty of ['sure', 'unsure', 'none']) {
    model.set({ certainty });
    expect(view.el.getAttribute('data-certainty')).toBe(certainty);
  }
});

it('sends what is pressed', () => {
  find(view.el, 'Run').click();
  expect(comm.contents).toEqual([{ event: 'press', command: 'start' }]);
});

it('sends one command for a double click', () => {
  find(view.el, 'Run').click();
  find(view.el, 'Run').click();
  expect(comm.contents).toEqual([{ event: 'press', command: 'start' }]);
});

it('shows the buttons of the state in their order', () => {
  const labels = (): (string | null)[] =>
    Array.from(view.el.querySelectorAll('button'), (each) => each.textContent);
  expect(labels()).toEqual(['Run', 'Pause', 'Stop']);
  const more = [button('refine', 'Refine', true), button('extend', 'Extend', false)];
  model.set({ buttons: [...SWEEPING, ...more] });
  expect(labels()).toEqual(['Run again', 'Pause', 'Stop', 'Refine', 'Extend']);
  model.set({ buttons: WAITING });
  expect(labels()).toEqual(['Run', 'Pause', 'Stop']);
});

it('offers what the state allows', () => {
  model.set({ status: 'sweeping', buttons: SWEEPING });
  expect(isEnabled(find(view.el, 'Run again'))).toBe(false);
  expect(isEnabled(find(view.el, 'Pause'))).toBe(true);
  model.set({ status: 'paused', buttons: PAUSED });
  find(view.el, 'Resume').click();
  expect(comm.contents).toEqual([{ event: 'press', command: 'resume' }]);
});

it('keeps the focus on the button that holds and goes on', () => {
  model.set({ status: 'sweeping', buttons: SWEEPING });
  const hold = find(view.el, 'Pause');
  hold.focus();
  hold.click();
  comm.answer();
  model.set({ status: 'paused', buttons: PAUSED });
  expect(find(view.el, 'Resume')).toBe(hold);
  expect(document.activeElement).toBe(hold);
  hold.click();
  expect(comm.contents.map(({ command }) => command)).toEqual(['pause', 'resume']);
});

it('has nothing to be seen of what cannot be pressed', () => {
  const seen = (): (string | null)[] =>
    Array.from(view.el.querySelectorAll('button:not(.lrbar-absent)'), (each) => each.textContent);
  expect(seen()).toEqual(['Run']);
  find(view.el, 'Pause').click();
  expect(comm.contents).toEqual([]);
  model.set({ status: 'sweeping', buttons: SWEEPING });
  expect(seen()).toEqual(['Pause', 'Stop']);
  model.comm_live = false;
  expect(seen()).toEqual([]);
});

it('says why no sweep can start', () => {
  model.set({ buttons: [button('start', 'Run', false, { title: 'end_lr is no number' })] });
  const run = find(view.el, 'Run');
  expect([run.className.includes('lrbar-absent'), run.title]).toEqual([false, 'end_lr is no number']);
  run.click();
  expect(comm.contents).toEqual([]);
});

it('shows what one would press next', () => {
  model.set({ buttons: [button('start', 'Run', true, { primary: true })] });
  expect(find(view.el, 'Run').classList.contains('lrbar-primary')).toBe(true);
});

it('hands the focus on from a button that goes', () => {
  const focused = (): string | null | undefined => document.activeElement?.textContent;
  model.set({ status: 'sweeping', buttons: SWEEPING });
  find(view.el, 'Stop').focus();
  find(view.el, 'Stop').click();
  comm.answer();
  expect(focused()).toBe('Stop');
  model.set({ status: 'stopped', buttons: WAITING });
  expect(focused()).toBe('Run');
  model.set({ status: 'sweeping', buttons: SWEEPING });
  expect(focused()).toBe('Pause');
  model.set({ buttons: [] });
  expect(document.activeElement).toBe(view.el);
});

it('takes the focus from nothing else', () => {
  document.body.tabIndex = -1;
  document.body.focus();
  model.set({ status: 'sweeping', buttons: SWEEPING });
  expect(document.activeElement).toBe(document.body);
});

it('takes one press at a time, but Stop always', () => {
  model.set({ status: 'sweeping', buttons: SWEEPING });
  find(view.el, 'Pause').click();
  expect(isEnabled(find(view.el, 'Pause'))).toBe(false);
  find(view.el, 'Stop').click();
  find(view.el, 'Stop').click();
  expect(comm.contents.map(({ command }) => command)).toEqual(['pause', 'stop']);
  comm.answer();
  expect(isEnabled(find(view.el, 'Pause'))).toBe(true);
  expect(isEnabled(find(view.el, 'Stop'))).toBe(true);
});

it('tells how far the sweep is', () => {
  model.set({ status: 'sweeping', done: 62, rate: 'Rate now 3.1e-4.' });
  const bar = view.el.querySelector('[role="progressbar"]');
  expect(bar?.getAttribute('aria-valuenow')).toBe('62');
  expect(bar?.getAttribute('aria-valuemax')).toBe('100');
  expect(bar?.getAttribute('aria-valuetext')).toBe('62 of 100 steps');
  expect(view.el.textContent).toContain('Rate now 3.1e-4');
});

it('speaks of a change of state, and of the steps at each quarter', () => {
  model.set({ status: 'sweeping', sentence: 'Sweeping: 0 of 100 steps.' });
  vi.advanceTimersByTime(5000);
  const heard = new Set<string>();
  for (let done = 1; done < 100; done += 1) {
    model.set({ done, sentence: `Sweeping: ${done} of 100 steps.` });
    vi.advanceTimersByTime(50);
    heard.add(spoken());
  }
  const steps = [0, 25, 50, 75].map((done) => `Sweeping: ${done} of 100 steps.`);
  expect(heard).toEqual(new Set(steps));
  model.set({ status: 'diverged', ended: 'Stopped at 1.1.', sentence: 'Recommended 1e-2, sure.' });
  vi.advanceTimersByTime(2000);
  expect(spoken()).toBe('Stopped at 1.1. Recommended 1e-2, sure.');
});

it('does not speak when it is first shown', () => {
  vi.advanceTimersByTime(5000);
  expect(spoken()).toBe('');
});

it('explains a press that a busy kernel leaves unanswered', () => {
  find(view.el, 'Run').click();
  vi.advanceTimersByTime(1000);
  expect(view.el.textContent).toContain('Run was pressed; the kernel is busy');
  comm.answer();
  vi.advanceTimersByTime(60_000);
  expect(view.el.textContent).not.toContain('was pressed');
  expect(isEnabled(find(view.el, 'Run'))).toBe(true);
});

it('says so when there is no kernel', () => {
  model.comm_live = false;
  expect(view.el.textContent).toContain('No kernel behind this widget');
  expect(isEnabled(find(view.el, 'Run'))).toBe(false);
});

it('does not go on sweeping once the kernel is gone', () => {
  model.set({ status: 'sweeping', done: 62, sentence: 'Sweeping: 62 of 100 steps.' });
  model.comm_live = false;
  expect(view.el.textContent).not.toContain('Sweeping');
  expect(view.el.textContent).toContain('Kernel gone after 62 of 100 steps');
});

it('offers nothing and keeps its sentences in a page that never had a kernel', () => {
  const saved = makeModel(RunBarModel, { sentence: 'Recommended 1e-2, sure. It falls.', buttons: WAITING }, null);
  const { el } = show(RunBarView, saved);
  expect(el.querySelectorAll('button')).toHaveLength(0);
  expect(el.querySelector('.lrbar-why')?.textContent).toBe('It falls.');
  saved.set({ status: 'sweeping', done: 62, total: 100, sentence: 'Sweeping: 62 of 100 steps.' });
  expect(el.querySelector('.lrbar-headline')?.textContent).toBe('Saved after 62 of 100 steps.');
});

it('shows text from outside as text', () => {
  model.set({ status: 'failed', sentence: '<img src=x>. <script>alert(1)</script>' });
  expect(view.el.querySelector('img, script')).toBeNull();
  expect(view.el.querySelector('.lrbar-why')?.textContent).toBe('<script>alert(1)</script>');
});

it('has no buttons where nothing can be run', () => {
  model.set({ buttons: [] });
  expect(view.el.querySelectorAll('button')).toHaveLength(0);
  expect(view.el.querySelector<HTMLElement>('.lrbar-buttons')?.hidden).toBe(true);
});

it('has the further buttons that Python asks for', () => {
  model.set({
    buttons: [
      ...WAITING,
      button('refine', 'Refine', true, { title: 'More steps' }),
      button('extend', 'Extend', false),
    ],
  });
  expect(find(view.el, 'Refine').title).toBe('More steps');
  find(view.el, 'Extend').click();
  find(view.el, 'Refine').click();
  expect(comm.contents).toEqual([{ event: 'press', command: 'refine' }]);
  vi.advanceTimersByTime(1000);
  expect(view.el.textContent).toContain('Refine was pressed; the kernel is busy');
});

it('keeps JupyterLab from taking its keys', () => {
  for (const each of view.el.querySelectorAll<HTMLElement>('button')) {
    each.focus();
    // On itself: what it lies in is looked at too late.
    expect(each.getAttribute('data-lm-suppress-shortcuts')).toBe('true');
  }
});

it('asks once for what it may have missed while it was made', () => {
  expect(comm.requests).toBe(1);
});
