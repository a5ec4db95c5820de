import * as bqplot from 'bqplot';

import { identity } from './identity';

// bqplot's figure and scales under the name of our own module, so that a page which can load that
// one module needs no other. Where bqplot is shared, as in JupyterLab, these extend the shared one.

export class FigureModel extends bqplot.FigureModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('Figure'), auto_layout: false };
  }
}

export class LinearScaleModel extends bqplot.LinearScaleModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('LinearScale'), stabilized: false };
  }
}

export class LogScaleModel extends bqplot.LogScaleModel {
  override defaults(): Backbone.ObjectHash {
    return { ...super.defaults(), ...identity('LogScale') };
  }
}

export { Figure, LinearScale, LogScale } from 'bqplot';
