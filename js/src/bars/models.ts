import { DOMWidgetModel, type IBackboneModelOptions, unpack_models } from '@jupyter-widgets/base';

import { catchUp } from '../catch_up';
import { identity } from '../identity';
import { MODULE_VERSION } from '../version';

type Attributes = Record<string, unknown>;

/** Base of the models of the bars. */
abstract class BarModel extends DOMWidgetModel {
  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    catchUp(this);
  }

  /** The defaults of a bar, besides its own traits. */
  protected defaultsOf(name: string): Attributes {
    return { ...super.defaults(), ...identity(name, `${name}View`), buttons: [] };
  }
}

export class RunBarModel extends BarModel {
  /** Says that the front end is there: a page that stays silent is shown the plain screen. */
  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.send({ event: 'here', version: MODULE_VERSION });
  }

  override defaults(): Attributes {
    return {
      ...this.defaultsOf('RunBar'),
      status: 'waiting',
      sentence: '',
      ended: '',
      certainty: '',
      done: 0,
      total: 0,
      rate: '',
      objective: '',
      detail: '',
    };
  }
}

/** One with buttons that go by the rate of the marker. */
abstract class RateBarModel extends BarModel {
  static override serializers = {
    ...DOMWidgetModel.serializers,
    marker: { deserialize: unpack_models },
  };
}

export class ChoiceBarModel extends RateBarModel {
  override defaults(): Attributes {
    return {
      ...this.defaultsOf('ChoiceBar'),
      marker: null,
      suggestions: [],
      about: [],
      message: '',
      follows: false,
    };
  }
}

export class SettingsBarModel extends BarModel {
  override defaults(): Attributes {
    return {
      ...this.defaultsOf('SettingsBar'),
      beta: 0.98,
      skip_start: 10,
      skip_end: 5,
      y_scale: 'linear',
      y_range: 'focus',
      wheel_zoom: 'ctrl',
      rule: '',
      reads: 'best',
      title: '',
      height: '380px',
      auto_apply: null,
      next_sweep: [],
      wrong: '',
      limits: {},
      rules: [],
      runs: [],
    };
  }
}

export class ComparisonBarModel extends RateBarModel {
  override defaults(): Attributes {
    const rest = { marker: null, sentence: '', evidence: '', note: '' };
    return { ...this.defaultsOf('ComparisonBar'), ...rest };
  }
}

export class HowBarModel extends BarModel {
  override defaults(): Attributes {
    return {
      ...this.defaultsOf('HowBar'),
      summary: '',
      facts: [],
      error: '',
      traceback: '',
      identical: true,
      rows: [],
    };
  }
}
