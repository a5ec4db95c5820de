"""A Trainer of Hugging Face, or one made from it: its own updates, to the bit."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find, search_lr
from tests.peers.trainers.hf import (
    Anneals,
    Saves,
    Stops,
    Stream,
    dpo,
    language,
    lora,
    loss_of_tokens,
    own_losses,
    sft,
    shuffled_stream,
    trained,
    trainer,
)
from tests.unit.isolating import both_isolations

CASES: dict[str, Any] = {
    "plain": trainer,
    "accumulation": partial(trainer, gradient_accumulation_steps=2),
    "accumulation with an odd end": partial(trainer, gradient_accumulation_steps=3),
    "a stream": lambda folder: trainer(
        folder, train_dataset=Stream(), gradient_accumulation_steps=4, max_steps=1
    ),
    "a stream that shuffles": lambda folder: trainer(
        folder, train_dataset=shuffled_stream(), max_steps=12
    ),
    "clipping": partial(trainer, max_grad_norm=0.05),
    "no clipping": partial(trainer, max_grad_norm=0.0),
    "workers": partial(trainer, dataloader_num_workers=1, dataloader_persistent_workers=True),
    "a loss that anneals": partial(
        trainer, kind=Anneals, gradient_accumulation_steps=3, max_steps=12
    ),
    "a stream, a loss that anneals": lambda folder: trainer(
        folder, Anneals, train_dataset=Stream(), gradient_accumulation_steps=4, max_steps=12
    ),
    "callbacks": lambda folder: trainer(folder, callbacks=[Saves()]),
    "trained before": lambda folder: trained(trainer(folder)),
    "token counts": partial(language, gradient_accumulation_steps=2),
    "bf16": partial(language, bf16=True, gradient_accumulation_steps=2),
    "bf16, trained before": lambda folder: trained(language(folder, bf16=True)),
    "label smoothing": partial(language, label_smoothing_factor=0.1, gradient_accumulation_steps=3),
    "checkpointing": partial(language, gradient_checkpointing=True),
    "compute_loss_func": partial(
        language, compute_loss_func=loss_of_tokens, gradient_accumulation_steps=2
    ),
    "NEFTune": partial(language, neftune_noise_alpha=5.0),
    "Adafactor": partial(language, optim="adafactor"),
    "LoRA": partial(language, peft=lora()),
    "LoRA, bf16": partial(language, peft=lora(), bf16=True),
    "SFT": partial(sft, gradient_accumulation_steps=2),
    "SFT, LoRA": partial(sft, peft=lora()),
    "SFT, bf16, trained before": lambda folder: trained(sft(folder, bf16=True)),
    "DPO": dpo,
    "DPO, bf16": partial(dpo, bf16=True),
    "DPO, LoRA": partial(dpo, peft=lora(), gradient_accumulation_steps=2),
}


@both_isolations
@pytest.mark.parametrize("case", CASES)
def test_its_losses_are_those_of_train(case: str, isolation: Any, tmp_path: Path) -> None:
    range_ = {"start_lr": 1e-5, "end_lr": 1.0, "num_it": 12, "stop_div": False}
    sweep = Sweep(CASES[case](tmp_path), seed=5, isolation=isolation, **range_)
    points = list(sweep)

    how = "Trained on a copy" if isolation == "copy" else "Trained in place"
    assert sweep.isolation_sentence.startswith(how)
    assert sweep.receipt is not None
    assert sweep.receipt.identical, sweep.receipt.sentence
    expected = own_losses(CASES[case](tmp_path), [point.lr for point in points], seed=5)
    assert [point.loss for point in points] == expected


def test_a_callback_that_stops_the_training_does_not_stop_the_sweep(tmp_path: Path) -> None:
    losses = [p.loss for p in Sweep(trainer(tmp_path, callbacks=[Stops()]), num_it=9, seed=5)]
    alone = [p.loss for p in Sweep(trainer(tmp_path), num_it=9, seed=5)]
    assert losses == alone
    assert len(losses) == 9


@both_isolations
def test_everything_that_takes_a_model_takes_it(isolation: Any, tmp_path: Path) -> None:
    given = trainer(tmp_path, gradient_accumulation_steps=2)
    quiet = {"isolation": isolation, "progress": False, "seed": 1}
    found = lr_find(given, num_it=20, repeats=2, **quiet)
    compared = compare_lrs(given, lrs=[1e-4, 1e-2], steps=6, **quiet)
    searched = search_lr(given, lr=1e-2, steps=8, val_loader=True, **quiet)
    assert found.objective == compared.objective == "the Trainer's own loss"
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


@both_isolations
def test_a_training_at_one_rate_sees_what_train_sees(isolation: Any, tmp_path: Path) -> None:
    quiet = {"isolation": isolation, "progress": False, "seed": 1}
    make = partial(trainer, tmp_path, gradient_accumulation_steps=3)
    compared = compare_lrs(make(), lrs=[1e-3, 1e-2], steps=8, **quiet)
    for lr, losses in zip(compared.lrs, compared.losses, strict=True):
        assert losses.tolist() == own_losses(make(), [lr] * 8, seed=1)


def test_trainings_side_by_side_see_what_train_sees(tmp_path: Path) -> None:
    def make() -> Any:
        given = trainer(tmp_path, gradient_accumulation_steps=3)
        given.model.net[2].p = 0.0  # else loader and dropout draw from one stream in `train`
        return given

    searched = search_lr(make(), lr=1e-2, steps=8, seed=1, progress=False)
    for lr, losses, taken in zip(searched.lrs, searched.losses, searched.taken, strict=True):
        assert losses[:taken].tolist() == own_losses(make(), [lr] * 8, seed=1)[:taken]


def test_the_critical_rate_is_found_and_leaves_the_losses_as_they_are(tmp_path: Path) -> None:
    make = partial(language, tmp_path, gradient_accumulation_steps=2)
    result = lr_find(make(), num_it=60, end_lr=1.0, seed=5, stop_div=False, progress=False)
    assert result.critical_lr is not None
    assert result.losses.tolist() == own_losses(make(), result.lrs.tolist(), seed=5)
