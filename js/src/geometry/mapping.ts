/** Two ends of an interval. */
export type Interval = readonly [number, number];

const FAR = 1e6;

/**
 * From a value to a pixel and back, on a linear or a decimal logarithmic axis.
 *
 * A domain that no axis can show (empty, reversed, not finite) is widened rather
 * than refused, and a logarithmic axis that would have to show zero is linear, so
 * that no data can blank the chart.
 */
export class Mapping {
  readonly domain: Interval;
  readonly range: Interval;
  readonly log: boolean;
  private readonly start: number;
  private readonly scale: number;

  constructor(domain: ArrayLike<number>, range: Interval, log: boolean) {
    const [low, high] = soundDomain(domain[0] ?? NaN, domain[1] ?? NaN);
    this.log = log && low > 0;
    this.domain = [low, high];
    this.range = range;
    this.start = this.position(low);
    this.scale = (range[1] - range[0]) / (this.position(high) - this.start);
  }

  /** Where on the axis a value lies, in the unit in which the axis is even. */
  position(value: number): number {
    return this.log ? Math.log10(value) : value;
  }

  /** The pixel of a value; NaN for one that the axis cannot show. Kept where SVG can draw. */
  pixel(value: number): number {
    const pixel = this.range[0] + (this.position(value) - this.start) * this.scale;
    return pixel > FAR ? FAR : pixel < -FAR ? -FAR : pixel;
  }

  /** The value at a pixel. */
  value(pixel: number): number {
    const position = this.start + (pixel - this.range[0]) / this.scale;
    return this.log ? 10 ** position : position;
  }

  /** Whether a value lies within the axis. */
  shows(value: number): boolean {
    return value >= this.domain[0] && value <= this.domain[1];
  }
}

function soundDomain(low: number, high: number): Interval {
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    return [0, 1];
  }
  if (low > high) {
    return [high, low];
  }
  if (low === high) {
    const room = Math.abs(low) / 2 || 0.5;
    return [low - room, high + room];
  }
  return [low, high];
}

/** `value`, or the end of the interval that it lies beyond. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** `value` rounded to so many significant digits. */
export function roundTo(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
