import type { IBackboneModelOptions, WidgetModel } from '@jupyter-widgets/base';
import { MarkModel } from 'bqplot';

import { type Run as Listed, runsOf } from './bars/state';
import { ChartMark, ChartMarkModel, columns, references } from './chart_mark';
import { asColumn } from './columns';
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

/** What a run is called where there is no room: the whole name is in the legend. */
export const shortName = (name: string): string => name.split(':', 1).join();

/** The earlier runs that the curve is compared with. */
export class RunsModel extends ChartMarkModel {
  /** The names of lines that are in no list and hidden. */
  declare private hidden: Set<string>;

  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Runs'), runs: [], listed: null };
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    this.hidden = new Set();
    super.initialize(attributes, options);
    const list = this.get('listed') as WidgetModel | null;
    if (list) {
      this.listenTo(list, 'change:runs', () => this.trigger('change:runs', this));
    }
  }

  get runs(): Run[] {
    return dictsOf(this.get('runs')).map((run) => {
      const name = asText(run['name']);
      const shown = this.shownAlone(name) ?? run['visible'] === true;
      return {
        name,
        lr: asColumn(run['lr']),
        loss: asColumn(run['loss']),
        visible: shown && !this.hidden.has(name),
      };
    });
  }

  /** The lines that can be hidden, the latest at the end once it has ended. */
  get named(): { name: string; visible: boolean; look: string }[] {
    const ended = this.listed.filter(({ removable }) => !removable);
    return [
      ...this.runs.map(({ name, visible }, place) => ({ name, visible, look: earlierLook(place) })),
      ...ended.map(({ name, visible }) => ({ name, visible, look: 'lrfind-line' })),
    ].filter(({ name }) => name);
  }

  /** What the latest line is called beside others; empty where it is alone. */
  get latest(): string {
    const ended = this.listed.find(({ removable }) => !removable);
    const { runs } = this;
    const repeats = runs.filter(({ name }) => !this.inList(name)).length;
    const growing = repeats > 0 ? `Repeat ${repeats + 1}` : 'this run';
    return ended?.name ?? (runs.length > 0 ? growing : '');
  }

  /**
   * Hides a run, or shows it again: in the settings' list where it is there, else in this page. The
   * list is the kernel's; where there is none, it is the page's.
   */
  toggle(name: string): void {
    const list = this.get('listed') as WidgetModel | null;
    const known = this.inList(name);
    if (list && known) {
      const action = known.visible ? 'hide' : 'show';
      list.send({ event: 'run', action, id: known.id }, list.callbacks());
      if (!list.comm_live) {
        const runs = dictsOf(list.get('runs'));
        list.set(
          'runs',
          runs.map((run) => (asText(run['name']) === name ? { ...run, visible: !known.visible } : run)),
        );
      }
    } else {
      if (!this.hidden.delete(name)) {
        this.hidden.add(name);
      }
      this.trigger('change:runs', this);
    }
  }

  /** Whether a listed run is shown in a page without a kernel; undefined where a kernel says so. */
  shownAlone(name: string): boolean | undefined {
    return this.comm_live ? undefined : this.inList(name)?.visible;
  }

  private inList(name: string): Listed | undefined {
    return this.listed.find((run) => run.name === name);
  }

  private get listed(): Listed[] {
    const list = this.get('listed') as WidgetModel | null;
    return list ? runsOf(list) : [];
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

  static override serializers = { ...MarkModel.serializers, ...columns('runs'), ...references('listed') };
}

/** Draws the lines of earlier runs under the curve; the annotations write their names. */
export class Runs extends ChartMark {
  declare model: RunsModel;
  declare private lines: Keyed<Run, { root: SVGPathElement }>;

  protected override build(): void {
    // Also of the page's own choice, which is no change of the model.
    this.listenTo(this.model, 'change:runs', this.schedule);
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
