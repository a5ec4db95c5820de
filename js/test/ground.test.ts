import { afterEach, describe, expect, it } from 'vitest';

import { isDark } from '../src/ground';

const within = (...colours: string[]): Element => {
  let inner: Element = document.body;
  for (const colour of colours) {
    const each = document.createElement('div');
    each.style.backgroundColor = colour;
    inner.append(each);
    inner = each;
  }
  return inner;
};

describe('what lies behind an element', () => {
  afterEach(() => {
    document.body.replaceChildren();
  });

  it.each([
    ['rgb(17, 17, 17)', true],
    ['rgb(250, 250, 250)', false],
    ['rgb(200, 0, 0)', true],
    ['rgb(0, 220, 0)', false],
  ])('is as dark as the eye sees %s', (colour, dark) => {
    expect(isDark(within(colour))).toBe(dark);
  });

  it('is what is painted nearest, and nothing that one sees through', () => {
    expect(isDark(within('rgb(17, 17, 17)', 'transparent', 'rgba(255, 255, 255, 0.1)'))).toBe(true);
    expect(isDark(within('rgb(17, 17, 17)', 'rgb(255, 255, 255)'))).toBe(false);
  });

  it('is what the text of the page needs where nothing is painted', () => {
    expect(isDark(within('transparent'))).toBe(false);
    document.body.style.color = 'rgb(230, 230, 230)';
    expect(isDark(within('transparent'))).toBe(true);
    expect(isDark(within('rgb(250, 250, 250)', 'transparent'))).toBe(false);
    document.body.style.color = '';
  });
});
