import { html } from '../dom';

/** How long a browser, or the frame around a page, may take to fetch what it saves. */
const SECONDS = 60;

/** Lets the browser save bytes under a name, as if a link to them had been clicked. */
export function download(name: string, type: string, content: BlobPart, near: HTMLElement): void {
  const href = URL.createObjectURL(new Blob([content], { type }));
  const link = html('a', { href, download: name, class: 'lrbar-unseen', tabindex: -1 });
  // Some pages, such as those of VS Code, save what is clicked in the document alone.
  near.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(href);
  }, SECONDS * 1000);
}
