"""Parameter groups that sweep ranges of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lrfind_widget import LRFinderWidget
from tests.widget.hands import press
from tests.widget.shown import bars, chart
from tests.widget.training import batches, classifier

pytestmark = pytest.mark.usefixtures("quick")

STARTS, ENDS = [1e-6, 1e-4], [1e-2, 1.0e-1]

Swept = tuple[LRFinderWidget, torch.optim.Optimizer]


def beside(lr: float) -> float:
    """The rate of the head where the body has `lr`."""
    return float(1e-4 * (lr / 1e-6) ** 0.75)


def rates(optimizer: torch.optim.Optimizer) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


@pytest.fixture
def swept(make: Any) -> Callable[..., Swept]:
    """Make widgets over a body and a head, and sweep with them."""

    def made(**given: Any) -> Swept:
        model = classifier()
        body, head = list(model[0].parameters()), list(model[4].parameters())  # type: ignore[index]
        groups = [{"params": body, "name": "body"}, {"params": head, "name": "head"}]
        optimizer = torch.optim.Adam(groups, lr=1e-3)
        ranges = {"start_lr": STARTS, "end_lr": ENDS} | given
        widget = make(model, batches(), optimizer, num_it=40, seed=0, stop_div=False, **ranges)
        widget.start()
        widget.wait(60)
        return widget, optimizer

    return made


def test_the_axis_is_the_recorded_groups_and_says_where_the_other_goes(swept: Any) -> None:
    widget, _ = swept()
    axes = chart(widget).axes
    assert (axes.lo, axes.hi) == (1e-6, 1e-2)
    assert axes.x_label == "learning rate of group body (group head from 1e-4 to 1e-1)"


def test_apply_writes_the_rate_of_each_group(swept: Any) -> None:
    widget, optimizer = swept()
    widget.selected_lr = 1e-4
    press(widget, "Apply")
    assert rates(optimizer) == pytest.approx([1e-4, beside(1e-4)])
    assert bars(widget).choice.message.startswith("Applied to 2 parameter groups: 1e-3 to 1e-4, ")


def test_the_optimizer_follows_the_marker_with_all_groups(swept: Any) -> None:
    widget, optimizer = swept(auto_apply=True)
    widget.selected_lr = 1e-5
    assert rates(optimizer) == pytest.approx([1e-5, beside(1e-5)])


@pytest.mark.parametrize("command", ["refine", "extend"])
def test_what_is_added_to_the_curve_goes_on_along_the_ranges(swept: Any, command: str) -> None:
    widget, _ = swept()
    before = widget.result
    if command == "refine":
        widget.refine(1e-5, 1e-3, 40)
    else:
        widget.extend(0.1)
    after = widget.wait(60)
    assert after.parts is not None
    assert len(after) > len(before)
    assert after.settings["groups"] == before.settings["groups"]
    assert after.stop_sentence.count("took other losses") == 0
    assert after.group_lrs(0.1) == pytest.approx((0.1, beside(0.1)))


def test_a_sweep_with_other_ranges_is_applied_and_added_to_along_those(swept: Any) -> None:
    widget, optimizer = swept()
    widget.start(start_lr=[1e-6, 1e-6], end_lr=[1e-2, 1e-2])
    widget.wait(60)
    widget.selected_lr = 1e-4
    widget.apply()
    assert rates(optimizer) == [1e-4, 1e-4]
    widget.extend()
    assert widget.wait(60).group_lrs(0.05) == (0.05, 0.05)


def test_ranges_given_for_one_run_are_those_of_its_comparison(swept: Any) -> None:
    widget, _ = swept(start_lr=1e-6, end_lr=1e-2)
    widget.start(start_lr=STARTS, end_lr=ENDS)
    widget.wait(60)
    assert widget.result.group_lrs(1e-4) == pytest.approx((1e-4, beside(1e-4)))
    widget.compare([1e-4], steps=3)
    assert widget.wait(60).settings["groups"] == widget.result.settings["groups"]


@pytest.mark.parametrize("groups", ["head", 1])
def test_a_run_of_one_group_is_applied_to_that_one_only(swept: Any, groups: Any) -> None:
    widget, optimizer = swept(start_lr=1e-6, end_lr=1e-2)
    widget.start(groups=groups)
    widget.wait(60)
    widget.selected_lr = 1e-4
    widget.apply()
    assert rates(optimizer) == [1e-3, 1e-4]


def test_runs_over_other_ranges_are_told_apart_by_them(swept: Any) -> None:
    widget, _ = swept()
    widget.start(start_lr=[1e-6, 1e-5])
    widget.wait(60)
    names = [run["name"] for run in bars(widget).settings.runs]
    assert names == [
        "Run 1: groups [1e-6, 1e-4] to [1e-2, 1e-1]",
        "Run 2: groups [1e-6, 1e-5] to [1e-2, 1e-1]",
    ]


def test_ranges_that_do_not_fit_the_groups_are_refused_at_once(make: Any) -> None:
    with pytest.raises(ValueError, match="start_lr has 2 rates, and the optimizer 1 parameter"):
        make(start_lr=[1e-6, 1e-5])


def test_the_range_that_is_extended_goes_on_with_the_end_of_the_axis(swept: Any) -> None:
    """As in fastai v1 no step is taken at `end_lr`: it is the first of what comes after."""
    widget, _ = swept(start_lr=1e-6, end_lr=1e-2)
    end = chart(widget).axes.hi
    assert end == widget.result.ends[1] == 1e-2
    assert widget.result.lrs[-1] == pytest.approx(1e-2 / 10**0.1)
    widget.extend()
    joined = widget.wait(60)
    assert joined.lrs[40] == pytest.approx(end)
    assert chart(widget).axes.hi == joined.ends[1] == pytest.approx(0.1)
