import { ManagerBase } from '@jupyter-widgets/base-manager';
import * as base from '@jupyter-widgets/base';
import * as boxes from '@jupyter-widgets/controls/lib/widget_box';
import { Widget } from '@lumino/widgets';

import * as own from './amd';
import '../style/saved.css';
import { MODULE_NAME } from './version';

const MODULES: Readonly<Record<string, object>> = {
  '@jupyter-widgets/base': base,
  '@jupyter-widgets/controls': boxes,
  [MODULE_NAME]: own,
};

/** Makes widgets of a saved state, in a page of ours that has no kernel. */
class PageManager extends ManagerBase {
  protected loadClass(
    className: string,
    moduleName: string,
  ): Promise<typeof base.WidgetModel | typeof base.WidgetView> {
    const found: unknown = Reflect.get(MODULES[moduleName] ?? {}, className);
    return found === undefined
      ? Promise.reject(new Error(`No ${className} of ${moduleName} in this page.`))
      : Promise.resolve(found as typeof base.WidgetModel);
  }

  protected _create_comm(): Promise<never> {
    return Promise.reject(new Error('No kernel behind this page.'));
  }

  protected _get_comm_info(): Promise<Record<string, never>> {
    return Promise.resolve({});
  }
}

/** What the page holds as the text of a script that is not run. */
function held(type: string): Record<string, unknown> {
  const script = document.querySelector(`script[type="application/vnd.jupyter.widget-${type}+json"]`);
  return JSON.parse(script?.textContent ?? '{}') as Record<string, unknown>;
}

/** Adds the widget, which is seen in place of the picture once all of it is there. */
async function show(): Promise<void> {
  const place = document.querySelector('main') ?? document.body;
  const manager = new PageManager();
  await manager.set_state(held('state') as never);
  const model = await manager.get_model(String(held('view')['model_id']));
  if (model instanceof base.DOMWidgetModel) {
    const view = await manager.create_view(model);
    const host = document.createElement('div');
    host.className = 'lrfind-page';
    place.append(host);
    Widget.attach(view.luminoWidget, host);
  }
}

void show();
