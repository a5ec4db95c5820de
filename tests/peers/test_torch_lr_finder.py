"""torch-lr-finder beside ours: the same steps, the same losses."""

from __future__ import annotations

from tests.peers.page import averaged, pairs, run

RANGE_TEST = pairs("torch-lr-finder")[0]


def test_the_range_test_takes_the_same_steps() -> None:
    """Theirs takes one step more, at `end_lr` itself."""
    theirs, ours = (run(code) for code in RANGE_TEST)
    history, result = theirs["finder"].history, ours["result"]
    count = result.lrs.size
    assert history["lr"][:count] == result.lrs.tolist()
    assert history["loss"][:count] == averaged(result.losses)
