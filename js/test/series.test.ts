// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { Series } from '../src/series';

const columns = (...lr: number[]) => ({
  lr: Float64Array.from(lr),
  loss: Float64Array.from(lr, (value) => value + 0.5),
  smoothed: Float64Array.from(lr, (value) => value + 0.25),
});

const message = (...lr: number[]): Float64Array => {
  const { lr: rates, loss, smoothed } = columns(...lr);
  return Float64Array.of(...rates, ...loss, ...smoothed);
};

describe('a series', () => {
  let series: Series<'lr' | 'loss' | 'smoothed'>;

  beforeEach(() => {
    series = new Series(['lr', 'loss', 'smoothed']);
    series.replace(1, columns(1, 2));
  });

  const rates = (): number[] => Array.from(series.columns.lr);

  it('grows by what is appended', () => {
    expect(series.append(1, 2, message(3, 4))).toBe('added');
    expect(rates()).toEqual([1, 2, 3, 4]);
    expect(Array.from(series.columns.loss)).toEqual([1.5, 2.5, 3.5, 4.5]);
    expect(Array.from(series.columns.smoothed)).toEqual([1.25, 2.25, 3.25, 4.25]);
  });

  it('knows what arrives twice', () => {
    series.append(1, 2, message(3));
    expect(series.append(1, 2, message(3))).toBe('known');
    expect(rates()).toEqual([1, 2, 3]);
  });

  it('takes of an overlap what is new', () => {
    expect(series.append(1, 1, message(2, 3))).toBe('added');
    expect(rates()).toEqual([1, 2, 3]);
  });

  it('notices that points before an append lack', () => {
    expect(series.append(1, 3, message(4))).toBe('gap');
    expect(rates()).toEqual([1, 2]);
  });

  it('notices an append to a generation it has not seen', () => {
    expect(series.append(2, 0, message(9))).toBe('gap');
  });

  it('ignores an append to a generation that is past', () => {
    expect(series.append(0, 2, message(9))).toBe('known');
    expect(rates()).toEqual([1, 2]);
  });

  it('takes no append whose columns differ in length', () => {
    expect(series.append(1, 2, Float64Array.of(3, 3, 3, 4))).toBe('gap');
    expect(rates()).toEqual([1, 2]);
  });

  it('has the columns that it is given', () => {
    const other = new Series(['number', 'step']);
    other.replace(0, { number: Float64Array.of(0), step: Float64Array.of(1) });
    expect(other.append(0, 1, Float64Array.of(0, 1, 2, 1))).toBe('added');
    expect(Array.from(other.columns.number)).toEqual([0, 0, 1]);
    expect(Array.from(other.columns.step)).toEqual([1, 2, 1]);
  });

  it('is replaced by a later generation, also by a shorter one', () => {
    expect(series.replace(2, columns(7))).toBe(true);
    expect(rates()).toEqual([7]);
  });

  it('is not replaced by what was written down earlier', () => {
    series.append(1, 2, message(3));
    expect(series.replace(1, columns(1, 2))).toBe(false);
    expect(series.replace(0, columns(1, 2, 3, 4, 5))).toBe(false);
    expect(rates()).toEqual([1, 2, 3]);
  });

  it('is not replaced by columns of different lengths', () => {
    expect(series.replace(2, { ...columns(1, 2, 3), loss: new Float64Array(1) })).toBe(false);
  });

  it('keeps its points when its memory grows', () => {
    for (let index = 0; index < 1000; index += 1) {
      series.append(1, index + 2, message(index + 3));
    }
    expect(series.length).toBe(1002);
    expect(rates()).toEqual(Array.from({ length: 1002 }, (_, index) => index + 1));
  });

  it('knows whether the rates only rise', () => {
    expect(series.sorted).toBe(true);
    series.append(1, 2, message(1));
    expect(series.sorted).toBe(false);
    series.replace(2, columns(1, 2));
    expect(series.sorted).toBe(true);
  });

  it('copies what it is given', () => {
    const given = columns(5);
    series.replace(3, given);
    given.lr[0] = 99;
    expect(rates()).toEqual([5]);
  });
});
