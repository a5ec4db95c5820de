"""A cell that runs again replaces what it made before."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget.view import cells
from lrfind_widget.view.cells import Cells, at_end_of_unwatched_cell


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
        self.kernel, self.events, self.ends = self, self, []
        self._request = {"content": content}

    def get_parent(self) -> dict[str, Any]:
        return self._request

    def register(self, event: str, action: Any) -> None:
        assert event == "post_run_cell"
        self.ends.append(action)

    def unregister(self, _: str, action: Any) -> None:
        self.ends.remove(action)


@pytest.mark.parametrize(
    ("content", "server", "waits"),
    [
        ({"allow_stdin": False}, "", True),
        ({"allow_stdin": True}, "", False),
        ({}, "", False),  # a message of a page, and not a cell
        ({"allow_stdin": False}, "voila/0.5", False),
    ],
)
def test_only_where_nobody_watches_something_is_done_at_the_end_of_the_cell(
    monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], server: str, waits: bool
) -> None:
    shell, done = Shell(**content), []
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    monkeypatch.setenv("SERVER_SOFTWARE", server)
    at_end_of_unwatched_cell(lambda: done.append(1))
    for end in list(shell.ends):
        end(None)
    assert (bool(done), shell.ends) == (waits, [])
