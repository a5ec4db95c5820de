// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { floatsSerializer, fromBinary, toBinary } from '../src/floats';

const VALUES = [1e-7, 2.5, NaN, Infinity, -0];

function bytes(values: number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}

describe('numbers from a message', () => {
  it.each([0, 1, 3, 4, 7, 8])('are read from byte %s of a larger buffer', (start) => {
    const buffer = new ArrayBuffer(start + 8 * VALUES.length + 5);
    new Uint8Array(buffer).set(bytes(VALUES), start);
    const view = new DataView(buffer, start, 8 * VALUES.length);
    expect(Array.from(fromBinary(view))).toEqual(VALUES);
  });

  it('are a copy', () => {
    const source = Float64Array.of(1, 2);
    const read = fromBinary(source.buffer);
    source[0] = 9;
    expect(read[0]).toBe(1);
  });

  it('end with the last whole number', () => {
    expect(fromBinary(new DataView(new ArrayBuffer(20)))).toHaveLength(2);
  });

  it.each([null, undefined, 'text', 3, {}])('are none in %j', (data) => {
    expect(fromBinary(data)).toHaveLength(0);
  });
});

it('a part of a larger array is sent alone', () => {
  const part = Float64Array.of(1, 2, 3, 4).subarray(1, 3);
  expect(toBinary(part).byteLength).toBe(16);
  expect(Array.from(fromBinary(toBinary(part)))).toEqual([2, 3]);
});

it('what is not an array is sent as none', () => {
  expect(floatsSerializer.serialize('nonsense').byteLength).toBe(0);
});
