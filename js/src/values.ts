/**
 * Values of a model, with their types made sure of: the kernel may be of another version,
 * and a saved notebook may hold anything. What does not fit becomes empty.
 */

/** The part of a widget's model that is read. */
export interface Readable {
  get(name: string): unknown;
}

export type Entries = Readonly<Record<string, unknown>>;

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function isDict(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(model: Readable, name: string): string {
  return asText(model.get(name));
}

export function numberOf(model: Readable, name: string): number | null {
  return asNumber(model.get(name));
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function dictsOf(value: unknown): Entries[] {
  return listOf(value).filter(isDict);
}
