import { DOMWidgetModel, type IBackboneModelOptions, unpack_models } from '@jupyter-widgets/base';

import { catchUp } from '../catch_up';
import { MODULE_NAME, MODULE_VERSION } from '../version';

type Attributes = Record<string, unknown>;

/** The attributes that say to the widget manager which classes belong to a bar. */
function identity(name: string): Attributes {
  return {
    _model_name: `${name}Model`,
    _model_module: MODULE_NAME,
    _model_module_version: `^${MODULE_VERSION}`,
    _view_name: `${name}View`,
    _view_module: MODULE_NAME,
    _view_module_version: `^${MODULE_VERSION}`,
    actions: [],
  };
}

/** Base of the models of the bars. */
class BarModel extends DOMWidgetModel {
  override initialize(attributes: Backbone.ObjectHash, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    catchUp(this);
  }
}

export class RunBarModel extends BarModel {
  override defaults(): Attributes {
    return {
      ...super.defaults(),
      ...identity('RunBar'),
      status: 'waiting',
      sentence: '',
      done: 0,
      total: 0,
      lr: null,
      objective: '',
      detail: '',
      traceback: '',
      can_run: true,
    };
  }
}

export class ChoiceBarModel extends BarModel {
  override defaults(): Attributes {
    return {
      ...super.defaults(),
      ...identity('ChoiceBar'),
      marker: null,
      suggestions: [],
      suggested_lr: null,
      suggestion_sentence: '',
      message: '',
      can_apply: true,
    };
  }

  static override serializers = {
    ...DOMWidgetModel.serializers,
    marker: { deserialize: unpack_models },
  };
}

export class SettingsBarModel extends BarModel {
  override defaults(): Attributes {
    return {
      ...super.defaults(),
      ...identity('SettingsBar'),
      beta: 0.98,
      skip_start: 10,
      skip_end: 5,
      y_scale: 'linear',
      frame: 'focus',
      rule: '',
      rules: [],
      runs: [],
    };
  }
}

export class VerdictBarModel extends BarModel {
  override defaults(): Attributes {
    return { ...super.defaults(), ...identity('VerdictBar'), sentence: '' };
  }
}

export class ReceiptBarModel extends BarModel {
  override defaults(): Attributes {
    return { ...super.defaults(), ...identity('ReceiptBar'), receipt: {} };
  }
}
