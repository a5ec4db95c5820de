import { MarkModel } from 'bqplot';

import { ChartMark, ChartMarkModel, identity } from './chart_mark';
import { attr, keep, svg } from './dom';
import { fromBinary, toBinary } from './floats';
import { linePath } from './geometry/path';
import { RUN_LOOKS } from './looks';

/** An earlier run. */
export interface Run {
  readonly name: string;
  readonly lr: Float64Array;
  readonly smoothed: Float64Array;
  readonly visible: boolean;
}

/** The earlier runs that the curve is compared with. */
export class RunsModel extends ChartMarkModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Runs'), runs: [] };
  }

  /** The runs that are shown. */
  get shown(): Run[] {
    const runs: unknown = this.get('runs');
    return Array.isArray(runs) ? (runs as Run[]).filter((run) => run.visible) : [];
  }

  static override serializers = {
    ...MarkModel.serializers,
    runs: { deserialize: readRuns, serialize: writeRuns },
  };
}

function readRuns(runs: unknown): Run[] {
  return Array.isArray(runs)
    ? runs.map((run: Record<string, unknown>) => ({
        name: String(run['name']),
        lr: fromBinary(run['lr']),
        smoothed: fromBinary(run['smoothed']),
        visible: run['visible'] === true,
      }))
    : [];
}

function writeRuns(runs: unknown): unknown {
  return Array.isArray(runs)
    ? (runs as Run[]).map((run) => ({
        ...run,
        lr: toBinary(run.lr),
        smoothed: toBinary(run.smoothed),
      }))
    : [];
}

/** Draws the smoothed losses of earlier runs, faded, under the curve. */
export class Runs extends ChartMark {
  declare model: RunsModel;
  declare private lines: SVGPathElement[];

  protected override build(): void {
    this.el.classList.add('lrfind-earlier');
    this.el.setAttribute('aria-hidden', 'true');
    this.lines = [];
  }

  protected override paint(): void {
    const { mapX, mapY } = this;
    const all: unknown = this.model.get('runs');
    const runs = Array.isArray(all) ? (all as Run[]) : [];
    keep(this.lines, runs.length, () => svg(this.el, 'path'));
    runs.forEach(({ lr, smoothed, visible }, index) => {
      const line = this.lines[index];
      if (line) {
        attr(line, {
          // The look goes with the place in the list, as it does in the legend.
          class: `lrfind-earlier-run lrfind-earlier-run-${index % RUN_LOOKS}`,
          d: visible ? linePath({ x: lr, y: smoothed, from: 0, to: lr.length }, mapX, mapY) : '',
        });
      }
    });
  }
}
