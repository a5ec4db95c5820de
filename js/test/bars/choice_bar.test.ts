import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ChoiceBarView } from '../../src/bars/choice_bar';
import { ChoiceBarModel } from '../../src/bars/models';
import { MarkerModel } from '../../src/marker';
import { Comm, find, findField, isEnabled, makeModel, press, show, type } from './page';

const SUGGESTIONS = [
  { rule: 'balanced', label: 'balanced', lr: 6.3e-3, reason: 'Between both.', active: true },
  { rule: 'slide', label: 'slide', lr: null, reason: 'It never falls.', active: false },
];

const APPLY = {
  id: 'apply',
  command: 'apply',
  label: 'Apply',
  title: 'Write this rate into the optimizer',
  enabled: true,
};
const SEARCH = {
  id: 'search',
  command: 'search',
  label: 'Search',
  title: 'Train a little at this rate',
  enabled: true,
};

let comm: Comm;
let markerComm: Comm;
let marker: MarkerModel;
let model: ChoiceBarModel;
let view: ChoiceBarView;

const field = (): HTMLInputElement => findField(view.el, 'Learning rate');
const chosen = (): unknown => marker.get('value');
const problem = (): string => {
  const id = field().getAttribute('aria-describedby');
  return id === null ? '' : (document.getElementById(id)?.textContent ?? '');
};
const said = (): string => view.el.querySelector('[role="status"]')?.textContent ?? '';

const names = (): (string | null)[] =>
  Array.from(view.el.querySelectorAll('.lrbar-choose button'), (each) => each.textContent);

/** Replaces the deprecated command that is all there is without a secure context. */
const stubCopyCommand = (command: () => boolean): void => {
  Object.assign(document, { execCommand: command });
};

beforeEach(() => {
  comm = new Comm();
  markerComm = new Comm();
  marker = makeModel(MarkerModel, { value: 3.2e-4 }, markerComm);
  model = makeModel(
    ChoiceBarModel,
    { marker, suggestions: SUGGESTIONS, buttons: [APPLY, SEARCH] },
    comm,
  );
  view = show(ChoiceBarView, model);
});

afterEach(() => {
  view.remove();
  vi.unstubAllGlobals();
});

describe('the field', () => {
  it('shows the rate that the marker has', () => {
    expect(field().value).toBe('3.2e-4');
    marker.set('value', 0.01);
    expect(field().value).toBe('1e-2');
  });

  it('moves the marker and tells the kernel on Enter', () => {
    type(field(), '0.0005');
    press(field(), 'Enter');
    expect(chosen()).toBe(5e-4);
    expect(field().value).toBe('5e-4');
    expect(markerComm.states).toEqual([{ value: 5e-4 }]);
  });

  it('moves the marker when it is left', () => {
    type(field(), '1E-2');
    field().blur();
    expect(chosen()).toBe(0.01);
  });

  it('does not touch a rate that it only shows in short', () => {
    marker.set('value', 0.0031622776601683794);
    field().focus();
    field().blur();
    expect(chosen()).toBe(0.0031622776601683794);
  });

  it('goes back on Escape', () => {
    type(field(), 'nonsense');
    press(field(), 'Escape');
    expect(field().value).toBe('3.2e-4');
    expect(problem()).toBe('');
  });

  it('says in words what is wrong, and changes nothing', () => {
    type(field(), '3,2e-4');
    press(field(), 'Enter');
    expect(field().getAttribute('aria-invalid')).toBe('true');
    expect(problem()).toBe('"3,2e-4" has a comma. Write the decimal point as in 3.2e-4.');
    expect(chosen()).toBe(3.2e-4);
    expect(field().value).toBe('3,2e-4');
  });

  it('forgets what was wrong once it is put right', () => {
    type(field(), 'x');
    press(field(), 'Enter');
    type(field(), '1e-3');
    press(field(), 'Enter');
    expect(field().hasAttribute('aria-invalid')).toBe(false);
    expect(problem()).toBe('');
  });

  it('stays on the chart', () => {
    type(field(), '100');
    press(field(), 'Enter');
    expect(problem()).toBe('100 is not on this chart, which goes from 1e-7 to 10.');
    expect(chosen()).toBe(3.2e-4);
  });

  it('leaves alone what is being typed when the marker moves', () => {
    type(field(), '1e-');
    marker.set('value', 0.5);
    expect(field().value).toBe('1e-');
  });

  it('listens to the marker that it is given later', () => {
    const other = makeModel(MarkerModel, { value: 1 }, new Comm());
    model.set('marker', other);
    expect(field().value).toBe('1');
    marker.set('value', 0.5);
    expect(field().value).toBe('1');
  });
});

describe('Apply', () => {
  it('brings the rate that is seen', () => {
    find(view.el, 'Apply').click();
    expect(comm.contents).toEqual([{ event: 'press', command: 'apply', value: 3.2e-4 }]);
  });

  it.each(['Apply', 'Search'])('brings a rate that was typed and not yet entered: %s', (label) => {
    type(field(), '2e-3');
    find(view.el, label).click();
    expect(comm.contents).toEqual([{ event: 'press', command: label.toLowerCase(), value: 2e-3 }]);
  });

  it('sends nothing while the field is wrong', () => {
    type(field(), 'x');
    find(view.el, 'Apply').click();
    expect(comm.contents).toEqual([]);
    expect(problem()).not.toBe('');
  });

  it('shows what Python says it changed', () => {
    model.set('message', 'Applied: lr went from 1e-3 to 3.2e-4.');
    expect(said()).toBe('Applied: lr went from 1e-3 to 3.2e-4.');
  });

  it('says the same again when it is pressed again', () => {
    model.set('message', 'Applied.');
    find(view.el, 'Apply').click();
    expect(said()).toBe('');
    comm.answer();
    expect(said()).toBe('Applied.');
  });

  it('is no longer spoken of when the choice moves on, also while the kernel is busy', () => {
    model.set('message', 'Applied.');
    marker.choose(2e-3);
    expect(said()).toBe('');
  });

  it('is spoken of as long as the optimizer follows the marker', () => {
    model.set({ message: 'Applied: the optimizer follows the marker.', follows: true });
    marker.choose(2e-3);
    expect(said()).toBe('Applied: the optimizer follows the marker.');
  });

  it('is not there where there is no optimizer', () => {
    model.set('buttons', [SEARCH]);
    expect(names()).toEqual(['Copy', 'Search']);
  });

  it('says why it cannot be pressed', () => {
    model.set('buttons', [{ ...APPLY, enabled: false, title: 'A sweep is running' }, SEARCH]);
    const apply = find(view.el, 'Apply');
    apply.click();
    expect(comm.contents).toEqual([]);
    expect(isEnabled(apply)).toBe(false);
    expect(apply.title).toBe('A sweep is running');
  });
});

describe('the buttons beside the field', () => {
  it('are those of Python with Copy after Apply', () => {
    expect(names()).toEqual(['Copy', 'Apply', 'Search']);
    model.set('buttons', []);
    expect(names()).toEqual(['Copy']);
  });

  it('send what they are for', () => {
    find(view.el, 'Search').click();
    expect(comm.contents).toEqual([{ event: 'press', command: 'search', value: 3.2e-4 }]);
  });

  it('are for a kernel, but for Copy', () => {
    model.comm_live = false;
    expect(['Copy', 'Apply', 'Search'].map((name) => isEnabled(find(view.el, name)))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('that act on a rate need one', () => {
    model.set('marker', null);
    expect(['Apply', 'Copy'].map((name) => isEnabled(find(view.el, name)))).toEqual([false, false]);
  });
});

describe('Copy', () => {
  it('puts a keyword argument on the clipboard and says so', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    find(view.el, 'Copy').click();
    await vi.waitFor(() => {
      expect(said()).toBe('Copied lr=3.2e-4');
    });
    expect(writeText).toHaveBeenCalledWith('lr=3.2e-4');
  });

  it('takes the older way where the clipboard is missing', async () => {
    vi.stubGlobal('navigator', {});
    const copied: string[] = [];
    stubCopyCommand(() => {
      copied.push(document.querySelector('textarea')?.value ?? '');
      return true;
    });
    find(view.el, 'Copy').click();
    await vi.waitFor(() => {
      expect(said()).toBe('Copied lr=3.2e-4');
    });
    expect(copied).toEqual(['lr=3.2e-4']);
    expect(document.querySelector('textarea')).toBeNull();
  });

  it('says what to copy by hand where nothing works', async () => {
    vi.stubGlobal('navigator', {});
    stubCopyCommand(() => false);
    find(view.el, 'Copy').click();
    await vi.waitFor(() => {
      expect(said()).toContain('lr=3.2e-4');
    });
    expect(said()).not.toContain('Copied');
  });
});

it('keeps why the rate is recommended folded away', () => {
  const fold = view.el.querySelector('details');
  expect(fold?.className).toContain('lrbar-absent');
  model.set({ about: ['Half of 1e-2.', '<b>x</b>'] });
  expect(fold?.className).not.toContain('lrbar-absent');
  expect(fold?.open).toBe(false);
  expect(find(view.el, 'Why this rate')).toBeTruthy();
  const facts = Array.from(view.el.querySelectorAll('li'), (each) => each.textContent);
  expect(facts).toEqual(['Half of 1e-2.', '<b>x</b>']);
  model.set({ suggestions: [{ ...SUGGESTIONS[0], lr: null }] });
  expect(find(view.el, 'Why no rate')).toBeTruthy();
});

describe('suggestions', () => {
  it('are one click away', () => {
    find(view.el, 'balanced6.3e-3').click();
    expect(chosen()).toBe(6.3e-3);
    expect(find(view.el, 'balanced6.3e-3').getAttribute('aria-pressed')).toBe('true');
  });

  it('that are doubted look so and say so', () => {
    const chip = find(view.el, 'balanced6.3e-3');
    expect(chip.classList.contains('lrbar-unsure')).toBe(false);
    model.set('suggestions', [{ ...SUGGESTIONS[0], certainty: 'unsure' }]);
    expect(chip.classList.contains('lrbar-unsure')).toBe(true);
    expect(chip.textContent).toBe('balanced6.3e-3, unsure');
  });

  it('tell their reason', () => {
    expect(find(view.el, 'balanced6.3e-3').title).toBe('Between both.');
  });

  it('stay on the chart', () => {
    model.set('suggestions', [{ rule: 'far', label: 'far', lr: 1e-9 }]);
    find(view.el, 'far1e-9').click();
    expect(chosen()).toBe(1e-7);
  });

  it('of one rate are one choice: the first is pressed', () => {
    const second = { rule: 'valley', label: 'valley', lr: 6.3e-3, reason: '', active: false };
    model.set('suggestions', [...SUGGESTIONS, second]);
    marker.set('value', 6.3e-3);
    const pressed = Array.from(view.el.querySelectorAll('.lrbar-chip[aria-pressed="true"]'));
    expect(pressed.map((each) => each.textContent)).toEqual(['balanced6.3e-3']);
  });

  it('cannot be pressed without a rate', () => {
    const chip = find(view.el, 'slidenone');
    chip.click();
    expect(chosen()).toBe(3.2e-4);
    expect(isEnabled(chip)).toBe(false);
    expect(chip.title).toBe('It never falls.');
  });

  it('are followed again once the recommended one is pressed', () => {
    find(view.el, 'balanced6.3e-3').click();
    expect(comm.contents).toEqual([{ event: 'press', command: 'back' }]);
    model.set('suggestions', [{ ...SUGGESTIONS[0], active: false }]);
    find(view.el, 'balanced6.3e-3').click();
    expect(comm.contents).toHaveLength(1);
  });

  it('are not seen while none has a rate, and keep their room', () => {
    const place = find(view.el, 'Rates to choose');
    expect(place.classList.contains('lrbar-absent')).toBe(false);
    model.set('suggestions', [{ ...SUGGESTIONS[0], lr: null }, SUGGESTIONS[1]]);
    expect(place.classList.contains('lrbar-absent')).toBe(true);
    expect(place.children).toHaveLength(2);
  });

  it('keep the focus when their order changes', () => {
    const chip = find(view.el, 'balanced6.3e-3');
    chip.focus();
    model.set('suggestions', [...SUGGESTIONS].reverse());
    expect(view.el.contains(chip)).toBe(true);
    expect(chip.previousElementSibling?.textContent).toBe('slidenone');
  });
});
