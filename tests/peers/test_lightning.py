"""Lightning's finder beside ours, which takes one step more at the start."""

from __future__ import annotations

import numpy as np
import pytest

from tests.peers.page import both


def test_a_range_test_takes_the_same_steps_but_for_the_second() -> None:
    """On one batch, so that a step has the same data there and here.

    All of ours but the second are taken; and the step that is missing, at 1e-7, moves the model
    by less than the losses show.
    """
    theirs, ours = both("Lightning", batch_size=256)
    results, result = theirs["finder"].results, ours["result"]
    shared = np.delete(np.arange(len(result)), 1)
    assert len(result) == len(results["lr"]) == 100
    assert results["lr"][:99] == pytest.approx(result.lrs[shared].tolist(), rel=1e-12)
    assert results["lr"][99] == 10
    expected = averaged_as_lightning(result.losses[shared])
    assert results["loss"][:99] == pytest.approx(expected, rel=1e-4)


def test_its_suggestion_is_that_of_our_rule_of_its_name() -> None:
    theirs, ours = both("Lightning", batch_size=256)
    assert ours["suggested"] == pytest.approx(theirs["suggested"])


def averaged_as_lightning(losses: np.ndarray, beta: float = 0.98) -> list[float]:
    """Return its average, whose bias is mended for one step too many."""
    average, smooth = 0.0, []
    for step, loss in enumerate(losses.tolist(), start=1):
        average = beta * average + (1 - beta) * loss
        smooth.append(average / (1 - beta ** (step + 1)))
    return smooth
