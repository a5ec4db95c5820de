"""What other finders promise, each line a short test of ours; docs/behaviours.md is made here.

A test runs our finder, never another, and holds what the others promise::

    @behaviour(
        "A linear sweep takes steps of one size",  # in a line of our own, never in their words
        ours='lr_find(..., mode="linear")',
        torch_lr_finder="TestLRHistory.test_linear_lr_history; range_test(step_mode)",
        ignite="test_lr_policy",
    )
    def test_a_linear_sweep_takes_steps_of_one_size(): ...

What several promise is one test with several sources. Where ours differs, the test holds what ours
does, and ``on_purpose="why"`` says so. What ours lacks stands as the test of what they promise with
``missing="what"``; it must fail, and does not any more when it is built. Where a stand-in is given
for an object of another library, ``real="test_file.py::test_name"`` names the tests in
``tests/peers/trainers`` that give a real one. A test that holds two behaviours has two markers. A
line stands where its like do: one file a subject. ``python -m pytest tests/behaviours`` compares
the page with what it found, if it ran all of them; with ``--write-card`` it writes the page, which
nobody edits by hand (after a conflict: write it anew).
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.behaviours.card import COMPLETE, RAN


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-card", action="store_true", help="write docs/behaviours.md")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RAN] = {}
    config.stash[COMPLETE] = True


def pytest_deselected(items: list[pytest.Item]) -> None:
    if any(item.get_closest_marker("behaviour") for item in items):
        items[0].config.stash[COMPLETE] = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if not set(here.glob("test_*.py")) <= {item.path for item in items}:
        config.stash[COMPLETE] = False
    items.sort(key=lambda item: item.path == here / "test_card.py")  # last


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or not report.passed:
        ran = item.config.stash[RAN]
        is_right = report.passed or hasattr(report, "wasxfail")
        for marker in item.iter_markers("behaviour"):
            ran[marker.args[0]] = ran.get(marker.args[0], True) and is_right
    return report
