"""A notebook that is open in a page: run its cells, ask its kernel, watch its messages."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.harness.application import Application
from tests.browser.harness.watched_page import WatchedPage

# Runs in the page before each call that needs the kernel's connection.
_KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"

_EVALUATE = (
    """async ([code, expression]) => {
  const kernel = """
    + _KERNEL
    + """;
  // A cell that was interrupted or failed takes the requests behind it along.
  for (;;) {
    const future = kernel.requestExecute({
      code, silent: true, store_history: false, user_expressions: {value: expression},
    });
    const {content} = await future.done;
    if (content.status !== 'aborted') { return content; }
  }
}"""
)

_RUN_CELL = """async ([index, wait]) => {
  const app = window.jupyterapp;
  const panel = app.shell.currentWidget;
  panel.content.activeCellIndex = index;
  panel.content.deselectAll();
  const done = app.commands.execute('notebook:run-cell');
  if (wait) { await done; }
}"""

_WATCH = (
    """() => {
  const kernel = """
    + _KERNEL
    + """;
  const size = (msg) => JSON.stringify(msg.content).length
    + (msg.buffers || []).reduce((sum, buffer) => sum + buffer.byteLength, 0);
  window.watchedMessages = [];
  kernel.anyMessage.connect((_, {msg, direction}) => {
    const data = msg.content?.data ?? {};
    window.watchedMessages.push({
      direction,
      type: msg.header.msg_type,
      method: data.method ?? null,
      event: data.content?.event ?? null,
      traits: Object.keys(data.state ?? {}),
      bytes: size(msg),
    });
  });
}"""
)


class OpenNotebook(WatchedPage):
    """One notebook in one page.

    What is asked of the page are scripts for JupyterLab and Notebook 7; the page of another
    application has its own.
    """

    ALLOWED_COMPLAINTS = (
        # Notebook 7's keyboard shortcuts are told of a plugin before it is loaded.
        r"(?s)reading 'schema'.*/static/notebook/notebook_core",
    )
    #: Whether the notebook is open with a kernel that waits for work, and that works.
    READY = """() => {
      const panel = window.jupyterapp?.shell?.currentWidget;
      const session = panel?.sessionContext;
      return Boolean(session?.isReady && session.session?.kernel?.status === 'idle');
    }"""
    BUSY = f"{_KERNEL}.status === 'busy'"
    #: Given code and an expression, what the kernel answers to a silent request.
    EVALUATE = _EVALUATE
    #: Given the number of a cell and whether to wait for its end.
    RUN_CELL = _RUN_CELL
    SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
    #: The outputs of a cell as they will be saved.
    OUTPUTS = (
        "(index) => window.jupyterapp.shell.currentWidget"
        ".content.widgets[index].model.outputs.toJSON()"
    )
    #: Given "light" or "dark".
    PAINT = """async (theme) => {
      const name = `JupyterLab ${theme[0].toUpperCase()}${theme.slice(1)}`;
      await window.jupyterapp.commands.execute('apputils:change-theme', {theme: name});
    }"""
    #: The themes in which a widget lies on a dark ground.
    DARK_GROUNDS: tuple[str, ...] = ("dark",)
    CELL = ".jp-Notebook .jp-Cell"
    OUTPUT = ".jp-Cell-outputArea"
    #: Whether a page that is loaded anew has the living widgets again, and whether it puts what an
    #: output is updated with into a notebook that was saved before.
    FINDS_WIDGETS_AGAIN = True
    UPDATES_SAVED_OUTPUTS = True
    STDERR = '[data-mime-type="application/vnd.jupyter.stderr"]'

    def __init__(self, application: Application, page: Page, cells: Iterable[str]) -> None:
        super().__init__(page, application.write_notebook(cells))
        self.application = application

    # Opening

    def open(self) -> None:
        self.page.goto(self.application.address(self.path.name))
        self.wait_until_ready()

    def reload(self) -> None:
        """Reload the page as a person would; the kernel goes on."""
        self.page.reload()
        self.page.wait_for_function(
            self.READY.replace("=== 'idle'", "!== 'unknown'"), timeout=60_000
        )

    def wait_until_ready(self) -> None:
        self.page.wait_for_function(self.READY, timeout=60_000)

    def save(self) -> dict[str, Any]:
        """Save the notebook and return what is in the file."""
        self.page.evaluate(self.SAVE)
        return dict(json.loads(self.path.read_text()))

    # The kernel

    def run(self, index: int) -> None:
        """Run one cell and wait until it is done; an exception in it fails the test."""
        self.page.evaluate(self.RUN_CELL, [index, True])
        errors = self.cell(index).locator(self.STDERR)
        trouble = errors.all_inner_texts()
        if any("Traceback" in text or "Error" in text for text in trouble):
            raise AssertionError(f"Cell {index} failed:\n" + "\n".join(trouble))

    def begin(self, index: int) -> None:
        """Run one cell and wait only until the kernel is at it."""
        self.page.evaluate(self.RUN_CELL, [index, False])
        self.page.wait_for_function(f"() => {self.BUSY}")

    def value(self, expression: str, *, after: str = "") -> Any:
        """Return what a Python expression is in the kernel, after running a statement."""
        content = self.page.evaluate(self.EVALUATE, [after, expression])
        if content["status"] != "ok":
            raise AssertionError(f"{content['ename']}: {content['evalue']}")
        answer = content["user_expressions"]["value"]
        if answer["status"] != "ok":
            raise AssertionError(f"{answer['ename']}: {answer['evalue']}")
        return ast.literal_eval(answer["data"]["text/plain"])

    def execute(self, statement: str) -> None:
        """Run a Python statement in the kernel, apart from the cells."""
        self.value("None", after=statement)

    def interrupt(self) -> None:
        """Interrupt the running cell and wait until the kernel is free again."""
        self.page.evaluate(f"() => {_KERNEL}.interrupt()")
        self.page.wait_for_function(f"() => {_KERNEL}.status === 'idle'")

    def restart_kernel(self) -> None:
        """Restart the kernel, as the person does from the menu."""
        self.page.evaluate(f"() => {_KERNEL}.restart()")
        self.wait_until_ready()

    def reconnect(self) -> None:
        """Drop the connection to the kernel and make it anew, as after a laptop's sleep."""
        self.page.evaluate(f"() => {_KERNEL}.reconnect()")

    def until(
        self, expression: str, holds: Callable[[Any], bool] = bool, *, seconds: float = 30
    ) -> Any:
        """Ask the kernel for a value again and again until it is as wanted."""
        turns = max(1, int(seconds * 10))
        value = None
        for _ in range(turns):
            value = self.value(expression)
            if holds(value):
                return value
            self.page.wait_for_timeout(100)
        raise AssertionError(f"`{expression}` was still {value!r} after {seconds} s")

    # The page

    def cell(self, index: int) -> Locator:
        return self.page.locator(self.CELL).nth(index)

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(self.OUTPUT)

    def wait_for_output(self, index: int, mime_type: str) -> None:
        """Wait until one of a cell's outputs has data of this type."""
        self.page.wait_for_function(
            f"""([index, type]) => {{
              const outputs = ({self.OUTPUTS})(index);
              return outputs.some((output) => type in (output.data ?? {{}}));
            }}""",
            arg=[index, mime_type],
        )

    def active_cell(self) -> int:
        return int(
            self.page.evaluate(
                "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
            )
        )

    def paint(self, theme: str) -> None:
        """Give the page that is open the other colours, "light" or "dark"."""
        # JupyterLab takes its splash out a moment after a change, and fails if another began then.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)
        self.page.evaluate(self.PAINT, theme)

    # Messages between page and kernel

    def watch_messages(self) -> None:
        self.page.evaluate(_WATCH)

    def messages(self, **wanted: Any) -> list[dict[str, Any]]:
        """Return the messages seen since `watch_messages` whose fields are as given."""
        seen = self.page.evaluate("() => window.watchedMessages")
        return [
            message
            for message in seen
            if all(message[name] == value for name, value in wanted.items())
        ]
