// The notebook as Colab shows it: widgets of other packages only where outputs name a manager.
import { openNotebook, WIDGET_VIEW } from '../notebook.js';
import { Manager } from './manager.js';

await openNotebook((kernel) => {
  const manager = new Manager(kernel);
  return async (element, { data, metadata }) => {
    const custom = metadata[WIDGET_VIEW]?.colab?.custom_widget_manager?.url !== undefined;
    manager.isCustom ??= custom; // one for all of a frame
    if (manager.isCustom && !custom) {
      console.error('The output names no custom manager of widgets.');
      return;
    }
    // Whether Colab draws an updated widget anew is not known; a page that is loaded again does.
    const id = data[WIDGET_VIEW].model_id;
    if (element.dataset.model !== id) {
      element.dataset.model = id;
      element.replaceChildren();
      await manager.display(id, element);
    }
  };
});
