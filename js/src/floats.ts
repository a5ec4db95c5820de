/** Numbers as they come over the comm: 64-bit floats, little-endian, in any kind of buffer. */
export type Binary = ArrayBuffer | ArrayBufferView;

/**
 * The numbers in a binary message.
 *
 * They are copied, because a message may begin at any byte of a larger buffer, where no
 * Float64Array can lie, and because that buffer belongs to whoever received it.
 */
export function fromBinary(data: unknown): Float64Array {
  const bytes = bytesOf(data);
  const count = Math.floor(bytes.byteLength / 8);
  const copy = new Uint8Array(count * 8);
  copy.set(bytes.subarray(0, count * 8));
  return new Float64Array(copy.buffer);
}

/** The binary form of some numbers, of exactly their bytes. */
export function toBinary(values: Float64Array): DataView {
  return new DataView(values.slice().buffer);
}

/** How a synced array of numbers travels. */
export const floatsSerializer = {
  deserialize: (data: unknown): Float64Array => fromBinary(data),
  serialize: (values: unknown): DataView =>
    toBinary(values instanceof Float64Array ? values : new Float64Array()),
};

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) {
    return new Uint8Array(data);
  }
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return new Uint8Array();
}
