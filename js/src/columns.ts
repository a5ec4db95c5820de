import { isDict } from './values';

/**
 * A value as the kernel sent it, with the numbers of every buffer in it.
 *
 * Numbers travel as 64-bit floats, little-endian, in any kind of buffer, or within another value
 * as `{float64: base64}`. They are copied, because a message may begin at any byte of a larger
 * buffer, where no Float64Array can lie, and because that buffer belongs to whoever received it.
 */
export function fromWire(value: unknown): unknown {
  if (value instanceof ArrayBuffer) {
    return floats(new Uint8Array(value));
  }
  if (ArrayBuffer.isView(value)) {
    return floats(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  if (isDict(value) && typeof value['float64'] === 'string') {
    return floats(Uint8Array.from(decoded(value['float64']), (each) => each.charCodeAt(0)));
  }
  return mapped(value, fromWire);
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}

/** The reverse: every column of a value as a buffer of exactly its bytes. */
export function toWire(value: unknown): unknown {
  if (value instanceof Float64Array) {
    return new DataView(value.slice().buffer);
  }
  return ArrayBuffer.isView(value) ? value : mapped(value, toWire);
}

/** How a trait that is a column, or that holds some, travels. */
export const columnSerializer = { deserialize: fromWire, serialize: toWire };

/** A column; empty where there is none. */
export function asColumn(value: unknown): Float64Array {
  return value instanceof Float64Array ? value : new Float64Array();
}

function floats(bytes: Uint8Array): Float64Array {
  const count = Math.floor(bytes.byteLength / 8);
  return new Float64Array(bytes.slice(0, count * 8).buffer);
}

/** A value whose entries, if it has any, went through a function. */
function mapped(value: unknown, each: (entry: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((entry: unknown) => each(entry));
  }
  return isDict(value)
    ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, each(entry)]))
    : value;
}
