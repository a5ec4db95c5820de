import type { DOMWidgetModel, DOMWidgetView } from '@jupyter-widgets/base';
import { describe, expect, it } from 'vitest';

import * as bars from '../../src/bars';
import { MarkerModel } from '../../src/marker';
import { Comm, find, makeModel, show } from './page';

type Listeners = Record<string, unknown[] | undefined>;

const listeners = (model: object): number => {
  const { _events = {} } = model as { _events?: Listeners };
  // Of "msg:custom" the base class leaves one behind per view.
  return Object.entries(_events)
    .filter(([name]) => name !== 'msg:custom')
    .reduce((sum, [, each]) => sum + (each?.length ?? 0), 0);
};

type ModelClass = new (attributes: Record<string, unknown>, options: never) => DOMWidgetModel;
type ViewClass = new (options: never) => DOMWidgetView;

const KINDS: [string, ModelClass, ViewClass][] = [
  ['run', bars.RunBarModel, bars.RunBarView],
  ['choice', bars.ChoiceBarModel, bars.ChoiceBarView],
  ['settings', bars.SettingsBarModel, bars.SettingsBarView],
  ['how', bars.HowBarModel, bars.HowBarView],
  ['comparison', bars.ComparisonBarModel, bars.ComparisonBarView],
];

/** Whether a trait is one of the bars' own; the base class is not so careful with the others. */
const isOurs = (name: string): boolean => !/^_|^(layout|style|tabbable|tooltip)$/.test(name);

describe.each(KINDS)('the %s bar', (_, Model, View) => {
  it('leaves no listener behind, however often it is shown', () => {
    const marker = makeModel(MarkerModel, {}, new Comm());
    const model = makeModel(Model, { marker }, new Comm());
    const before = [listeners(model), listeners(marker)];
    for (let count = 0; count < 100; count += 1) {
      show(View, model).remove();
    }
    expect([listeners(model), listeners(marker)]).toEqual(before);
  });

  it('shows the same in a second view', () => {
    const marker = makeModel(MarkerModel, {}, new Comm());
    const model = makeModel(Model, { marker }, new Comm());
    const views = [show(View, model), show(View, model)];
    model.set({ sentence: 'Sweeping', suggestion_sentence: 'None', runs: [{ id: 'a', name: 'A' }] });
    model.set({ summary: 'As before.', rows: [{ category: 'files', identical: true }] });
    model.set({ buttons: [{ id: 'use', command: 'use', label: 'Use 1e-3' }] });
    const [one, other] = views.map((view) => view.el.textContent);
    expect(one).toBe(other);
    const ids = Array.from(document.querySelectorAll('[id]'), (each) => each.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const view of views) {
      view.remove();
    }
  });

  it('has the buttons of its state, which send their command', () => {
    const comm = new Comm();
    const buttons = [
      { id: 'a', command: 'use', label: 'Use', title: 'Why', enabled: true },
      { id: 'b', command: 'not', label: 'Not', title: 'Why not', enabled: false },
    ];
    const view = show(View, makeModel(Model, { buttons }, comm));
    const [use, not] = ['Use', 'Not'].map((name) => find(view.el, name));
    expect([use?.title, not?.title]).toEqual(['Why', 'Why not']);
    use?.click();
    not?.click();
    expect(comm.contents).toEqual([{ event: 'press', command: 'use' }]);
    view.model.comm_live = false;
    expect(use?.getAttribute('aria-disabled')).toBe('true');
    view.remove();
  });

  it('survives any state', () => {
    const model = makeModel(Model, {}, new Comm());
    const view = show(View, model);
    for (const nonsense of [null, undefined, 0, 'x', [null], { a: 1 }, NaN]) {
      const names = Object.keys(model.attributes).filter(isOurs);
      model.set(Object.fromEntries(names.map((name) => [name, nonsense])));
    }
    expect(view.el.isConnected).toBe(true);
    view.remove();
  });
});

it('a rate that is used is not overtaken by the drag before it', () => {
  const [comm, markerComm] = [new Comm(), new Comm()];
  const marker = makeModel(MarkerModel, { value: 1e-3 }, markerComm);
  const choose = { id: 'choose_0', command: 'choose_0', label: 'Use 1.7e-2' };
  const model = makeModel(bars.ComparisonBarModel, { marker, buttons: [{ ...choose, lr: 1.7e-2 }] }, comm);
  const view = show(bars.ComparisonBarView, model);
  // The kernel is busy: the second message waits for an answer to the first.
  marker.choose(2e-3);
  marker.choose(3e-3);
  find(view.el, 'Use 1.7e-2').click();
  markerComm.answer();
  expect(marker.value).toBe(1.7e-2);
  expect(markerComm.sent.map(({ state }) => state?.['value'])).toEqual([2e-3, 1.7e-2]);
  expect(comm.contents).toEqual([{ event: 'press', command: 'choose_0' }]);
  // What lies outside of the axis is not moved to its edge.
  model.set('buttons', [{ ...choose, lr: 50 }]);
  find(view.el, 'Use 1.7e-2').click();
  expect(marker.value).toBe(1.7e-2);
  view.remove();
});

it('a search with validation brings the rate that is seen', () => {
  const [comm, markerComm] = [new Comm(), new Comm()];
  const marker = makeModel(MarkerModel, { value: 3.2e-4 }, markerComm);
  const buttons = [
    { id: 'search_held_back', command: 'search_held_back', label: 'Search with validation' },
    { id: 'choose_0', command: 'choose_0', label: 'Use it' },
  ];
  const model = makeModel(bars.ComparisonBarModel, { marker, buttons }, comm);
  const view = show(bars.ComparisonBarView, model);
  find(view.el, 'Search with validation').click();
  find(view.el, 'Use it').click();
  expect(comm.contents).toEqual([
    { event: 'press', command: 'search_held_back', value: 3.2e-4 },
    { event: 'press', command: 'choose_0' },
  ]);
  view.remove();
});
