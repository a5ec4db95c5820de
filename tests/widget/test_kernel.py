"""The widget in a real kernel: cells that run again, interrupts, shutdown."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel
from nbclient import NotebookClient

from lrfind_widget import Status
from lrfind_widget.not_shown import NO_WIDGETS
from lrfind_widget.view.cells import WIDGET_VIEW
from lrfind_widget.view.output import KEPT_OUTPUT

SECONDS = 60

SET_UP = """
import threading, time, torch
from lrfind_widget import LRFinderWidget
torch.set_num_threads(1)
torch.manual_seed(0)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

class Slow:
    "Batches that take their time."
    def __iter__(self):
        while True:
            time.sleep(0.02)
            yield torch.randn(8, 4), torch.randint(2, (8,))

def sweeps():
    return sum(thread.name == "lrfind-sweep" for thread in threading.enumerate())

def weights():
    return model.weight.detach().numpy().tobytes().hex()
"""


UNWATCHED = """
import torch
from IPython.display import display
from lrfind_widget import LRFinderWidget
torch.manual_seed(0)
model = torch.nn.Linear(4, 2)
batches = [(torch.randn(8, 4), torch.randint(2, (8,))) for _ in range(50)]
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
widget = LRFinderWidget(model, batches, optimizer, num_it=50{more})
display(widget)
"""


def executed(**more: Any) -> dict[str, Any]:
    """Return what a notebook keeps of a widget that nbconvert has executed."""
    given = "".join(f", {name}={value}" for name, value in more.items())
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(UNWATCHED.format(more=given))]
    )
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3").execute()
    displayed = [each.data for each in notebook.cells[0].outputs if "data" in each]
    (kept,) = (each for each in displayed if KEPT_OUTPUT in each)
    return dict(kept)


class TestANotebookThatAProgramExecutes:
    def test_keeps_the_picture_of_a_sweep_that_nobody_waits_for(self) -> None:
        kept = executed()
        assert kept["text/plain"].startswith("LRFinderWidget (")
        assert not Status(kept["text/plain"].split("(")[1].split(")")[0]).is_running
        assert base64.b64decode(kept["image/png"]).startswith(b"\x89PNG")

    def test_keeps_a_line_of_a_sweep_that_fails(self) -> None:
        kept = executed(loss_fn="lambda output, target: 1 / 0")
        assert kept["text/plain"].startswith("LRFinderWidget (failed)")

    def test_sweeps_what_lies_in_a_box(self) -> None:
        made = UNWATCHED.replace("display(widget)", "display(HBox([widget]))").format(more="")
        cells = [
            f"from ipywidgets import HBox, VBox{made}",
            "other = LRFinderWidget(model, batches, optimizer, num_it=50)\nVBox([HBox([other])])",
            "[(len(each.runs), each.state.is_running) for each in (widget, other)]",
        ]
        notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
        NotebookClient(notebook, timeout=SECONDS, kernel_name="python3").execute()
        assert notebook.cells[2].outputs[0].data["text/plain"] == "[(1, False), (1, False)]"
        for cell in notebook.cells[:2]:  # the box's own outputs say what to do without a kernel
            kept = cell.outputs[-1].data
            assert kept["text/plain"].startswith("LRFinderWidget")
            assert NO_WIDGETS in kept["text/plain"] or "image/png" in kept
            assert kept[KEPT_OUTPUT] == {"model_id": kept[WIDGET_VIEW]["model_id"]}

    def test_leaves_other_boxes_as_they_are(self) -> None:
        cells = [
            f"from ipywidgets import HBox, Label{UNWATCHED.format(more='')}",
            "box = HBox([Label('alone')])\nbox",
            "box.close()\nbox",
        ]
        notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
        NotebookClient(notebook, timeout=SECONDS, kernel_name="python3").execute()
        (shown,), (closed,) = (cell.outputs for cell in notebook.cells[1:])
        assert shown.data["text/plain"] == "HBox(children=(Label(value='alone'),))"
        assert set(shown.data) == {"text/plain", WIDGET_VIEW}
        assert WIDGET_VIEW not in closed.data

    def test_does_not_wait_for_what_is_not_started(self) -> None:
        assert executed(auto_start=False)["text/plain"] == f"LRFinderWidget\n{NO_WIDGETS}"


class Kernel:
    """A kernel and the one who runs cells in it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, folder: Path) -> None:
        self.manager = manager
        self.client = client
        self._path = folder / "value.json"

    def close(self) -> None:
        """Let go of the sockets."""
        self.client.stop_channels()
        self.manager.cleanup_resources()
        self.client.context.destroy(linger=0)

    def run(self, code: str, cell: str = "") -> dict[str, Any]:
        """Run a cell and return its reply."""
        return self.reply(self.send(code, cell))

    def send(self, code: str, cell: str = "") -> str:
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": False}
        message = self.client.session.msg(
            "execute_request", content, metadata={"cellId": cell} if cell else {}
        )
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def reply(self, request: str) -> dict[str, Any]:
        while True:
            reply = self.client.get_shell_msg(timeout=SECONDS)
            if reply["parent_header"].get("msg_id") == request:
                return dict(reply["content"])

    def value(self, expression: str) -> Any:
        """Return the value of an expression, through JSON."""
        code = f"import json; open({str(self._path)!r}, 'w').write(json.dumps({expression}))"
        reply = self.run(code)
        assert reply["status"] == "ok", reply
        return json.loads(self._path.read_text())


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    manager, client = start_new_kernel(startup_timeout=SECONDS)
    made = Kernel(manager, client, tmp_path_factory.mktemp("kernel"))
    assert made.run(SET_UP)["status"] == "ok"
    yield made
    manager.shutdown_kernel(now=True)
    made.close()


SHOW = "w = LRFinderWidget(model, Slow(), optimizer, num_it=100_000); display(w)"


def test_a_cell_that_runs_again_ends_the_sweep_it_started(kernel: Kernel) -> None:
    kernel.run(SHOW, cell="one")
    assert kernel.value("sweeps()") == 1
    kernel.run(f"old = w; {SHOW}", cell="one")
    assert kernel.value("sweeps()") == 1
    assert kernel.value("[old.comm is None, w.status.value]") == [True, "sweeping"]
    kernel.run("w.close()")
    assert kernel.value("sweeps()") == 0


def test_an_interrupt_of_a_waiting_cell_stops_the_sweep_and_restores(kernel: Kernel) -> None:
    before = kernel.value("weights()")
    kernel.run(SHOW.replace("num_it", "isolation='in_place', num_it"))
    waiting = kernel.send("w.wait()")
    deadline = time.monotonic() + SECONDS
    while kernel.client.get_iopub_msg(timeout=SECONDS)["content"].get("execution_state") != "busy":
        assert time.monotonic() < deadline
    time.sleep(0.2)  # the cell has to be inside wait()
    kernel.manager.interrupt_kernel()
    assert kernel.reply(waiting).get("ename") == "KeyboardInterrupt"
    assert kernel.value("w.status.value") == "stopped"
    assert kernel.value("weights()") == before
    kernel.run("w.close()")


def test_a_deleted_widget_that_is_closed_leaves_no_thread_and_no_model(kernel: Kernel) -> None:
    code = """
import gc, weakref
other = torch.nn.Linear(4, 2)
gone = weakref.ref(other)
v = LRFinderWidget(other, Slow(), torch.optim.SGD(other.parameters(), lr=0.1))
v.start()
v.close()
del v, other
gc.collect()
"""
    assert kernel.run(code)["status"] == "ok"
    assert kernel.value("[gone() is None, sweeps()]") == [True, 0]


def test_top_level_await_gives_the_result(kernel: Kernel) -> None:
    data = "[(torch.randn(8, 4), torch.randint(2, (8,))) for _ in range(4)]"
    kernel.run(f"a = LRFinderWidget(model, {data}, optimizer, num_it=30); a.start()")
    assert kernel.run("found = await a")["status"] == "ok"
    assert kernel.value("found is a.result") is True


def test_a_kernel_shuts_down_during_a_sweep(tmp_path: Path) -> None:
    manager, client = start_new_kernel(startup_timeout=SECONDS)
    short_lived = Kernel(manager, client, tmp_path)
    assert short_lived.run(SET_UP)["status"] == "ok"
    assert short_lived.run(SHOW)["status"] == "ok"
    client.shutdown()
    manager.finish_shutdown(waittime=30)
    assert not manager.is_alive()
    short_lived.close()
