import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SettingsBarModel } from '../../src/bars/models';
import { SettingsBarView } from '../../src/bars/settings_bar';
import { Comm, find, findField, findSelect, makeModel, show, type } from './page';

let comm: Comm;
let model: SettingsBarModel;
let view: SettingsBarView;

const last = (): Record<string, unknown> | undefined => comm.contents.at(-1);

beforeEach(() => {
  comm = new Comm();
  model = makeModel(
    SettingsBarModel,
    {
      rule: 'valley',
      limits: { points: [0, 1e6], pixels: [200, 1999], title: [0, 200], typed: [0, 40] },
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

it('is one line in a page that never had a kernel, and nothing where a kernel was', () => {
  const folds = (el: HTMLElement): (boolean | undefined)[] => [el.querySelector('details')?.hidden];
  const { el } = show(SettingsBarView, makeModel(SettingsBarModel, {}, null));
  expect(folds(el)).toEqual([true]);
  expect(el.textContent).toContain('No kernel behind this page');
  expect(folds(view.el)).toEqual([false]);
  expect(view.el.textContent).not.toContain('No kernel');
  model.comm_live = false;
  expect(folds(view.el)).toEqual([true]);
  expect(view.el.textContent).not.toContain('No kernel behind this page');
});

it('is folded away', () => {
  expect(view.el.querySelector('details')?.open).toBe(false);
});

it('shows the settings as they are', () => {
  expect(findField(view.el, 'Smoothing').value).toBe('0.98');
  expect(findField(view.el, 'Not searched at the start').value).toBe('10');
  expect(findSelect(view.el, 'Rule').value).toBe('valley');
});

it('shows the true smoothing, also where the slider does not reach it', () => {
  model.set('beta', 0.995);
  expect(view.el.querySelector('output')?.textContent).toBe('0.995');
  expect(findField(view.el, 'Smoothing').max).toBe('0.99');
});

it.each([
  ['Loss axis', 'y_scale', 'log'],
  ['Show', 'y_range', 'all'],
  ['Wheel zooms', 'wheel_zoom', 'always'],
  ['Rule', 'rule', 'slide'],
  ['Losses read', 'reads', 'validation'],
])('sets "%s" in its model, for the kernel to see', (label, name, value) => {
  const select = findSelect(view.el, label);
  select.value = value;
  select.dispatchEvent(new Event('change'));
  expect(model.get(name)).toBe(value);
  expect(comm.states).toEqual([{ [name]: value }]);
  expect(comm.contents).toEqual([]);
});

it.each([
  ['Not searched at the start', 'skip_start'],
  ['Not searched at the end', 'skip_end'],
])('sets "%s" in its model, for the kernel to see', (label, name) => {
  type(findField(view.el, label), '25');
  expect(model.get(name)).toBe(25);
  expect(comm.states).toEqual([{ [name]: 25 }]);
});

it('has one message under way while the slider moves, and ends on the last value', () => {
  const slider = findField(view.el, 'Smoothing');
  for (let percent = 0; percent <= 99; percent += 1) {
    type(slider, String(percent / 100));
  }
  expect(comm.states).toEqual([{ beta: 0 }]);
  comm.answer();
  expect(comm.states).toEqual([{ beta: 0 }, { beta: 0.99 }]);
});

it('keeps the latest of every setting while one is under way', () => {
  type(findField(view.el, 'Smoothing'), '0.5');
  type(findField(view.el, 'Smoothing'), '0.6');
  type(findField(view.el, 'Not searched at the end'), '7');
  comm.answer();
  expect(comm.states).toEqual([{ beta: 0.5 }, { beta: 0.6, skip_end: 7 }]);
});

it('does not jump back under the hand', async () => {
  const slider = findField(view.el, 'Smoothing');
  type(slider, '0.3');
  type(slider, '0.5');
  await comm.echo({ beta: 0.3 }, 1);
  expect(slider.value).toBe('0.5');
  expect(view.el.querySelector('output')?.textContent).toBe('0.5');
});

it('shows the true value again when the kernel refused one', async () => {
  const select = findSelect(view.el, 'Rule');
  select.value = 'slide';
  select.dispatchEvent(new Event('change'));
  await comm.update({ rule: 'valley' });
  comm.answer();
  expect(select.value).toBe('valley');
  expect(comm.states).toEqual([{ rule: 'slide' }]);
});

it('leaves alone what is being typed, and shows the true value afterwards', () => {
  const field = findField(view.el, 'Not searched at the start');
  type(field, '2');
  model.set('skip_start', 20);
  expect(field.value).toBe('2');
  field.blur();
  expect(field.value).toBe('20');
});

it.each(['', '-1', '2.5', 'x'])('sends no number of points that is "%s"', (text) => {
  const field = findField(view.el, 'Not searched at the end');
  type(field, text);
  expect(comm.sent).toEqual([]);
  model.set('runs', []);
  expect(field.getAttribute('aria-invalid')).toBe('true');
  field.blur();
  expect(field.value).toBe('5');
  expect(field.hasAttribute('aria-invalid')).toBe(false);
});

it('has the buttons that Python asks for', () => {
  model.set('buttons', [{ id: 'reset', command: 'reset', label: 'Reset' }]);
  find(view.el, 'Reset').click();
  expect(last()).toEqual({ event: 'press', command: 'reset' });
});

describe('saving', () => {
  let clicked: { name: string; href: string }[];
  let blobs: Blob[];

  const status = (): string => Array.from(view.el.querySelectorAll('[role=status]')).at(-1)?.textContent ?? '';
  const asked = (): Record<string, unknown> => last() ?? {};

  beforeEach(() => {
    clicked = [];
    blobs = [];
    vi.useFakeTimers();
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => `blob:${blobs.push(blob as Blob)}`);
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined);
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      clicked.push({ name: this.download, href: this.href });
    });
    model.set('buttons', [{ id: 'png', command: 'save', label: 'PNG' }]);
    find(view.el, 'PNG').click();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('asks for the file, and says so', () => {
    expect(asked()).toEqual({ event: 'save', kind: 'png', page: expect.any(String) as string });
    expect(status()).toBe('Making the PNG file.');
  });

  it('lets the browser save what comes, and gives its memory back', () => {
    const answer = { event: 'saved', page: asked()['page'], name: 'lr.png', type: 'image/png' };
    comm.custom(answer, new DataView(new Uint8Array([1, 2, 3]).buffer));
    expect(clicked).toEqual([{ name: 'lr.png', href: 'blob:1' }]);
    expect([blobs[0]?.size, blobs[0]?.type]).toEqual([3, 'image/png']);
    expect(status()).toBe('Saved as lr.png.');
    expect(document.querySelector('a')).toBeNull();
    expect(URL.revokeObjectURL).not.toHaveBeenCalled();
    vi.runAllTimers();
    expect(URL.revokeObjectURL).toHaveBeenCalledWith('blob:1');
  });

  it('says in words, as text, why there is none', () => {
    comm.custom({ event: 'saved', page: asked()['page'], sentence: 'No PNG: <b>no room</b>.' });
    expect(status()).toBe('No PNG: <b>no room</b>.');
    expect(clicked).toEqual([]);
  });

  it('leaves alone what another page has asked for, and what makes no sense', () => {
    const page = asked()['page'];
    for (const content of [3, {}, { event: 'saved', page: 'other', name: 'a.png' }, { page }]) {
      comm.custom(content, new DataView(new ArrayBuffer(3)));
    }
    expect(clicked).toEqual([]);
    expect(status()).toBe('Making the PNG file.');
  });

  it('has a name of its own in each view', () => {
    const other = show(SettingsBarView, model);
    find(other.el, 'PNG').click();
    expect(comm.contents.map(({ page }) => page)).not.toEqual([asked()['page'], asked()['page']]);
    other.remove();
  });
});

describe('the next sweep', () => {
  const fields = [
    { name: 'num_it', label: 'Steps', text: '100', title: 'num_it: optimizer steps.', enabled: true },
    { name: 'start_lr', label: 'From', text: '', title: 'by group', enabled: false },
  ];

  beforeEach(() => {
    model.set('next_sweep', fields);
  });

  it('has a labelled field for each keyword', () => {
    expect(findField(view.el, 'Steps').value).toBe('100');
    expect(findField(view.el, 'Steps').title).toBe('num_it: optimizer steps.');
    expect(findField(view.el, 'From').disabled).toBe(true);
  });

  it('tells what is typed, right or wrong', () => {
    type(findField(view.el, 'Steps'), '2o0');
    expect(last()).toEqual({ event: 'type', name: 'num_it', text: '2o0' });
  });

  it('says what is wrong, as text, of the field that is', () => {
    const two = [fields[0], { ...fields[1], enabled: true }];
    model.set({ next_sweep: two.map((field) => ({ ...field, wrong: field?.name === 'num_it' })), wrong: 'Steps: <b>?' });
    const [wrong, right] = ['Steps', 'From'].map((label) => findField(view.el, label));
    const said = view.el.querySelector(`#${wrong?.getAttribute('aria-describedby') ?? ''}`);
    expect(said?.textContent).toBe('Steps: <b>?');
    expect(said?.getAttribute('role')).toBe('status');
    expect(wrong?.getAttribute('aria-invalid')).toBe('true');
    model.set({ next_sweep: two, wrong: '' });
    for (const field of [wrong, right]) {
      expect(field?.hasAttribute('aria-describedby')).toBe(false);
      expect(field?.hasAttribute('aria-invalid')).toBe(false);
    }
  });

  it('marks no other field', () => {
    model.set('next_sweep', [{ ...fields[0], wrong: true }, { ...fields[1], enabled: true }]);
    expect(findField(view.el, 'From').hasAttribute('aria-invalid')).toBe(false);
  });

  it('leaves alone what is being typed', () => {
    const field = findField(view.el, 'Steps');
    type(field, '2');
    model.set('next_sweep', [{ ...fields[0], text: '50' }]);
    expect(field.value).toBe('2');
  });

  it('is absent where nothing can be swept', () => {
    model.set('next_sweep', []);
    expect(view.el.querySelector<HTMLElement>('.lrbar-next')?.parentElement?.hidden).toBe(true);
  });
});

it('says what the chosen rule is', () => {
  model.set('rules', [{ name: 'valley', label: 'Valley', title: 'The longest valley.' }]);
  expect(findSelect(view.el, 'Rule').title).toBe('The longest valley.');
});

it('has a list of runs where there are some, or may be', () => {
  const legend = view.el.querySelector<HTMLElement>('.lrbar-legend');
  expect(legend?.hidden).toBe(false);
  model.set('runs', []);
  expect(legend?.hidden).toBe(true); // what is stored is shown
  expect(view.el.querySelector('summary')?.textContent).toBe('How the curve is read, saving');
  model.set('next_sweep', [{ name: 'num_it', label: 'Steps', text: '100', title: '', enabled: true }]);
  expect(legend?.hidden).toBe(false);
});

it('lets every choice be applied, where there is an optimizer', () => {
  const box = findField(view.el, 'Apply every choice');
  expect(box.labels?.[0]?.hidden).toBe(true);
  model.set('auto_apply', false);
  expect(box.labels?.[0]?.hidden).toBe(false);
  box.click();
  expect(comm.states).toEqual([{ auto_apply: true }]);
});

it('sets the title as it is typed', () => {
  type(findField(view.el, 'Title'), 'My <b>network</b>');
  expect(comm.states).toEqual([{ title: 'My <b>network</b>' }]);
});

it('sets the height in pixels', () => {
  expect(findField(view.el, 'Height').value).toBe('380');
  type(findField(view.el, 'Height'), '500');
  expect(comm.states).toEqual([{ height: '500px' }]);
});

it.each(['', '5', '50', '2000', '300.5'])('sends no height that is "%s"', (text) => {
  type(findField(view.el, 'Height'), text);
  expect(comm.sent).toEqual([]);
  expect(findField(view.el, 'Height').getAttribute('aria-invalid')).toBe('true');
});

it('leaves the height open where it is not in pixels', () => {
  model.set('height', '30em');
  expect(findField(view.el, 'Height').value).toBe('');
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
  expect(looks()).toEqual(['lrbar-look lrfind-look-4 lrfind-dash-0', 'lrbar-look']);
  model.set('runs', [
    { id: '1', name: 'wd=0.1', visible: true, removable: true },
    { id: '2', name: 'wd=0.2', visible: true, removable: true },
    { id: '3', name: 'wd=0.3', visible: true, removable: false },
  ]);
  expect(looks()).toEqual([
    'lrbar-look lrfind-look-4 lrfind-dash-0',
    'lrbar-look lrfind-look-5 lrfind-dash-1',
    'lrbar-look',
  ]);
});
