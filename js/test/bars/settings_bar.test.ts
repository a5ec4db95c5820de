import { afterEach, beforeEach, expect, it } from 'vitest';

import { SettingsBarModel } from '../../src/bars/models';
import { SettingsBarView } from '../../src/bars/settings_bar';
import { Comm, find, findField, findSelect, makeModel, show, type } from './page';

let comm: Comm;
let model: SettingsBarModel;
let view: SettingsBarView;

const last = (): Record<string, unknown> | undefined => comm.commands[comm.commands.length - 1];

beforeEach(() => {
  comm = new Comm();
  model = makeModel(
    SettingsBarModel,
    {
      rule: 'valley',
      rules: [
        { name: 'slide', label: 'Slide' },
        { name: 'valley', label: 'Valley' },
      ],
      runs: [
        { id: '1', name: 'wd=0.1', visible: true, removable: true },
        { id: '2', name: '<b>now</b>', visible: false, removable: false },
      ],
    },
    comm,
  );
  view = show(SettingsBarView, model);
});

afterEach(() => {
  view.remove();
});

it('is folded away', () => {
  expect(view.el.querySelector('details')?.open).toBe(false);
});

it('shows the settings as they are', () => {
  expect(findField(view.el, 'Smoothing').value).toBe('0.98');
  expect(findField(view.el, 'Skip at the start').value).toBe('10');
  expect(findSelect(view.el, 'Suggestion by').value).toBe('valley');
});

it('sends a change', () => {
  const select = findSelect(view.el, 'Loss axis');
  select.value = 'log';
  select.dispatchEvent(new Event('change'));
  expect(last()).toEqual({ event: 'set', name: 'y_scale', value: 'log' });
});

it('has one message under way while the slider moves, and ends on the last value', () => {
  const slider = findField(view.el, 'Smoothing');
  for (let percent = 0; percent <= 99; percent += 1) {
    type(slider, String(percent / 100));
  }
  expect(comm.commands).toHaveLength(1);
  comm.sent[0]?.answer();
  expect(comm.commands).toHaveLength(2);
  expect(last()).toEqual({ event: 'set', name: 'beta', value: 0.99 });
});

it('does not jump back under the hand', () => {
  const slider = findField(view.el, 'Smoothing');
  type(slider, '0.3');
  type(slider, '0.5');
  model.set('beta', 0.3);
  expect(slider.value).toBe('0.5');
});

it('shows the true value again when the kernel refused one', () => {
  const select = findSelect(view.el, 'Suggestion by');
  select.value = 'slide';
  select.dispatchEvent(new Event('change'));
  comm.sent[0]?.answer();
  expect(select.value).toBe('valley');
});

it.each(['', '-1', '2.5', 'x'])('sends no number of points that is "%s"', (text) => {
  type(findField(view.el, 'Skip at the end'), text);
  expect(comm.commands).toEqual([]);
});

it('hides, shows and removes a run', () => {
  const box = findField(view.el, 'wd=0.1');
  box.click();
  expect(last()).toEqual({ event: 'run', action: 'hide', id: '1' });
  box.click();
  expect(last()).toEqual({ event: 'run', action: 'show', id: '1' });
  find(view.el, 'Remove wd=0.1').click();
  expect(last()).toEqual({ event: 'run', action: 'remove', id: '1' });
});

it('shows the name of a run as text, and no button for what cannot be removed', () => {
  expect(view.el.querySelector('b')).toBeNull();
  expect(find(view.el, 'Remove <b>now</b>').hidden).toBe(true);
});

it('labels every field', () => {
  for (const control of view.el.querySelectorAll<HTMLInputElement>('input, select')) {
    expect(control.labels?.length, control.outerHTML).toBe(1);
  }
});

it('shows beside each run how its line is drawn', () => {
  const looks = (): (string | null)[] =>
    Array.from(view.el.querySelectorAll('.lrbar-look'), (each) => each.getAttribute('class'));
  expect(looks()).toEqual(['lrbar-look lrbar-look-0', 'lrbar-look lrbar-look-latest']);
  model.set('runs', [
    { id: '1', name: 'wd=0.1', visible: true, removable: true },
    { id: '2', name: 'wd=0.2', visible: true, removable: true },
    { id: '3', name: 'wd=0.3', visible: true, removable: false },
  ]);
  expect(looks()).toEqual([
    'lrbar-look lrbar-look-0',
    'lrbar-look lrbar-look-1',
    'lrbar-look lrbar-look-latest',
  ]);
});
