"""What a sweep leaves of a Lightning Trainer and its module: nothing, however it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest

from lrfind_widget import LRFinderWidget, Sweep
from lrfind_widget.outcomes import StopReason
from tests.peers.trainers.lightning_modules import QUIET, Net, left_by, loader, made
from tests.unit.isolating import both_isolations


def test_a_sweep_that_is_not_read_to_the_end_leaves_nothing() -> None:
    module, trainer = made(), pl.Trainer(**QUIET)
    before = left_by(trainer, module)
    points = iter(Sweep(trainer, module, loader(40), isolation="in_place", seed=2))
    for _ in range(3):
        next(points)
    points.close()
    assert left_by(trainer, module) == before


def test_the_widget_goes_on_from_there(tmp_path: Path) -> None:
    module, trainer = made(), pl.Trainer(**QUIET)
    before = left_by(trainer, module)
    widget = LRFinderWidget(trainer, module, loader(), num_it=30, seed=2, stop_div=False)
    for go_on in (widget.start, widget.refine, widget.extend):
        go_on()
        assert widget.wait(60)
        assert widget.error is None
    widget.compare([0.01, 0.1], steps=4)
    assert widget.wait(60)
    assert widget.comparison is not None
    widget.search(steps=4)
    assert widget.wait(60)
    assert widget.error is None
    assert left_by(trainer, module) == before
    widget.result.save(tmp_path / "result.json")
    widget.selected_lr = 0.03
    widget.apply()
    assert module.hparams["lr"] == 0.03
    widget.close()


class Failing(Net):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        if self.global_step == 3:
            raise ZeroDivisionError("on purpose")
        return super().training_step(batch, batch_idx)


@both_isolations
def test_an_error_is_the_one_that_was_raised(isolation: str) -> None:
    module, trainer = made(Failing), pl.Trainer(**QUIET)
    before = left_by(trainer, module)
    sweep = Sweep(trainer, module, loader(40), isolation=isolation)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        list(sweep)
    assert sweep.stop_reason is StopReason.FAILED
    assert "training_step raised ZeroDivisionError in step 4" in sweep.stop_sentence
    assert left_by(trainer, module) == before
