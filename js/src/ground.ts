import { Figure } from './figure';

/** Whether what is painted behind an element is dark. Where nothing is, a page is white. */
export function isDark(element: Element): boolean {
  for (let each: Element | null = element; each !== null; each = each.parentElement) {
    const colour = getComputedStyle(each).backgroundColor;
    const [red = 0, green = 0, blue = 0, alpha = 1] = Array.from(colour.matchAll(/[\d.]+/g), Number);
    if (colour.startsWith('rgb') && alpha > 0.5) {
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
    }
  }
  return false;
}

/** What a page that leaves its colours to the reader follows. */
const DARK = matchMedia('(prefers-color-scheme: dark)');

/**
 * The figure in a page without the themes of JupyterLab.
 *
 * Its widget has the palette that suits what lies behind it, also when the page changes its colours.
 */
export class FigureOnGround extends Figure {
  declare private observer: MutationObserver;
  declare private left: AbortController;

  override initialize(...parameters: Parameters<Figure['initialize']>): void {
    this.observer = new MutationObserver(() => {
      this.follow();
    });
    super.initialize(...parameters);
    this.left = new AbortController();
    DARK.addEventListener('change', () => {
      this.follow();
    }, { signal: this.left.signal });
    for (const each of [document.documentElement, document.body]) {
      this.observer.observe(each, { attributes: true });
    }
    void this.displayed.then(() => {
      this.follow();
    });
  }

  private follow(): void {
    const widget = this.el.closest('.lrfind-widget');
    widget?.classList.toggle('lrfind-dark', isDark(widget));
  }

  override remove(): this {
    this.observer.disconnect();
    this.left.abort();
    super.remove();
    return this;
  }
}
