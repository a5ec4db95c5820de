import { MarkModel } from 'bqplot';

import { ChartMark, HideableMarkModel, columns } from './chart_mark';
import { asColumn } from './columns';
import { attr, svg } from './dom';
import { lineLosses } from './framed';
import { areaPath } from './geometry/area';
import type { Losses } from './geometry/framing';
import type { Mapping } from './geometry/mapping';
import { identity } from './identity';
import { type Entries, isDict } from './values';

/** The lowest and the highest of several curves over the same rates. */
interface Area {
  readonly lr: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** How far repeated sweeps are apart. */
export class SpreadModel extends HideableMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Spread'), area: {} };
  }

  get area(): Area {
    const value: unknown = this.get('area');
    const area: Entries = isDict(value) ? value : {};
    const [lr, low, high] = [asColumn(area['lr']), asColumn(area['low']), asColumn(area['high'])];
    const length = Math.min(lr.length, low.length, high.length);
    return {
      lr: lr.subarray(0, length),
      low: low.subarray(0, length),
      high: high.subarray(0, length),
    };
  }

  /** Whether there are repeats. */
  get known(): boolean {
    return this.area.lr.length > 0;
  }

  get lossEvents(): string {
    return 'change:area change:shown';
  }

  losses(axis: Mapping): Losses[] {
    const { lr, low, high } = this.area;
    return this.drawn ? [lineLosses(lr, low, axis), lineLosses(lr, high, axis)] : [];
  }

  static override serializers = { ...MarkModel.serializers, ...columns('area') };
}

/** Tints the room between the lowest and the highest curve. */
export class Spread extends ChartMark {
  declare model: SpreadModel;
  declare private shape: SVGPathElement;

  protected override build(): void {
    this.el.classList.add('lrfind-spread');
    this.el.setAttribute('aria-hidden', 'true');
    this.shape = svg(this.el, 'path', { class: 'lrfind-spread-area' });
  }

  protected override paint(): void {
    const { lr, low, high } = this.model.area;
    const d = this.model.drawn ? areaPath(lr, low, high, this.mapX, this.mapY) : '';
    attr(this.shape, { d });
  }
}
