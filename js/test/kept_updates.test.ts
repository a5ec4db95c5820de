import type { OutputModel } from '@jupyterlab/notebook';
import { beforeEach, expect, it } from 'vitest';

import { KEPT_OUTPUT } from '../src/kept_output';
import { keepUpdate } from '../src/kept_updates';

/** The outputs of a cell, as JupyterLab holds them. */
class Outputs {
  constructor(readonly items: OutputModel[]) {}
  get length(): number {
    return this.items.length;
  }
  get(index: number): OutputModel {
    return this.items[index] ?? { data: {} };
  }
  set(index: number, output: object): void {
    this.items[index] = output as OutputModel;
  }
}

const bundle = (id: string, png?: string): Record<string, unknown> => ({
  'text/plain': 'LRFinderWidget',
  [KEPT_OUTPUT]: { model_id: id },
  ...(png === undefined ? {} : { 'image/png': png }),
});
const update = (data: unknown, type = 'update_display_data') => ({
  header: { msg_type: type },
  content: { data, metadata: {} },
});

let outputs: Outputs;
let notebook: { cells: { outputs?: Outputs }[] };
const pngs = (): unknown[] => outputs.items.map(({ data }) => data['image/png']);

beforeEach(() => {
  outputs = new Outputs([{ data: { 'text/plain': '1' } }, { data: bundle('a') }, { data: bundle('b') }]);
  notebook = { cells: [{}, { outputs }] };
});

it('puts a picture into the outputs of its widget alone', () => {
  keepUpdate(notebook, update(bundle('b', 'AAAA')));
  expect(pngs()).toEqual([undefined, undefined, 'AAAA']);
  expect(outputs.get(2)).toMatchObject({ output_type: 'display_data', metadata: {} });
});

it('leaves an output alone that has it already', () => {
  keepUpdate(notebook, update(bundle('b', 'AAAA')));
  const before = outputs.get(2);
  keepUpdate(notebook, update(bundle('b', 'AAAA')));
  expect(outputs.get(2)).toBe(before);
});

it.each([
  ['another message', update(bundle('b', 'AAAA'), 'display_data')],
  ['the output of another package', update({ 'image/png': 'AAAA' })],
  ['no data', update(undefined)],
  ['a message without content', { header: { msg_type: 'update_display_data' }, content: {} }],
])('takes no picture from %s', (_what, message) => {
  keepUpdate(notebook, message);
  expect(pngs()).toEqual([undefined, undefined, undefined]);
});

it('does nothing where no notebook is open', () => {
  expect(() => {
    keepUpdate(null, update(bundle('b', 'AAAA')));
  }).not.toThrow();
});
