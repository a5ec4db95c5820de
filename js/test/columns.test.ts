// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { asColumn, fromWire, toWire } from '../src/columns';

const VALUES = [1e-7, 2.5, NaN, Infinity, -0];

function bytes(values: number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}

const read = (value: unknown): Float64Array => fromWire(value) as Float64Array;

describe('numbers from a message', () => {
  it.each([0, 1, 3, 4, 7, 8])('are read from byte %s of a larger buffer', (start) => {
    const buffer = new ArrayBuffer(start + 8 * VALUES.length + 5);
    new Uint8Array(buffer).set(bytes(VALUES), start);
    const view = new DataView(buffer, start, 8 * VALUES.length);
    expect(Array.from(read(view))).toEqual(VALUES);
  });

  it('are read from every kind of buffer', () => {
    const source = bytes(VALUES);
    for (const each of [source.buffer, source, Float64Array.from(VALUES), new DataView(source.buffer)]) {
      expect(Array.from(read(each))).toEqual(VALUES);
    }
  });

  it('are a copy', () => {
    const source = Float64Array.of(1, 2);
    const copies = [read(source.buffer), read(source)];
    source[0] = 9;
    expect(copies.map(([first]) => first)).toEqual([1, 1]);
  });

  it('end with the last whole number', () => {
    expect(read(new DataView(new ArrayBuffer(20)))).toHaveLength(2);
  });

  it.each([null, undefined, 'text', 3, {}])('are none in %j', (data) => {
    expect(asColumn(fromWire(data))).toHaveLength(0);
  });
});

describe('columns within a value', () => {
  const value = {
    runs: [
      { name: 'a', lr: Float64Array.from(VALUES), visible: true, none: null },
      { name: 'b', lr: new Float64Array(), nested: [[Float64Array.of(1)]] },
    ],
    count: 3,
  };

  it('travel as binary wherever they are, and come back the same', () => {
    const sent = toWire(value) as { runs: { lr: DataView }[] };
    expect(sent.runs[0]?.lr).toBeInstanceOf(DataView);
    expect(fromWire(sent)).toEqual(value);
  });

  it('are read from text, of which broken one has none', () => {
    const text = (values: number[]): string => btoa(String.fromCharCode(...bytes(values)));
    const sent = { runs: [{ lr: { float64: text(VALUES) }, loss: { float64: '?' } }] };
    expect(fromWire(sent)).toEqual({
      runs: [{ lr: Float64Array.from(VALUES), loss: new Float64Array() }],
    });
  });

  it('leave the value as it is', () => {
    toWire(value);
    expect(value.runs[0]?.lr).toBeInstanceOf(Float64Array);
  });

  it.each([null, undefined, 'text', 3, true, {}, []])('are none in %j, which stays itself', (each) => {
    expect(toWire(each)).toEqual(each);
    expect(fromWire(each)).toEqual(each);
  });
});

it('a part of a larger array is sent alone', () => {
  const part = Float64Array.of(1, 2, 3, 4).subarray(1, 3);
  expect((toWire(part) as DataView).byteLength).toBe(16);
  expect(Array.from(read(toWire(part)))).toEqual([2, 3]);
});

it('what is not a column is read as none', () => {
  for (const each of ['nonsense', null, [1, 2], new DataView(new ArrayBuffer(8))]) {
    expect(asColumn(each)).toHaveLength(0);
  }
});
