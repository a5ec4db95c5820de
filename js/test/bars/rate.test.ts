import { describe, expect, it } from 'vitest';

import { asArgument, asRate, readRate, sameRate, showRate } from '../../src/bars/rate';

const read = (text: string): number | string => readRate(text, 1e-7, 10);

describe('readRate', () => {
  it('writes the ends of a linear axis plainly', () => {
    const said = readRate('1', 1e-4, 0.2, true);
    expect(said).toBe('1 is not on this chart, which goes from 0.0001 to 0.2.');
  });

  it.each([
    ['3e-4', 3e-4],
    ['0.0003', 3e-4],
    ['3.2E-4', 3.2e-4],
    ['  1e-3 ', 1e-3],
    ['.5', 0.5],
    ['1.', 1],
    ['+1e-2', 1e-2],
    ['lr=3.2e-4', 3.2e-4],
    ['learning rate: 0.1', 0.1],
    ['10', 10],
  ])('takes %s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it.each([
    ['', 'Type a learning rate, for example 3e-4.'],
    ['   ', 'Type a learning rate, for example 3e-4.'],
    ['-1e-3', 'A learning rate must be greater than 0, got -1e-3.'],
    ['\u22121e-3', 'A learning rate must be greater than 0, got -1e-3.'],
    ['0', 'A learning rate must be greater than 0, got 0.'],
    ['0.00e5', 'A learning rate must be greater than 0, got 0.00e5.'],
    ['3,2e-4', '"3,2e-4" has a comma. Write the decimal point as in 3.2e-4.'],
    ['fast', '"fast" is not a number. Type a rate such as 3e-4 or 0.0003.'],
    ['NaN', '"NaN" is not a number. Type a rate such as 3e-4 or 0.0003.'],
    ['Infinity', '"Infinity" is not a number. Type a rate such as 3e-4 or 0.0003.'],
    ['0x10', '"0x10" is not a number. Type a rate such as 3e-4 or 0.0003.'],
    ['1e', '"1e" is not a number. Type a rate such as 3e-4 or 0.0003.'],
    ['1e999', '1e999 is too large for a learning rate.'],
    ['1e-999', '1e-999 is too small for a learning rate.'],
    ['20', '20 is not on this chart, which goes from 1e-7 to 10.'],
    ['1e-9', '1e-9 is not on this chart, which goes from 1e-7 to 10.'],
  ])('says what is wrong with "%s"', (text, problem) => {
    expect(read(text)).toBe(problem);
  });

  it('shows no more than the start of a long text', () => {
    const problem = read('x'.repeat(5000));
    expect(problem).toBe(`"${'x'.repeat(37)}..." is not a number. Type a rate such as 3e-4 or 0.0003.`);
  });

  it('takes the end of the chart though rounding put it beyond', () => {
    expect(readRate('10', 1e-7, 9.9999999999)).toBe(9.9999999999);
  });
});

describe('asRate', () => {
  it('takes what is a rate', () => {
    expect(asRate(3e-4)).toBe(3e-4);
  });

  it.each([0, -1e-3, NaN, Infinity, '1e-3', null, undefined, true])('takes no %j', (value) => {
    expect(asRate(value)).toBeNull();
  });
});

describe('showRate', () => {
  it('keeps every digit of a number that someone typed', () => {
    expect(showRate(3.14e-4, false)).toBe('3.14e-4');
    expect(showRate(0.0126, false)).toBe('1.26e-2');
  });

  it('keeps two digits of a number that was dragged to', () => {
    expect(showRate(0.0031622776601683794, false)).toBe('3.2e-3');
  });

  it('reads back as the number it shows', () => {
    for (const value of [1e-7, 3.2e-4, 2.5e-2, 0.125, 7, 10]) {
      expect(read(showRate(value, false))).toBe(value);
    }
  });
});

describe('sameRate', () => {
  it('overlooks the last bits', () => {
    expect(sameRate(0.1 + 0.2, 0.3)).toBe(true);
  });

  it('tells neighbours apart', () => {
    expect(sameRate(3.2e-4, 3.3e-4)).toBe(false);
  });
});

it('copies a keyword argument', () => {
  expect(asArgument(3.2e-4, false)).toBe('lr=3.2e-4');
  expect(asArgument(0.018, true)).toBe('lr=0.018');
});
