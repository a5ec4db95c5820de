import { formatEven, formatRate } from './format';
import type { Interval, Mapping } from './mapping';

/** A place on an axis; one without a label is a small stroke only. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Width of a label in pixels; a mean over the digits of a sans-serif font of 12 pixels. */
const CHARACTER = 7;
const GAP = 16;
/** Decades from which on only powers of ten are labelled. */
const QUIET = 4;

/**
 * The ticks of a logarithmic axis: decades, and between them as much as there is room for.
 *
 * @param mapping - the axis.
 * @param along - pixels that one label takes along the axis; by default its width.
 */
export function logTicks(mapping: Mapping, along?: number): Tick[] {
  const [low, high] = mapping.domain;
  const length = Math.abs(mapping.range[1] - mapping.range[0]);
  const decades = Math.log10(high / low);
  const perDecade = length / decades;
  const room = (label: string): number => (along ?? label.length * CHARACTER) + GAP;
  // Losses are written in full where they are of a usual size, all of them.
  const isPlain = along !== undefined && low >= 1e-3 && high < 1e5;
  const written = (value: number, digits = 2): string => formatRate(value, digits, isPlain);
  // From fine to coarse: the first step that leaves the labels apart is taken. Over many
  // decades the decades alone are quieter, and say as much.
  for (const mantissas of decades < QUIET ? [NINE, [1, 2, 5], [1, 3]] : []) {
    const values = inDecades(low, high, mantissas, 1);
    if (values.length >= 2 && fits(values, mapping, room, written)) {
      return withMinor(values, low, high, perDecade, written);
    }
  }
  if (decades < 0.8) {
    return evenTicks(mapping, room, written);
  }
  for (let every = 1; every < 400; every += 1) {
    const values = inDecades(low, high, [1], every);
    if (fits(values, mapping, room, written)) {
      return withMinor(values, low, high, perDecade, written);
    }
  }
  return [];
}

/** Even steps within a part of a decade, in the notation of rates. */
function evenTicks(
  mapping: Mapping,
  room: (label: string) => number,
  written: (value: number, digits: number) => string,
): Tick[] {
  for (let count = 12; count >= 1; count -= 1) {
    const step = niceStep(mapping.domain, count);
    const digits = 1 + Math.floor(Math.log10(mapping.domain[1])) - Math.floor(Math.log10(step));
    const label = (value: number): string => written(value, Math.min(Math.max(digits, 1), 12));
    const values = multiples(mapping.domain, step);
    if (fits(values, mapping, room, label)) {
      return values.map((value) => ({ value, label: label(value) }));
    }
  }
  return [];
}

const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

function inDecades(low: number, high: number, mantissas: number[], every: number): number[] {
  const values: number[] = [];
  const tolerance = 1 + 1e-9;
  const last = Math.floor(Math.log10(high) + 1e-9);
  for (let power = Math.floor(Math.log10(low) + 1e-9); power <= last; power += 1) {
    if (power % every === 0) {
      for (const mantissa of mantissas) {
        const value = Number(`${mantissa}e${power}`);
        if (value * tolerance >= low && value <= high * tolerance) {
          values.push(value);
        }
      }
    }
  }
  return values;
}

function fits(
  values: number[],
  mapping: Mapping,
  room: (label: string) => number,
  label: (value: number) => string,
): boolean {
  let before: { pixel: number; room: number } | undefined;
  for (const value of values) {
    const here = { pixel: mapping.pixel(value), room: room(label(value)) };
    if (before && Math.abs(here.pixel - before.pixel) < (here.room + before.room) / 2) {
      return false;
    }
    before = here;
  }
  return true;
}

function withMinor(
  major: number[],
  low: number,
  high: number,
  perDecade: number,
  written: (value: number) => string,
): Tick[] {
  const ticks = major.map((value) => ({ value, label: written(value) }));
  const shown = new Set(major);
  const between = perDecade >= 60 ? NINE : perDecade >= 12 ? [1] : [];
  for (const value of inDecades(low, high, between, 1)) {
    if (!shown.has(value)) {
      ticks.push({ value, label: '' });
    }
  }
  return ticks;
}

/** The ticks of a linear axis, at steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(mapping: Mapping, along?: number): Tick[] {
  const length = Math.abs(mapping.range[1] - mapping.range[0]);
  const count = Math.max(2, Math.floor(length / ((along ?? 6 * CHARACTER + GAP) + GAP)));
  const step = niceStep(mapping.domain, count);
  return multiples(mapping.domain, step).map((value) => ({
    value,
    label: formatEven(value, step),
  }));
}

/** The step of 1, 2 or 5 times a power of ten that divides an interval into `count` or fewer. */
export function niceStep([low, high]: Interval, count: number): number {
  const rough = (high - low) / Math.max(1, count);
  const power = Math.floor(Math.log10(rough));
  for (const mantissa of [1, 2, 5]) {
    const step = Number(`${mantissa}e${power}`);
    if (step >= rough * (1 - 1e-9)) {
      return step;
    }
  }
  return Number(`1e${power + 1}`);
}

function multiples([low, high]: Interval, step: number): number[] {
  const values: number[] = [];
  const last = Math.floor(high / step + 1e-9);
  for (let index = Math.ceil(low / step - 1e-9); index <= last && values.length < 200; index += 1) {
    // Rounded, because 3 * 0.1 is not 0.3; and without the sign that zero may carry.
    values.push(Number((index * step).toPrecision(12)) + 0);
  }
  return values;
}
