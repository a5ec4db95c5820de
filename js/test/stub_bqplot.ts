/** Of bqplot's front end what our marks build on, as far as they use it. */
import { WidgetModel, WidgetView } from '@jupyter-widgets/base';

type State = Record<string, unknown>;

/** A scale whose domain follows its ends, as bqscales' linear and logarithmic scales have it. */
export class ScaleModel extends WidgetModel {
  declare domain: number[];

  override initialize(attributes: State, options: never): void {
    super.initialize(attributes, options);
    this.domain = [];
    this.on_some_change(['min', 'max'], this.follow, this);
    this.follow();
  }

  get type(): string {
    return String(this.get('kind'));
  }

  private follow(): void {
    this.domain = [Number(this.get('min')), Number(this.get('max'))];
    this.trigger('domain_changed', this.domain);
  }
}

export class Scale extends WidgetView {
  setRange(): void {
    // Our marks have their own arithmetic.
  }
}

export { ScaleModel as LinearScaleModel, ScaleModel as LogScaleModel };
export { Scale as LinearScale, Scale as LogScale };

export class FigureModel extends WidgetModel {}

export class MarkModel extends WidgetModel {
  static override serializers = { ...WidgetModel.serializers };

  override defaults(): State {
    return { ...super.defaults(), scales: {}, visible: true, apply_clip: true };
  }

  override initialize(attributes: State, options: never): void {
    super.initialize(attributes, options);
    this.on('change:scales', () => this.trigger('scales_updated'));
  }

  getScales(): Record<string, ScaleModel> {
    return this.get('scales') as Record<string, ScaleModel>;
  }
}

export class Mark extends WidgetView {
  declare parent: Figure;
  declare model: MarkModel;
  declare scales?: Record<string, Scale>;

  override initialize(parameters: never): void {
    this.setElement(document.createElementNS('http://www.w3.org/2000/svg', 'g') as never);
    super.initialize(parameters);
  }

  override async render(): Promise<void> {
    this.parent = (this.options as { parent: Figure }).parent;
    await this.takeScales();
    this.listenTo(this.model, 'scales_updated', () => {
      void this.takeScales().then(() => {
        this.draw();
      });
    });
  }

  private async takeScales(): Promise<void> {
    for (const scale of Object.values(this.scales ?? {})) {
      this.stopListening(scale);
    }
    await Promise.resolve();
    this.scales = {};
    for (const [name, model] of Object.entries(this.model.getScales())) {
      this.scales[name] = new Scale({ model, options: {} });
    }
    this.set_positional_scales();
    this.set_ranges();
  }

  create_listeners(): void {
    this.listenTo(this.parent, 'margin_updated', () => {
      this.relayout();
    });
  }

  override remove(): this {
    this.model.off(undefined, undefined, this);
    super.remove();
    return this;
  }

  draw(): void {}
  relayout(): void {}
  set_ranges(): void {}
  set_positional_scales(): void {}
}

/** A figure of a given size in the document. */
export class Figure extends WidgetView {
  declare size: { width: number; height: number };
  readonly margin = { top: 30, bottom: 50, left: 50, right: 20 };

  get plotareaWidth(): number {
    return this.size.width;
  }

  get plotareaHeight(): number {
    return this.size.height;
  }

  range(direction: 'x' | 'y'): [number, number] {
    return direction === 'x' ? [0, this.plotareaWidth] : [this.plotareaHeight, 0];
  }
}
