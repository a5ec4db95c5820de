import { type IBackboneModelOptions, unpack_models, type WidgetView } from '@jupyter-widgets/base';
import { Mark, MarkModel } from 'bqplot';

import { catchUp } from './catch_up';
import { columnSerializer } from './columns';
import { attr } from './dom';
import type { Point } from './geometry/box';
import { Mapping } from './geometry/mapping';

/**
 * What a page writes on a scale that is read in decades for as long as every loss is shown. The
 * kernel has no such trait, and is never sent it.
 */
export const IN_DECADES = 'lrfind_in_decades';

/** How traits travel that are columns, or hold some. */
export const columns = <Name extends string>(...names: readonly Name[]) => each(names, columnSerializer);

/** How traits travel that refer to other models. */
export const references = <Name extends string>(...names: readonly Name[]) =>
  each(names, { deserialize: unpack_models });

function each<Name extends string, Way>(names: readonly Name[], way: Way): Record<Name, Way> {
  return Object.fromEntries(names.map((name) => [name, way])) as Record<Name, Way>;
}

/** Base of the models of our marks. */
export abstract class ChartMarkModel extends MarkModel {
  override defaults(): Backbone.ObjectHash {
    return {
      ...super.defaults(),
      scales_metadata: {
        x: { orientation: 'horizontal', dimension: 'x' },
        y: { orientation: 'vertical', dimension: 'y' },
      },
      preserve_domain: { x: true, y: true },
    };
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    // bqplot reads it of every mark.
    this.mark_data = [];
    this.catchUp();
  }

  /** Whether rates lie evenly along the axis, and are written so. */
  get isLinear(): boolean {
    return this.getScales()['x']?.type === 'linear';
  }

  /** Learn what was missed while this model was made. */
  protected catchUp(): void {
    catchUp(this);
  }
}

/** Base of those that a person may hide. */
export abstract class HideableMarkModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), shown: true };
  }

  get drawn(): boolean {
    return this.get('shown') !== false;
  }

  /** Hides it or shows it again; the kernel gets it, so that it lasts. */
  toggle(): void {
    this.set('shown', !this.drawn);
    this.save_changes();
  }
}

/**
 * Base of the views of our marks.
 *
 * A subclass builds its elements once in `build` and places them in `paint`. Whatever
 * changes calls `schedule`, and `paint` runs at most once per frame of the browser. What
 * is listened to outside of Backbone is given the signal `alive`, and ends with the view.
 */
export abstract class ChartMark extends Mark {
  declare model: ChartMarkModel;
  declare private frameRequest: number;
  declare private abort: AbortController;
  declare private gone: boolean;

  // No field initialisers here or in subclasses: Backbone calls initialize() in its
  // constructor, before they would run.
  override initialize(parameters: WidgetView.IInitializeParameters): void {
    this.frameRequest = 0;
    this.abort = new AbortController();
    this.gone = false;
    // ipywidgets listens for messages with a bound function that it never takes back, which
    // would keep every removed view alive. This one can be taken back: see remove().
    this.handle_message = IGNORE_MESSAGE;
    super.initialize(parameters);
  }

  override async render(): Promise<void> {
    await super.render();
    if (this.gone) {
      return;
    }
    this.build();
    this.create_listeners();
    this.listenTo(this.model, 'change', this.schedule);
    void this.displayed.then(() => {
      this.schedule();
    });
    this.schedule();
  }

  /** Creates the elements. */
  protected abstract build(): void;

  /** Places the elements; called only where there is room to draw. */
  protected abstract paint(): void;

  /** Draws with the next frame. */
  schedule(): void {
    if (this.frameRequest === 0 && !this.gone) {
      this.frameRequest = requestAnimationFrame(() => {
        this.frameRequest = 0;
        if (this.width >= 1 && this.height >= 1) {
          this.paint();
        }
      });
    }
  }

  /** What is listened to with this signal is heard for as long as the view lives. */
  protected get alive(): AbortSignal {
    return this.abort.signal;
  }

  /** The element of the figure, for what is not drawn in SVG. */
  protected get figureElement(): HTMLElement {
    return this.parent.el;
  }

  /** Says what the drawing of all marks is. bqplot's other drawing is an empty background. */
  protected name(role: 'group' | 'img', label: string): void {
    for (const root of this.figureElement.querySelectorAll(':scope > svg')) {
      const drawn = root.classList.contains('svg-figure');
      attr(root, drawn ? { role, 'aria-label': label } : { 'aria-hidden': 'true' });
    }
  }

  /** Width of the plot area in pixels. */
  get width(): number {
    return this.parent.plotareaWidth;
  }

  /** Height of the plot area in pixels. */
  get height(): number {
    return this.parent.plotareaHeight;
  }

  /** The horizontal axis: the learning rate. */
  get mapX(): Mapping {
    const scale = this.scales?.['x']?.model;
    return new Mapping(scale?.domain ?? [], [0, this.width], scale?.type === 'log');
  }

  /** The vertical axis: the loss. */
  get mapY(): Mapping {
    const scale = this.scales?.['y']?.model;
    const log = scale?.type === 'log' || scale?.get(IN_DECADES) === true;
    return new Mapping(scale?.domain ?? [], [this.height, 0], log);
  }

  /** The place of a pointer in pixels of the plot area, also where the page is zoomed. */
  place(event: { clientX: number; clientY: number }): Point {
    const matrix = (this.el as unknown as SVGGraphicsElement).getScreenCTM();
    if (!matrix) {
      return { x: NaN, y: NaN };
    }
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  }

  override set_positional_scales(): void {
    for (const scale of [this.scales?.['x'], this.scales?.['y']]) {
      if (scale) {
        this.listenTo(scale.model, 'domain_changed', this.schedule);
      }
    }
  }

  override remove(): this {
    this.gone = true;
    cancelAnimationFrame(this.frameRequest);
    this.abort.abort();
    for (const scale of Object.values(this.scales ?? {})) {
      scale?.remove();
    }
    // All views share it, and none needs it.
    this.model.off('msg:custom', IGNORE_MESSAGE);
    super.remove();
    return this;
  }

  // bqplot calls these.

  override draw(): void {
    this.schedule();
  }

  override relayout(): void {
    this.schedule();
  }

  override set_ranges(): void {
    this.scales?.['x']?.setRange(this.parent.range('x'));
    this.scales?.['y']?.setRange(this.parent.range('y'));
  }

  override compute_view_padding(): void {
    // Our marks ask for no room beyond the axes.
  }

  override clear_style(): void {
    // Nothing in our marks can be selected in bqplot's sense.
  }

  override set_default_style(): void {
    // See clear_style.
  }

  override set_style_on_elements(): void {
    // See clear_style.
  }
}

/** Handles no message. Its `bind` gives itself, so that what ipywidgets keeps is known. */
const IGNORE_MESSAGE = Object.assign(
  (): void => {
    // Our marks have no message for a view alone.
  },
  { bind: (): (() => void) => IGNORE_MESSAGE },
);
