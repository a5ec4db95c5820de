// What we use of bqplot 0.13's front end, which comes from the page at run time and is
// not published as a package to build against. Checked by reading bqplot's js/src/Mark.ts,
// MarkModel.ts and Figure.ts, and bqscales' LinearScaleModel.
declare module 'bqplot' {
  import { IBackboneModelOptions, WidgetModel, WidgetView } from '@jupyter-widgets/base';

  /** A scale as all views of a figure share it; a change of min or max moves `domain`. */
  export abstract class ScaleModel extends WidgetModel {
    readonly type: 'linear' | 'log';
    readonly domain: number[];
    defaults(): Backbone.ObjectHash;
  }

  export class LinearScaleModel extends ScaleModel {}
  export class LogScaleModel extends ScaleModel {}

  /** A scale of one view of one mark. */
  export abstract class Scale extends WidgetView {
    model: ScaleModel;
    setRange(range: [number, number]): void;
  }

  export class LinearScale extends Scale {}
  export class LogScale extends Scale {}

  export class FigureModel extends WidgetModel {
    defaults(): Backbone.ObjectHash;
  }

  /** The view of a figure, as its marks see it. */
  export class Figure extends WidgetView {
    readonly plotareaWidth: number;
    readonly plotareaHeight: number;
    readonly margin: { top: number; bottom: number; left: number; right: number };
    range(direction: 'x' | 'y'): [number, number];
  }

  export class MarkModel extends WidgetModel {
    static serializers: Record<string, { deserialize?: unknown; serialize?: unknown }>;
    defaults(): Backbone.ObjectHash;
    initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void;
    update_data(): void;
    update_domains(): void;
    getScales(): Record<string, ScaleModel | undefined>;
    mark_data: unknown;
    dirty: boolean;
  }

  export abstract class Mark extends WidgetView {
    initialize(parameters: WidgetView.IInitializeParameters): void;
    render(): PromiseLike<unknown>;
    abstract draw(animate?: boolean): void;
    abstract set_ranges(): void;
    abstract relayout(): void;
    abstract compute_view_padding(): void;
    abstract clear_style(style: unknown, indices?: unknown): void;
    abstract set_default_style(indices: unknown): void;
    abstract set_style_on_elements(style: unknown, indices: unknown): void;
    set_positional_scales(): void;
    create_listeners(): void;
    remove(): void;
    model: MarkModel;
    parent: Figure;
    /** Absent until the view was rendered. */
    scales?: Record<string, Scale | undefined>;
  }
}
