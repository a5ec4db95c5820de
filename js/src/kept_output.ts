import type { OutputModel, Renderer, RenderMime } from '@jupyterlab/notebook';
import { Panel } from '@lumino/widgets';

import { asText, isDict } from './values';

/** How the cell's output names a widget of ours; see `lrfind_widget/view/output.py`. */
export const KEPT_OUTPUT = 'application/vnd.lrfind-widget+json';

/** How every Jupyter widget is named in an output. */
const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

/** Before the widget manager's own renderer, which has -10. */
export const RANK = -20;

/** What the widget manager's renderer looks like: still loading, alive, or without a model. */
type Sight = 'loading' | 'live' | 'gone';

/** Tell from the page what became of a widget. */
export function sight(renderer: HTMLElement, hidden: boolean): Sight {
  if (hidden || renderer.textContent.startsWith('Error displaying widget')) {
    return 'gone';
  }
  return renderer.querySelector('.jupyter-widgets') === null ? 'loading' : 'live';
}

/** How long to wait, in milliseconds, before asking again for a widget that is still loading. */
const FIRST_RETRY = 300;
const LONGEST_RETRY = 5000;

/**
 * A widget of ours in a cell's output, or its picture where there is no kernel.
 *
 * An output that is updated, as ours is with the picture of the latest choice, would make the
 * widget manager draw the widget anew, and whoever holds the marker would lose it. And a
 * notebook that is opened again without its kernel would show an error instead of the picture
 * it has. This renderer keeps the live widget through updates, and falls back to the picture.
 */
export class KeptOutput extends Panel implements Renderer {
  private readonly rendermime: RenderMime;
  private readonly picture = document.createElement('div');
  private model: OutputModel | null = null;
  private live: Renderer | null = null;
  private liveId: unknown = null;
  private observer: MutationObserver | null = null;
  private timer: number | undefined;
  private delay = FIRST_RETRY;

  constructor(rendermime: RenderMime) {
    super();
    this.rendermime = rendermime;
    this.addClass('lrfind-kept');
    this.picture.className = 'lrfind-kept-picture';
    this.node.appendChild(this.picture);
  }

  async renderModel(model: OutputModel): Promise<void> {
    this.model = model;
    drawPicture(this.picture, model);
    if (this.seen() === 'live' && modelId(model.data) === this.liveId) {
      return;
    }
    this.delay = FIRST_RETRY;
    this.enliven(model);
    return Promise.resolve();
  }

  override dispose(): void {
    this.drop();
    super.dispose();
  }

  /** Ask the widget manager for the widget. */
  private enliven(model: OutputModel): void {
    this.drop();
    const live = this.rendermime.createRenderer(WIDGET_VIEW);
    this.live = live;
    this.liveId = modelId(model.data);
    this.addWidget(live);
    this.observer = new MutationObserver(() => {
      this.choose();
    });
    this.observer.observe(live.node, { attributeFilter: ['class'], childList: true });
    // Not awaited: it waits for a kernel that may never come.
    void live.renderModel(model).then(
      () => {
        this.choose();
      },
      () => {
        this.choose();
      },
    );
    this.choose();
  }

  private seen(): Sight {
    return this.live === null ? 'gone' : sight(this.live.node, this.live.isHidden);
  }

  /** Show the widget where it lives, and the picture where it does not. */
  private choose(): void {
    const seen = this.seen();
    const pictured = seen !== 'live' && this.picture.childElementCount > 0;
    this.picture.toggleAttribute('hidden', !pictured);
    this.live?.node.toggleAttribute('hidden', pictured);
    window.clearTimeout(this.timer);
    if (seen === 'loading') {
      this.retryLater();
    }
  }

  /**
   * A renderer that was made before the notebook had its kernel never learns of it: only
   * those that lie directly in an output are. So a new one is asked for.
   */
  private retryLater(): void {
    this.timer = window.setTimeout(() => {
      this.delay = Math.min(2 * this.delay, LONGEST_RETRY);
      if (this.model !== null && this.seen() === 'loading') {
        this.enliven(this.model);
      }
    }, this.delay);
  }

  private drop(): void {
    window.clearTimeout(this.timer);
    this.observer?.disconnect();
    this.observer = null;
    this.live?.dispose();
    this.live = null;
  }
}

/** The widget that an output shows, null where it shows none of ours. */
export function modelId(data: OutputModel['data']): unknown {
  const view = data[KEPT_OUTPUT];
  return typeof view === 'object' && view !== null && 'model_id' in view ? view.model_id : null;
}

/** Put the picture, with the words that stand for it, and the line of text of an output into an element. */
function drawPicture(into: HTMLElement, { data, metadata }: OutputModel): void {
  into.replaceChildren();
  const png = data['image/png'];
  // The second line is for pages that know nothing of widgets.
  const [text = ''] = plain(data['text/plain']).split('\n');
  if (typeof png === 'string') {
    const image = document.createElement('img');
    // Base64 and nothing else, whatever the file says.
    image.src = `data:image/png;base64,${png.replace(/[^A-Za-z0-9+/=]/g, '')}`;
    const ofPicture = metadata?.['image/png'];
    image.alt = (isDict(ofPicture) && asText(ofPicture['alt'])) || text;
    into.appendChild(image);
  }
  if (text !== '') {
    const line = document.createElement('p');
    line.textContent = `${text}. Its kernel is gone: run the cell again for the live chart.`;
    into.appendChild(line);
  }
}

/** Text of a notebook file, which may be a list of lines. */
function plain(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : '';
}
