import { html } from '../dom';

/**
 * Puts text on the clipboard, also where the page is not served over https and the
 * modern interface is missing. Returns whether it worked.
 */
export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  // Missing outside a secure context, whatever the type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // Refused by a permission or by a frame: the older way may still be open.
    }
  }
  return copySelection(text, near);
}

function copySelection(text: string, near: HTMLElement): boolean {
  const focused = document.activeElement;
  const area = html('textarea', { class: 'lrbar-unseen', readonly: '', 'aria-hidden': 'true' });
  area.value = text;
  near.append(area);
  area.select();
  let copied = false;
  try {
    // Deprecated, and the only way there is without a secure context.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    copied = document.execCommand('copy');
  } catch {
    copied = false;
  }
  area.remove();
  if (focused instanceof HTMLElement) {
    focused.focus();
  }
  return copied;
}
