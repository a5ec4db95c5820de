import { IJupyterWidgetRegistry, type IWidgetRegistryData } from '@jupyter-widgets/base';

import { keptOutputPlugin } from './kept_plugin';
import { MODULE_NAME, MODULE_VERSION } from './version';

/** What JupyterLab's application passes to a plugin; nothing of it is used here. */
type Application = unknown;

interface WidgetRegistry {
  registerWidget(data: IWidgetRegistryData): void;
}

/**
 * Tells the widget manager where our widgets are.
 *
 * They are imported on first use: a page that lacks bqplot still starts, and a
 * page that shows no range test never loads them.
 */
const widgetsPlugin = {
  id: `${MODULE_NAME}:plugin`,
  autoStart: true,
  requires: [IJupyterWidgetRegistry],
  activate: (_app: Application, registry: WidgetRegistry): void => {
    registry.registerWidget({
      name: MODULE_NAME,
      version: MODULE_VERSION,
      exports: async () => {
        const widgets: Record<string, unknown> = await import('./index');
        // The classes among them; the registry has no type that fits marks of another package.
        return widgets as never;
      },
    });
  },
};

export default [widgetsPlugin, keptOutputPlugin];
