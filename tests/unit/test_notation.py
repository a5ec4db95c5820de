"""After a linear sweep every rate that is said anywhere is a plain decimal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from lrfind_widget import Sweep, lr_find
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.options import AnalysisOptions, SweepOptions
from lrfind_widget.results.result import SweepResult
from lrfind_widget.session import Session
from lrfind_widget.training.trainable import TorchTrainable
from lrfind_widget.view.view_state import view_state
from tests.unit.toys import classifier, loader, sgd

LONG = 30.0
LINEAR: dict[str, Any] = {"mode": "linear", "start_lr": 1e-4, "end_lr": 5.0, "num_it": 60}
EXPONENT = re.compile(r"(?<![\w.])\d+(?:\.\d+)?e-?\d+")


def texts(value: Any) -> Iterator[str]:
    """Return every text in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts(each)


def with_exponents(*values: Any) -> list[str]:
    """Return the texts that write a number with an exponent."""
    return [text for text in texts(values) if EXPONENT.search(text)]


def model_and_more() -> tuple[Any, ...]:
    model = classifier(dropout=0.0)
    return model, loader(), sgd(model, lr=1e-2)


def swept(**changes: Any) -> SweepResult:
    sweep = Sweep(*model_and_more(), seed=1, **{**LINEAR, **changes})
    for _ in sweep:
        pass
    return sweep.result()


def said_of(result: SweepResult) -> list[Any]:
    """Return what a result says, and the names in its picture."""
    found = [asdict(each) for each in result.suggestions().values()]
    figure = result.plot(return_fig=True, show_lr=[2e-4, 0.3], suggestion=["valley", "balanced"])
    names = [text.get_text() for axes in figure.axes for text in axes.get_legend().get_texts()]
    chosen = result.with_choice(0.018)
    return [repr(chosen), result.stop_sentence, result.critical_note, found, names]


@pytest.mark.parametrize("num_it", [6, 60])
def test_a_result_of_a_linear_sweep_says_plain_decimals(num_it: int) -> None:
    result = swept(num_it=num_it)
    assert with_exponents(said_of(result), result.describe()) == []
    assert "selected_lr=0.018" in repr(result.with_choice(0.018))


def test_one_that_was_stopped_too() -> None:
    sweep = Sweep(*model_and_more(), seed=1, **{**LINEAR, "end_lr": 0.05})
    for point in sweep:
        if point.step == 2:
            sweep.stop()
    assert "at 0.0018," in sweep.stop_sentence
    unread = iter(sweep)
    next(unread)
    unread.close()
    assert "at 0.0001," in sweep.stop_sentence
    assert format_lr(1e-4) == "1e-4"  # the reader's own rates are written as before


def test_the_line_and_the_bar_of_a_script_too(capsys: pytest.CaptureFixture[str]) -> None:
    lr_find(*model_and_more(), apply=True, **{**LINEAR, "end_lr": 0.5})
    said = capsys.readouterr().err
    assert "lr=0.49, loss=" in said
    assert "Recommended 0." in said
    assert with_exponents(said.splitlines()) == []


def test_every_text_on_the_screen_too() -> None:
    session = Session(TorchTrainable(*model_and_more(), SweepOptions(**LINEAR)), AnalysisOptions())
    seen: list[Any] = []
    session.listen(lambda: seen.append(dict(view_state(session.state).run_bar)))
    session.start()
    session.wait(LONG)
    session.refine(1e-3, 1e-1, 20)
    session.wait(LONG)
    session.select(0.018)
    session.apply()
    state = session.state
    parts = vars(view_state(state)).values()
    assert with_exponents(seen, [part for part in parts if isinstance(part, dict)]) == []
    assert state.message == "Applied: lr went from 0.01 to 0.018."
    session.close()
