import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel } from './chart_mark';
import { asColumn, columnSerializer } from './columns';
import { attr, svg } from './dom';
import { lineLosses } from './framed';
import type { Losses } from './geometry/framing';
import type { Mapping } from './geometry/mapping';
import { linePath } from './geometry/path';
import { identity } from './identity';
import { Keyed } from './keyed';
import { earlierLook } from './looks';
import { asText, dictsOf } from './values';

/** An earlier run. */
export interface Run {
  readonly name: string;
  readonly lr: Float64Array;
  readonly loss: Float64Array;
  readonly visible: boolean;
}

/** The earlier runs that the curve is compared with. */
export class RunsModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Runs'), runs: [] };
  }

  get runs(): Run[] {
    return dictsOf(this.get('runs')).map((run) => ({
      name: asText(run['name']),
      lr: asColumn(run['lr']),
      loss: asColumn(run['loss']),
      visible: run['visible'] === true,
    }));
  }

  get lossEvents(): string {
    return 'change:runs';
  }

  /** The losses of the runs that are shown. */
  losses(axis: Mapping): Losses[] {
    return this.runs
      .filter(({ visible }) => visible)
      .map(({ lr, loss }) => lineLosses(lr, loss, axis));
  }

  static override serializers = { ...MarkModel.serializers, runs: columnSerializer };
}

/** Draws the lines of earlier runs under the curve; the annotations write their names. */
export class Runs extends ChartMark {
  declare model: RunsModel;
  declare private lines: Keyed<Run, { root: SVGPathElement }>;

  protected override build(): void {
    this.el.classList.add('lrfind-earlier');
    this.el.setAttribute('aria-hidden', 'true');
    this.lines = new Keyed(
      this.el,
      () => ({ root: svg(this.el, 'path') }),
      ({ root }, { lr, loss, visible }, index) => {
        const line = { x: lr, y: loss, from: 0, to: lr.length };
        attr(root, {
          class: earlierLook(index),
          d: visible ? linePath(line, this.mapX, this.mapY) : '',
        });
      },
    );
  }

  protected override paint(): void {
    this.lines.show(this.model.runs);
  }
}
