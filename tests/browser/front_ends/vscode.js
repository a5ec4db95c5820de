// The notebook as VS Code's extension for Jupyter shows it: with its renderer as published on npm,
// and with what the extension does between that and the kernel (`renderer/index.ts` and
// `kernel/manager.ts` of `webview-side/ipywidgets` in microsoft/vscode-jupyter).
import { openNotebook, WIDGET_VIEW } from './notebook.js';

const { activate } = await import(/* webpackIgnore: true */ './ipywidgets.js');
activate();
window.vscIPyWidgets8.load();

// Module names and the files that the texts of local extensions map them to.
const local = await (await fetch('local.json')).json();

const scriptLoader = {
  widgetsRegisteredInRequireJs: new Set(),
  async loadWidgetScript(name) {
    if (!(name in local)) {
      return;
    }
    window.requirejs.config({ paths: { [name]: local[name] } });
    this.widgetsRegisteredInRequireJs.add(name);
  },
  errorHandler(className, name, version, error) {
    console.error(`Failed to load ${className} of ${name} ${version}`, error);
  },
  successHandler() {},
};

await openNotebook((kernel) => {
  const manager = new window.vscIPyWidgets.WidgetManager(kernel, null, scriptLoader, () => {});
  // Of the widgets that a kernel had before, the extension knows none.
  const known = new Set();
  kernel.iopubMessage.connect((_kernel, { header, content }) => {
    if (header.msg_type === 'comm_open') {
      known.add(content.comm_id);
    }
  });

  async function renderWidget(element, { model_id: id }) {
    if (!known.has(id)) {
      throw Object.assign(new Error(), { name: 'vscode.fallbackToNextRenderer' });
    }
    if (element.dataset.model === id) {
      return;
    }
    element.dataset.model = id;
    const view = await manager.create_view(await manager.get_model(id), { el: element });
    await manager.display_view(null, view, { node: element });
  }

  return async (element, { data }) => {
    try {
      await renderWidget(element, data[WIDGET_VIEW]);
      element.classList.add('cell-output-ipywidget-background');
    } catch (error) {
      if (error.name !== 'vscode.fallbackToNextRenderer') {
        throw error;
      }
      const image = document.createElement('img');
      image.src = `data:image/png;base64,${data['image/png']}`;
      element.replaceChildren(image);
    }
  };
});
