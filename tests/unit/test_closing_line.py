"""The line that ends a search and a comparison in a script; `test_lr_find` has that of a sweep."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from lrfind_widget import compare_lrs, search_lr
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.messages import by_group
from tests.unit.toys import classifier, loader, loss_of, rates, seed_everything, sgd


def searched(data: Any = None, **given: Any) -> tuple[Any, torch.optim.Optimizer]:
    seed_everything(0)
    model = classifier()
    optimizer = sgd(model)
    options = {"lr": 0.3, "steps": 24, "apply": True, **given}
    data = loader(480) if data is None else data
    return search_lr(model, data, optimizer, **options), optimizer


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.rstrip().splitlines()[-1]


def test_a_search_applies_its_rate_and_says_all_in_one_line(capsys: Any) -> None:
    found, optimizer = searched()
    lr = found.best_lr
    assert rates(optimizer) == [lr]
    assert last_line(capsys) == (
        f"{found.sentence} Loss: {found.objective}. {found.stop_sentence} "
        f"Applied: lr went from 1e-1 to {format_lr(lr)}."
    )


def test_a_search_writes_nothing_unless_it_is_asked_to(capsys: Any) -> None:
    found, optimizer = searched(apply=False)
    assert rates(optimizer) == [0.1]
    assert last_line(capsys).endswith(f" {found.stop_sentence}")


@pytest.mark.parametrize("progress", [True, False])
def test_where_nothing_has_trained_nothing_is_applied(capsys: Any, progress: bool) -> None:
    def step_fn(model: Any, batch: Any) -> Any:
        return 1 + 0 * loss_of(model, batch)

    given = {"step_fn": step_fn, "progress": progress}
    if progress:
        found, optimizer = searched(**given)
        assert last_line(capsys).endswith(" Not applied: nothing has trained at it.")
    else:
        found, optimizer = searched(**given)
        assert capsys.readouterr().err == ""
    assert found.ending == "untrained"
    assert rates(optimizer) == [0.1]


def test_a_search_that_was_interrupted_applies_nothing(capsys: Any) -> None:
    class Interrupted(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            yield from loader(160)
            raise KeyboardInterrupt

    found, optimizer = searched(data=Interrupted([1]))
    assert rates(optimizer) == [0.1]
    said = last_line(capsys)
    assert said.count(found.stop_sentence) == 1
    assert said.endswith(" Not applied: it was interrupted.")


def test_a_search_that_is_interrupted_in_its_range_test_says_so(capsys: Any) -> None:
    calls = itertools.count()

    def step_fn(model: Any, batch: Any) -> Any:
        if next(calls) == 12:
            raise KeyboardInterrupt
        return loss_of(model, batch)

    found, optimizer = searched(lr=None, step_fn=step_fn)
    assert rates(optimizer) == [0.1]
    assert (found.best_lr, found.cost, found.sweep.stop_reason) == (None, 0, "stopped")
    said = capsys.readouterr().err
    assert "Search:" not in said
    assert said.splitlines()[-1] == (
        "Stopped on request after 0 steps. Loss: your step_fn. Not applied: it was interrupted."
    )


def test_a_comparison_ends_with_its_verdict(capsys: Any) -> None:
    model = classifier()
    found = compare_lrs(model, loader(), sgd(model), [1e-3, 0.1], 8)
    assert last_line(capsys) == f"{found.sentence} Loss: {found.objective}."
    compare_lrs(model, loader(), sgd(model), [1e-3, 0.1], 8, progress=False)
    assert capsys.readouterr() == ("", "")


def test_groups_are_named_with_their_rates_and_many_are_counted() -> None:
    assert by_group(["body", "head"], [1e-3, 1e-3]) == ""
    assert by_group(["body", "head"], [None, 1e-2]) == "By group: body as it is, head 1e-2."
    many = by_group([str(n) for n in range(9)], [10.0**-n for n in range(9)])
    assert many == "By group: 0 1, 1 1e-1, 2 1e-2, 3 1e-3, 4 1e-4, 3 more, 8 1e-8."
