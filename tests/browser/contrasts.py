"""How well the words of a page can be read, by the formula of WCAG 2."""

from __future__ import annotations

_COLOURS = """
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    // A mixed color has parts up to 1.
    const [r, g, b] = numbers(color).slice(0, 3).map((part) => {
      const share = color.startsWith('color(') ? part : part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      const alpha = numbers(color)[3] ?? 1;
      if (color !== 'transparent' && alpha > 0.99) { return color; }
    }
    return 'rgb(255, 255, 255)';
  };
"""

#: The contrast of each visible text with what lies behind it.
CONTRASTS = (
    f"(root) => {{ {_COLOURS}"
    + """
  const found = {};
  const isOff = (element) => element.closest('[disabled], [aria-disabled=true]');
  for (const element of root.querySelectorAll('.lrfind-widget *')) {
    const words = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent.trim()).join(' ').trim();
    const box = element.getBoundingClientRect();
    if (!words || isOff(element) || box.width < 2 || box.height < 2) { continue; }
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [luminance(ink), luminance(background(element))].sort((x, y) => y - x);
    found[words] = Math.round((a + 0.05) / (b + 0.05) * 100) / 100;
  }
  return found;
}"""
)

#: The luminance of what the widget lies on, from 0 for black to 1 for white.
GROUND = f"""(root) => {{
  {_COLOURS}
  return luminance(background(root.querySelector('.lrfind-widget')));
}}"""
