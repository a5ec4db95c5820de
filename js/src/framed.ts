import type { WidgetModel } from '@jupyter-widgets/base';

import type { Losses } from './geometry/framing';
import type { Mapping } from './geometry/mapping';

/** Lines as the axes see them: losses that the vertical axis has to hold. */
export interface Framed extends WidgetModel {
  /** The events that tell of other losses. */
  readonly lossEvents: string;
  /** The losses, a curve each, as far as the horizontal axis shows them. */
  losses(axis: Mapping): Losses[];
}

/** The losses of a line that has no raw ones. */
export function lineLosses(x: Float64Array, y: Float64Array, axis: Mapping): Losses {
  return { raw: [], smoothed: y.filter((_, index) => axis.shows(x[index] ?? NaN)) };
}
