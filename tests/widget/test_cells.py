"""A cell that runs again replaces what it made before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import ExecutionResult
from ipywidgets import HTML, HBox, Tab, VBox, Widget

from lrfind_widget.view import cells
from lrfind_widget.view.cells import Cells, after_unwatched_display


class Made:
    """Something a cell made."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Play that a cell runs: `run("cell", "execution")`."""

    def now(cell: str, execution: str) -> None:
        monkeypatch.setattr(cells, "_now", lambda: (cell, execution))

    return now


def test_running_a_cell_again_closes_what_it_made(run: Any) -> None:
    claims, first, second = Cells(), Made(), Made()
    run("a", "1")
    claims.claim(first)
    run("a", "2")
    claims.claim(second)
    assert (first.closed, second.closed) == (True, False)


def test_two_of_one_execution_live_side_by_side(run: Any) -> None:
    claims, first, second = Cells(), Made(), Made()
    run("a", "1")
    claims.claim(first)
    claims.claim(second)
    assert not first.closed


def test_another_cell_closes_nothing(run: Any) -> None:
    claims, first, second = Cells(), Made(), Made()
    run("a", "1")
    claims.claim(first)
    run("b", "2")
    claims.claim(second)
    assert not first.closed


def test_outside_a_notebook_nothing_is_closed(run: Any) -> None:
    claims, first, second = Cells(), Made(), Made()
    run("", "")
    claims.claim(first)
    claims.claim(second)
    assert not first.closed


def test_what_is_gone_already_need_not_be_closed(run: Any) -> None:
    claims = Cells()
    run("a", "1")
    claims.claim(Made())
    run("a", "2")
    second = Made()
    claims.claim(second)
    assert not second.closed


def test_without_a_kernel_no_cell_runs() -> None:
    assert cells._now() == ("", "")


class Shell:
    """IPython's shell in a kernel that deals with a request."""

    def __init__(self, **content: Any) -> None:
        self.kernel, self.events, self.display_pub = self, self, self
        self.callbacks: dict[str, list[Any]] = {"post_run_cell": []}
        self.hooks: list[Any] = []
        self.register_hook, self.unregister_hook = self.hooks.append, self.hooks.remove
        self._request = {"content": content}

    def get_parent(self) -> dict[str, Any]:
        return self._request

    def register(self, event: str, action: Any) -> None:
        self.callbacks[event].append(action)

    def unregister(self, event: str, action: Any) -> None:
        self.callbacks[event].remove(action)

    def display(self, widget: Widget) -> None:
        data = {"application/vnd.jupyter.widget-view+json": {"model_id": widget.model_id}}
        message = {"header": {"msg_type": "display_data"}, "content": {"data": data}}
        assert [hook(message) for hook in self.hooks] == [message] * len(self.hooks)

    def end(self, result: Any = None) -> None:
        """End a cell whose last line is a result."""
        for action in list(self.callbacks["post_run_cell"]):
            ended = ExecutionResult(None)
            ended.result = result
            action(ended)


@pytest.fixture
def shell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell(**getattr(request, "param", {"allow_stdin": False}))
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: made)
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    return made


def test_each_cell_that_displays_it_or_a_box_around_it_is_followed(shell: Shell) -> None:
    done: list[int] = []
    widget, other = HTML(), HTML()
    leave = after_unwatched_display(widget, lambda: done.append(1))
    shell.end()
    shell.display(other)
    shell.end(result=np.arange(3))
    assert not done
    shell.display(widget)
    shell.display(Tab([VBox([other]), HBox([widget])]))
    assert not done
    shell.end()
    assert len(done) == 1
    shell.end()
    shell.end(result=VBox([widget]))
    assert len(done) == 2
    leave()
    assert (shell.hooks, shell.callbacks["post_run_cell"]) == ([], [])


@pytest.mark.parametrize("shell", [{"allow_stdin": True}, {}], indirect=True)
def test_where_a_page_runs_the_cells_none_is_followed(shell: Shell) -> None:
    after_unwatched_display(HTML(), pytest.fail)()
    assert (shell.hooks, shell.callbacks["post_run_cell"]) == ([], [])


def test_voila_shows_the_widgets_to_a_person(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    after_unwatched_display(HTML(), pytest.fail)()
    assert (shell.hooks, shell.callbacks["post_run_cell"]) == ([], [])
