"""What a sweep leaves of a Learner: nothing, also after an error."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from fastai.basics import Callback

from lrfind_widget import Sweep
from tests.peers.trainers.learners import CASES, RANGE, learner, left_by, trained
from tests.unit.isolating import both_isolations


@both_isolations
@pytest.mark.parametrize(
    "case", ["plain", "saving", "trained before", "logged before", "accumulated before"]
)
def test_nothing_is_left_behind(case: str, isolation: Any, tmp_path: Path, capfd: Any) -> None:
    learn = CASES[case](tmp_path)
    before = left_by(learn)
    folders = set(Path(tempfile.gettempdir()).glob("lrfind_widget_*"))
    capfd.readouterr()
    sweep = Sweep(learn, isolation=isolation, val_loader=True, **RANGE)
    assert len(list(sweep)) > 5
    assert sweep.receipt.identical, sweep.receipt
    assert left_by(learn) == before
    assert not hasattr(learn, "lr_finder")
    assert set(Path(tempfile.gettempdir()).glob("lrfind_widget_*")) <= folders
    assert capfd.readouterr() == ("", "")


@both_isolations
def test_an_error_leaves_nothing_behind(isolation: Any, tmp_path: Path) -> None:
    class Failing(Callback):
        def after_loss(self) -> None:
            if self.train_iter == 4:
                raise RuntimeError("no more")

    learn = trained(learner(tmp_path))
    learn.add_cb(Failing())
    before = left_by(learn)
    sweep = Sweep(learn, isolation=isolation, **RANGE)
    with pytest.raises(RuntimeError, match="no more"):
        list(sweep)
    assert left_by(learn) == before
    assert sweep.receipt.identical, sweep.receipt
    assert "in step 5 of 14: Exception occured in `Failing`" in sweep.stop_sentence
