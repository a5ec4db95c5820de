import type { IBackboneModelOptions } from '@jupyter-widgets/base';

import { ChartMarkModel } from './chart_mark';
import { asColumn, fromWire } from './columns';
import { type Columns, Series } from './series';
import { isDict } from './values';

/**
 * Base of the models whose points become more.
 *
 * New points come as messages of one buffer each. The attributes always hold all points, so
 * that a second view, a saved notebook and a reloaded page show all of them. Triggers
 * `columns_updated` when there is something new to draw.
 */
export abstract class ColumnsModel<Name extends string> extends ChartMarkModel {
  declare series: Series<Name>;

  /** The names of the columns, in the order in which they travel. */
  protected abstract get columnNames(): readonly Name[];

  /** The columns of a line that is made of all points, and replaced as a whole with more. */
  protected get lineNames(): readonly string[] {
    return [];
  }

  override defaults(): Backbone.ObjectHash {
    const names = [...this.columnNames, ...this.lineNames];
    const empty = names.map((name) => [name, new Float64Array()] as const);
    return { ...super.defaults(), ...Object.fromEntries(empty), generation: 0 };
  }

  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.series = new Series(this.columnNames);
    this.adopt(this.attributes);
    this.on('msg:custom', this.receive, this);
    // Points may have been added between the writing of this state and the moment when
    // messages began to arrive here; a finished run would never tell.
    this.send({ event: 'have', generation: this.series.generation, length: this.series.length });
  }

  protected override catchUp(): void {
    // It says what it has instead, so that all points are only sent if some are missing.
  }

  override set_state(state: Record<string, unknown>): void {
    const rest = { ...state };
    const carries = (names: readonly string[]): boolean => names.some((name) => name in rest);
    const carriesPoints = carries(this.columnNames);
    const updated = carriesPoints || carries(this.lineNames);
    if (carriesPoints) {
      const taken = this.adopt({ generation: this.series.generation, ...state });
      // The line of points that are older than what is held is older too.
      const done = [...this.columnNames, 'generation', ...(taken ? [] : this.lineNames)];
      for (const name of done) {
        Reflect.deleteProperty(rest, name);
      }
    }
    super.set_state(rest);
    if (updated) {
      this.trigger('columns_updated');
    }
  }

  /** Takes all points from a state of the model, unless it is older; shows them as attributes. */
  private adopt(state: Record<string, unknown>): boolean {
    const { generation } = state;
    const columns = this.columnNames.map((name) => [name, state[name]] as const);
    const complete = columns.every(([, column]) => column instanceof Float64Array);
    const taken =
      complete &&
      typeof generation === 'number' &&
      this.series.replace(generation, Object.fromEntries(columns) as Columns<Name>);
    this.expose();
    return taken;
  }

  /** Puts what is held into the attributes, without a message to the kernel. */
  private expose(): void {
    Object.assign(this.attributes, this.series.columns);
    this.attributes['generation'] = Math.max(0, this.series.generation);
  }

  private receive(content: unknown, buffers: unknown[] = []): void {
    const { event, generation, offset, along } = (content ?? {}) as Record<string, unknown>;
    if (event !== 'append' || typeof generation !== 'number' || typeof offset !== 'number') {
      return;
    }
    this.passOn(isDict(along) ? along : {});
    const [values, line] = [fromWire(buffers[0]), fromWire(buffers[1])].map(asColumn);
    // A state that came before this message may still be on its way into the model.
    this.state_change = this.state_change.then(() => {
      const appended = this.series.append(generation, offset, values ?? new Float64Array());
      if (appended === 'gap') {
        this.send({ event: 'resync' });
      } else if (appended === 'added') {
        this.expose();
        this.takeLine(line ?? new Float64Array());
        this.trigger('columns_updated');
      }
    });
  }

  /** Gives other models their states that came with points. */
  private passOn(states: Record<string, unknown>): void {
    for (const [id, state] of Object.entries(states)) {
      if (isDict(state)) {
        void this.widget_manager.get_model(id).then(
          (model) => {
            model.state_change = model.state_change.then(() => {
              model.set_state(state);
            });
          },
          // There is none yet. When it is made, its state will be a later one.
          () => undefined,
        );
      }
    }
  }

  /** Takes the line that came with points: its columns one after another in one array. */
  private takeLine(values: Float64Array): void {
    const { lineNames } = this;
    const count = values.length / lineNames.length;
    if (count > 0 && Number.isInteger(count)) {
      lineNames.forEach((name, at) => {
        this.attributes[name] = values.slice(at * count, (at + 1) * count);
      });
    }
  }
}
