import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { RunBarModel } from '../../src/bars/models';
import { RunBarView } from '../../src/bars/run_bar';
import { Comm, find, isEnabled, makeModel, show } from './page';

let comm: Comm;
let model: RunBarModel;
let view: RunBarView;

const spoken = (): string => view.el.querySelector('[role="status"]')?.textContent ?? '';

beforeEach(() => {
  vi.useFakeTimers();
  comm = new Comm();
  model = makeModel(RunBarModel, { sentence: 'Ready.', total: 100 }, comm);
  view = show(RunBarView, model);
});

afterEach(() => {
  view.remove();
  vi.useRealTimers();
});

it('sends what is pressed', () => {
  find(view.el, 'Run').click();
  expect(comm.commands).toEqual([{ event: 'start' }]);
});

it('sends one command for a double click', () => {
  find(view.el, 'Run').click();
  find(view.el, 'Run').click();
  expect(comm.commands).toEqual([{ event: 'start' }]);
});

it('offers what the state allows', () => {
  model.set({ status: 'sweeping' });
  expect(isEnabled(find(view.el, 'Run again'))).toBe(false);
  expect(isEnabled(find(view.el, 'Pause'))).toBe(true);
  model.set({ status: 'paused' });
  find(view.el, 'Resume').click();
  expect(comm.commands).toEqual([{ event: 'resume' }]);
});

it('keeps the focus on a button that can no longer be pressed', () => {
  model.set({ status: 'sweeping' });
  const stop = find(view.el, 'Stop');
  stop.focus();
  stop.click();
  model.set({ status: 'stopped' });
  expect(document.activeElement).toBe(stop);
  expect(isEnabled(stop)).toBe(false);
});

it('tells how far the sweep is', () => {
  model.set({ status: 'sweeping', done: 62, lr: 3.1e-4 });
  const bar = view.el.querySelector('[role="progressbar"]');
  expect(bar?.getAttribute('aria-valuenow')).toBe('62');
  expect(bar?.getAttribute('aria-valuemax')).toBe('100');
  expect(bar?.getAttribute('aria-valuetext')).toBe('62 of 100 steps');
  expect(view.el.textContent).toContain('Rate now 3.1e-4');
});

it('speaks of a change of state and not of every step', () => {
  model.set({ status: 'sweeping', sentence: 'Sweeping: 0 of 100 steps.' });
  vi.advanceTimersByTime(5000);
  const heard = new Set<string>();
  for (let done = 1; done < 100; done += 1) {
    model.set({ done, sentence: `Sweeping: ${done} of 100 steps.` });
    vi.advanceTimersByTime(50);
    heard.add(spoken());
  }
  expect(heard).toEqual(new Set(['Sweeping: 0 of 100 steps.', '']));
  model.set({ status: 'diverged', sentence: 'Stopped: the loss rose.' });
  vi.advanceTimersByTime(2000);
  expect(spoken()).toBe('Stopped: the loss rose.');
});

it('does not speak when it is first shown', () => {
  vi.advanceTimersByTime(5000);
  expect(spoken()).toBe('');
});

it('explains a press that a busy kernel leaves unanswered', () => {
  find(view.el, 'Run').click();
  vi.advanceTimersByTime(1000);
  expect(view.el.textContent).toContain('Run was pressed; the kernel is busy');
  comm.sent[0]?.answer();
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
  expect(view.el.textContent).toContain('The kernel went away after 62 of 100 steps');
});

it('shows text from outside as text', () => {
  model.set({ status: 'failed', sentence: '<img src=x>', traceback: '<script>alert(1)</script>' });
  expect(view.el.querySelector('img, script')).toBeNull();
  expect(view.el.querySelector('pre')?.textContent).toBe('<script>alert(1)</script>');
});

it('folds the traceback away and hides it where there is none', () => {
  expect(view.el.querySelector('details')?.hidden).toBe(true);
  model.set({ traceback: 'Traceback' });
  expect(view.el.querySelector('details')?.hidden).toBe(false);
  expect(view.el.querySelector('details')?.open).toBe(false);
});

it('has no buttons where nothing can be run', () => {
  model.set({ can_run: false });
  expect(find(view.el, 'Run').closest<HTMLElement>('[hidden]')).not.toBeNull();
});

it('has the extra buttons that Python asks for', () => {
  model.set({
    actions: [
      { id: 'closer', label: 'Look closer', title: 'More steps', enabled: true },
      { id: 'further', label: 'Go further', title: '', enabled: false },
    ],
  });
  find(view.el, 'Look closer').click();
  find(view.el, 'Go further').click();
  expect(comm.commands).toEqual([{ event: 'action', id: 'closer' }]);
});

it('keeps JupyterLab from taking its keys', () => {
  for (const each of view.el.querySelectorAll('button, summary, pre')) {
    expect(each.closest('[data-lm-suppress-shortcuts="true"]')).not.toBeNull();
  }
});

it('asks once for what it may have missed while it was made', () => {
  expect(comm.requests).toBe(1);
});
