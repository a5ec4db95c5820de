"""torch-lr-finder and MONAI's, which was made from it, beside ours: the same steps and losses."""

from __future__ import annotations

import pytest

from tests.peers.page import averaged, both


@pytest.mark.parametrize("finder", ["torch-lr-finder", "MONAI"])
def test_a_range_test_takes_the_same_steps(finder: str) -> None:
    """To the bit. Theirs takes one step more, at `end_lr` itself."""
    theirs, ours = both(finder)
    history, result = theirs["finder"].history, ours["result"]
    assert len(result) == 99
    assert history["lr"][:99] == result.lrs.tolist()
    assert history["lr"][99:] == [10]
    assert history["loss"][:99] == averaged(result.losses)
    assert theirs["suggested"] == ours["suggested"]


def test_validation_losses_are_the_same_on_a_linear_range_with_accumulation() -> None:
    """Up to the order in which the losses of batches are added."""
    theirs, ours = both("torch-lr-finder", 1)
    history, result = theirs["finder"].history, ours["result"]
    count = len(result)
    assert count > 20
    assert history["lr"][:count] == result.lrs.tolist()
    assert history["loss"][:count] == pytest.approx(averaged(result.val_losses), rel=1e-6)
