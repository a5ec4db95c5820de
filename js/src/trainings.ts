import { MarkModel } from 'bqplot';

import { ChartMark, identity } from './chart_mark';
import { attr, keep, say, svg, textWidth } from './dom';
import { fromBinary, toBinary } from './floats';
import { dotsPath, linePath, type Points } from './geometry/path';
import { type Run, RunsModel } from './runs';

/** A short training at one rate; in a run, the horizontal place of a loss is its step. */
export interface Training extends Run {
  /** The steps after which the validation loss was computed, and the losses. */
  readonly valSteps: Float64Array;
  readonly valLosses: Float64Array;
}

/** How many looks of a training the style sheets have. */
const LOOKS = 5;

/** Short trainings that are compared. */
export class TrainingsModel extends RunsModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Trainings'), label: '' };
  }

  get trainings(): Training[] {
    const runs: unknown = this.get('runs');
    return Array.isArray(runs) ? (runs as Training[]) : [];
  }

  /** All lines, those of the validation loss too, so that the frame holds them. */
  override get shown(): Run[] {
    return this.trainings.flatMap((training) => [
      training,
      { ...training, lr: training.valSteps, smoothed: training.valLosses },
    ]);
  }

  static override serializers = {
    ...MarkModel.serializers,
    runs: { deserialize: readTrainings, serialize: writeTrainings },
  };
}

function readTrainings(runs: unknown): Training[] {
  return Array.isArray(runs)
    ? runs.map((run: Record<string, unknown>) => ({
        name: String(run['name']),
        lr: fromBinary(run['lr']),
        smoothed: fromBinary(run['smoothed']),
        valSteps: fromBinary(run['val_steps']),
        valLosses: fromBinary(run['val_losses']),
        visible: true,
      }))
    : [];
}

function writeTrainings(runs: unknown): unknown {
  return Array.isArray(runs)
    ? (runs as Training[]).map((run) => ({
        name: run.name,
        lr: toBinary(run.lr),
        smoothed: toBinary(run.smoothed),
        val_steps: toBinary(run.valSteps),
        val_losses: toBinary(run.valLosses),
      }))
    : [];
}

interface Elements {
  readonly line: SVGPathElement;
  readonly dots: SVGPathElement;
  readonly sample: SVGPathElement;
  readonly text: SVGTextElement;
}

/** Draws the losses of short trainings over their steps, and a legend above them. */
export class Trainings extends ChartMark {
  declare model: TrainingsModel;
  declare private items: SVGGElement[];
  declare private parts: WeakMap<SVGGElement, Elements>;

  protected override build(): void {
    this.el.classList.add('lrfind-trainings');
    this.el.setAttribute('role', 'img');
    this.items = [];
    this.parts = new WeakMap();
  }

  protected override paint(): void {
    const { mapX, mapY } = this;
    const { trainings } = this.model;
    attr(this.el, { 'aria-label': this.model.text('label') });
    keep(this.items, trainings.length, () => this.add());
    let left = 0;
    trainings.forEach((training, index) => {
      const item = this.items[index];
      const elements = item && this.parts.get(item);
      if (!elements) {
        return;
      }
      const { line, dots, sample, text } = elements;
      attr(item, { class: `lrfind-training lrfind-training-${index % LOOKS}` });
      attr(line, { d: linePath(points(training.lr, training.smoothed), mapX, mapY) });
      attr(dots, { d: dotsPath(points(training.valSteps, training.valLosses), mapX, mapY) });
      say(text, training.name);
      attr(sample, { d: `M${left} ${LEGEND - 4}h${SAMPLE}` });
      attr(text, { x: left + SAMPLE + 6, y: LEGEND });
      left += SAMPLE + 6 + textWidth(text) + 18;
    });
  }

  private add(): SVGGElement {
    const group = svg(this.el, 'g');
    // The legend stands above the plot area, the lines end with it.
    const clip: unknown = (this.options as Record<string, unknown> | undefined)?.['clip_id'];
    const path = { 'clip-path': typeof clip === 'string' ? `url(#${clip})` : null };
    this.parts.set(group, {
      line: svg(group, 'path', { class: 'lrfind-training-line', ...path }),
      dots: svg(group, 'path', { class: 'lrfind-training-dots', ...path }),
      sample: svg(group, 'path', { class: 'lrfind-training-line' }),
      text: svg(group, 'text', { class: 'lrfind-training-name' }),
    });
    return group;
  }
}

/** The height of the legend's text above the plot area, and the length of its lines. */
const LEGEND = -12;
const SAMPLE = 26;

function points(x: Float64Array, y: Float64Array): Points {
  return { x, y, from: 0, to: x.length };
}
