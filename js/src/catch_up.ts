import type { WidgetModel } from '@jupyter-widgets/base';

/**
 * Ask the kernel for a model's state once more.
 *
 * A page that is reloaded makes its models from states that the kernel wrote a moment before.
 * What changed in between was sent to a page that did not listen yet, and would be missed.
 */
export function catchUp(model: WidgetModel): void {
  if (model.comm_live) {
    model.comm?.send({ method: 'request_state' }, {});
  }
}
