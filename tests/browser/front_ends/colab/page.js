// The notebook as Colab shows it where a custom manager of widgets is asked for: it imports that
// manager from the address in the metadata, and gives it the states of models and channels to them.
// What Colab's own page does between the manager and the kernel is not public.
import { openNotebook } from '../notebook.js';
import { Channel } from './channel.js';

const TARGET = 'jupyter.widget';
const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

await openNotebook((kernel) => {
  const comms = new Map();
  kernel.registerCommTarget(TARGET, (comm) => {
    comms.set(comm.commId, comm);
  });

  const environment = {
    async getModelState(id) {
      // One that was opened before the page was.
      const comm = new Channel(comms.get(id) ?? kernel.createComm(TARGET, id));
      const state = await comm.state();
      return {
        modelName: state._model_name,
        modelModule: state._model_module,
        modelModuleVersion: state._model_module_version,
        state,
        comm,
      };
    },
    openCommChannel() {
      throw new Error('No widget here opens a channel of its own.');
    },
    renderOutput() {
      throw new Error('No output here lies in a widget.');
    },
  };
  let manager;

  return async (element, { data, metadata }) => {
    const url = metadata[WIDGET_VIEW]?.colab?.custom_widget_manager?.url;
    if (url === undefined) {
      console.error('The output names no custom manager of widgets.');
      return;
    }
    manager ??= import(/* webpackIgnore: true */ url).then((module) =>
      module.createWidgetManager(environment),
    );
    const widgets = await manager;
    // Whether Colab draws an updated widget anew is not known; a page that is loaded again does.
    const id = data[WIDGET_VIEW].model_id;
    if (element.dataset.model !== id) {
      element.dataset.model = id;
      element.replaceChildren();
      await widgets.render(id, element);
    }
  };
});
