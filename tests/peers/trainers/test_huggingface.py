"""A Trainer of Hugging Face: its own updates, to the bit, and nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find, search_lr
from tests.peers.trainers.hf import language, own_losses, trainer

CASES: dict[str, Any] = {
    "plain": trainer,
    "accumulation": lambda folder: trainer(folder, gradient_accumulation_steps=2),
    "an odd end": lambda folder: trainer(folder, gradient_accumulation_steps=3),
    "tokens": lambda folder: language(folder, gradient_accumulation_steps=2),
}


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("case", CASES)
def test_its_losses_are_those_of_train(case: str, isolation: Any, tmp_path: Path) -> None:
    swept = CASES[case](tmp_path)
    sweep = Sweep(
        swept, start_lr=1e-5, end_lr=1.0, num_it=24, seed=5, stop_div=False, isolation=isolation
    )
    points = list(sweep)

    assert sweep.isolation_sentence.startswith(
        "Trained on a copy" if isolation == "copy" else "Trained in place"
    )
    assert sweep.receipt is not None
    assert sweep.receipt.identical, sweep.receipt.sentence
    expected = own_losses(CASES[case](tmp_path), [point.lr for point in points], seed=5)
    assert [point.loss for point in points] == expected


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_everything_that_takes_a_model_takes_it(isolation: Any, tmp_path: Path) -> None:
    given = trainer(tmp_path)
    quiet = {"isolation": isolation, "progress": False, "seed": 1}
    found = lr_find(given, num_it=20, repeats=2, **quiet)
    assert found.objective == "the Trainer's own loss"
    compared = compare_lrs(given, lrs=[1e-4, 1e-2], steps=6, **quiet)
    searched = search_lr(given, lr=1e-2, steps=8, val_loader=True, **quiet)
    assert compared.losses.shape == (2, 6)
    assert searched.val_losses is not None
    for result in (found, compared, searched):
        assert result.receipt.identical, result.receipt.sentence
    widget = LRFinderWidget(given, num_it=20, isolation=isolation, auto_start=False)
    widget.start()
    widget.wait()
    assert widget.error is None
    assert len(widget.result.lrs) == 20
    widget.close()
