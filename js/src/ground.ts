import { Figure } from './figure';

/** The colour that is painted behind an element, null where one sees through to the frame. */
function groundOf(element: Element): string | null {
  for (let each: Element | null = element; each !== null; each = each.parentElement) {
    const colour = getComputedStyle(each).backgroundColor;
    if (seen(colour).alpha > 0.5) {
      return colour;
    }
  }
  return null;
}

/** Whether an element lies on dark. Where nothing is painted, the page's text tells: it is light. */
export function isDark(element: Element): boolean {
  const ground = groundOf(element);
  return ground === null ? seen(getComputedStyle(document.body).color).light : !seen(ground).light;
}

/** How light a colour is to the eye, and how much of it there is. */
function seen(colour: string): { light: boolean; alpha: number } {
  const numbers = colour.startsWith('rgb') ? Array.from(colour.matchAll(/[\d.]+/g), Number) : [0, 0, 0, 0];
  const [red = 0, green = 0, blue = 0, alpha = 1] = numbers;
  return { light: 0.2126 * red + 0.7152 * green + 0.0722 * blue >= 128, alpha };
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
    const widget = this.el.closest<HTMLElement>('.lrfind-widget');
    if (widget !== null) {
      widget.classList.toggle('lrfind-dark', isDark(widget));
      // So that what lies over lines is edged in the very colour behind them.
      widget.style.setProperty('--jp-layout-color0', groundOf(widget));
    }
  }

  override remove(): this {
    this.observer.disconnect();
    this.left.abort();
    super.remove();
    return this;
  }
}
