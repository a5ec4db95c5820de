import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel, identity } from './chart_mark';
import { attr, svg } from './dom';
import { fromBinary, toBinary } from './floats';
import { areaPath } from './geometry/area';

/** The lowest and the highest of several curves over the same rates. */
export interface Area {
  readonly lr: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const COLUMNS = ['lr', 'low', 'high'] as const;

/** How far repeated sweeps are apart. */
export class SpreadModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Spread'), area: readArea({}) };
  }

  get area(): Area {
    return this.get('area') as Area;
  }

  static override serializers = {
    ...MarkModel.serializers,
    area: { deserialize: readArea, serialize: writeArea },
  };
}

function readArea(area: unknown): Area {
  const columns = (area ?? {}) as Record<string, unknown>;
  const [lr, low, high] = COLUMNS.map((name) => fromBinary(columns[name])) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const length = Math.min(lr.length, low.length, high.length);
  return {
    lr: lr.subarray(0, length),
    low: low.subarray(0, length),
    high: high.subarray(0, length),
  };
}

function writeArea(area: unknown): unknown {
  const { lr, low, high } = area as Area;
  return lr.length === 0 ? {} : { lr: toBinary(lr), low: toBinary(low), high: toBinary(high) };
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
    attr(this.shape, { d: areaPath(lr, low, high, this.mapX, this.mapY) });
  }
}
