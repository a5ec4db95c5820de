"""A notebook that is open in the page of Notebook 6."""

from __future__ import annotations

from tests.browser.harness.open_notebook import OpenNotebook

_KERNEL = "window.Jupyter.notebook.kernel"


class ClassicNotebook(OpenNotebook):
    """One notebook in one page of nbclassic."""

    ALLOWED_COMPLAINTS = (
        # Voila's package enables an extension that it does not have, and the page asks for the
        # manager of widgets at the place that it had in 2015 too.
        r"nbextensions/(voila|widgets/notebook/js)/extension",
    )
    READY = f"""() => {{
      const {{notebook, WidgetManager}} = window.Jupyter ?? {{}};
      const loaded = notebook?._fully_loaded && notebook.ncells() > 0 && WidgetManager;
      return Boolean(loaded && {_KERNEL}?.is_connected());
    }}"""
    BUSY = "window.Jupyter.notebook.kernel_busy"
    EVALUATE = f"""async ([code, expression]) => {{
      for (;;) {{
        const content = await new Promise((answered) => {{
          const options = {{silent: true, user_expressions: {{value: expression}}}};
          const reply = (message) => {{ answered(message.content); }};
          {_KERNEL}.execute(code, {{shell: {{reply}}}}, options);
        }});
        if (content.status !== 'aborted') {{ return content; }}
      }}
    }}"""
    RUN_CELL = """async ([index, wait]) => {
      const cell = Jupyter.notebook.get_cell(index);
      const done = new Promise((resolve) => {
        cell.events.on('finished_execute.CodeCell', (_, ended) => {
          if (ended.cell === cell) { resolve(); }
        });
      });
      Jupyter.notebook.select(index);
      cell.execute();
      if (wait) { await done; }
    }"""
    SAVE = "() => Jupyter.notebook.save_notebook().then(() => undefined)"
    OUTPUTS = "(index) => Jupyter.notebook.get_cell(index).output_area.toJSON()"
    # It has no themes: whoever wants it dark brings a style sheet.
    PAINT = """(theme) => {
      const [paper, ink] = theme === 'dark' ? ['#111', '#ddd'] : ['#fff', '#000'];
      const sheet = document.head.appendChild(document.createElement('style'));
      const places = 'body, div#notebook, div#notebook-container';
      sheet.textContent = `${places} { background: ${paper} !important; color: ${ink}; }`;
      document.body.dataset.painted = theme;
    }"""
    CELL = "#notebook-container > .cell"
    OUTPUT = ".output"
    STDERR = ".output_stderr, .output_error"

    def interrupt(self) -> None:
        self.page.evaluate(f"() => {_KERNEL}.interrupt()")
        self.page.wait_for_function(f"() => !({self.BUSY})")

    def wait_until_ready(self) -> None:
        super().wait_until_ready()
        # The manager of widgets asks the kernel for those it has, and draws all outputs anew when
        # the answer is there; the kernel answers in turn.
        self.execute("pass")

    def cells(self) -> int:
        """Return how many cells there are: a key that reaches the notebook may add or cut one."""
        return int(self.page.evaluate("() => Jupyter.notebook.ncells()"))
