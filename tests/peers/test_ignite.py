"""Ignite's finder beside ours: the same steps, of which it writes down each rate one too late."""

from __future__ import annotations

import pytest

from tests.peers.page import averaged, both


def test_a_range_test_takes_the_same_steps() -> None:
    """Up to the rounding of its rates, where the optimizer has the first rate."""
    theirs, ours = both("Ignite", lr=1e-6)
    history, result = theirs["finder"].get_results(), ours["result"]
    assert len(result) == 100
    assert history["loss"][:100] == pytest.approx(averaged(result.losses), rel=1e-5)
    assert history["lr"][:99] == pytest.approx(result.lrs[1:].tolist(), rel=1e-12)


def test_the_suggestion_is_the_same_step_with_the_rate_after_it() -> None:
    theirs, ours = both("Ignite", lr=1e-6)
    lrs = ours["result"].lrs.tolist()
    assert theirs["suggested"] == pytest.approx(lrs[lrs.index(ours["suggested"]) + 1])
    for names in (theirs, ours):
        assert [group["lr"] for group in names["optimizer"].param_groups] == [names["suggested"]]


def test_its_first_step_is_taken_at_the_rate_that_the_optimizer_has() -> None:
    theirs, ours = both("Ignite", lr=0.1)
    first, second = theirs["finder"].get_results()["loss"][:2]
    assert first == ours["result"].losses[0]
    assert abs(second - averaged(ours["result"].losses)[1]) > 1e-4
