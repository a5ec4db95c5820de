// What nbclassic loads with every notebook. VS Code reads it too, as text that it does not run: it
// looks for the call that maps our name to a file, so that this call has to stay as plain as it is.
define(['base/js/namespace', 'base/js/events'], (Jupyter, events) => {
  'use strict';
  window.requirejs.config({ map: { '*': { 'lrfind-widget': 'nbextensions/lrfind-widget/index' } } });

  // How an output names a widget of ours; see `lrfind_widget/view/output.py`.
  const KEPT_OUTPUT = 'application/vnd.lrfind-widget+json';
  const UPDATE = 'update_display_data';

  // The notebook would draw an output that is updated anew, and whoever holds the marker would
  // lose it; and it would update none that it has read from a file. So what an update brings is
  // put where it is saved from, and the page stays as it is.
  const known = new WeakSet();

  function keepUpdates(kernel) {
    // A restart tells of the same kernel, and of one that is new two events tell.
    if (known.has(kernel)) {
      return;
    }
    known.add(kernel);
    const draw = kernel.get_iopub_handler(UPDATE);
    kernel.register_iopub_handler(UPDATE, (message) => {
      const { data, metadata } = message.content;
      const id = data?.[KEPT_OUTPUT]?.model_id;
      if (id === undefined) {
        draw(message);
        return;
      }
      const outputs = Jupyter.notebook.get_cells().flatMap((cell) => cell.output_area?.outputs ?? []);
      for (const output of outputs.filter((each) => each.data?.[KEPT_OUTPUT]?.model_id === id)) {
        if (JSON.stringify(output.data) !== JSON.stringify(data)) {
          Object.assign(output, { data, metadata });
          Jupyter.notebook.set_dirty(true);
        }
      }
    });
  }

  return {
    load_ipython_extension() {
      if (Jupyter.notebook.kernel) {
        keepUpdates(Jupyter.notebook.kernel);
      }
      events.on('kernel_created.Kernel kernel_created.Session', (_event, { kernel }) => {
        keepUpdates(kernel);
      });
    },
  };
});
