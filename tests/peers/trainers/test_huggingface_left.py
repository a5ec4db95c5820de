"""What a sweep of a Trainer leaves: the trainer as it was, and the rate where it is read."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import GradientState
from torch.utils.data import Dataset
from transformers import Trainer

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find, search_lr
from lrfind_widget.training.trainers import training_of
from tests.peers.trainers.hf import Saves, dpo, examples, sft, shuffled_stream, trained, trainer
from tests.unit.isolating import both_isolations
from tests.unit.user_state import described, state_of

MAKERS: dict[str, Any] = {
    "new": lambda folder: trainer(folder, callbacks=[Saves()]),
    "trained before": lambda folder: trained(trainer(folder, bf16=True)),
    "SFT": lambda folder: sft(folder, gradient_checkpointing=True, neftune_noise_alpha=1.0),
    "DPO": dpo,
}


def left_by(trainer: Any, folder: Path) -> Any:
    """Return what a sweep could leave behind: in what a trainer is made of, and in its folder."""
    parts = [
        *(trainer, trainer.model, trainer.state, trainer.control, trainer.args),
        *(trainer.callback_handler, *trainer.callback_handler.callbacks, trainer.data_collator),
        *(trainer.accelerator, trainer.optimizer, trainer.lr_scheduler),
        getattr(trainer.optimizer, "optimizer", None),
    ]
    states = state_of(*(part for part in parts if hasattr(part, "__dict__")))
    process = described(GradientState._shared_state)
    return states, process, sorted(folder.rglob("*"))


@both_isolations
@pytest.mark.parametrize("maker", MAKERS)
def test_nothing_is_left_behind(maker: str, isolation: Any, tmp_path: Path) -> None:
    given = MAKERS[maker](tmp_path)
    before = left_by(given, tmp_path)

    list(Sweep(given, num_it=12, isolation=isolation))
    assert left_by(given, tmp_path) == before
    for _ in Sweep(given, num_it=12, isolation=isolation):  # not read to its end
        break
    assert left_by(given, tmp_path) == before
    compare_lrs(given, lrs=[1e-3, 1e-2], steps=4, isolation=isolation, progress=False)
    assert left_by(given, tmp_path) == before


@both_isolations
def test_nothing_is_left_after_an_error(isolation: Any, tmp_path: Path) -> None:
    class Broken(list):
        def __getitem__(self, place: int) -> Any:
            if reads.append(place) or len(reads) > 40:
                raise OSError("the disk is gone")
            return super().__getitem__(place)

    reads: list[int] = []
    given = trainer(tmp_path, train_dataset=Broken(examples()))
    before = left_by(given, tmp_path)
    sweep = Sweep(given, num_it=12, isolation=isolation)
    with pytest.raises(OSError, match="the disk is gone"):
        list(sweep)
    assert "The dataloader raised OSError in step" in sweep.stop_sentence
    reads.clear()
    assert left_by(given, tmp_path) == before


@both_isolations
def test_training_afterwards_is_what_it_would_have_been(isolation: Any, tmp_path: Path) -> None:
    def weights(*, swept: bool) -> Any:
        given = trainer(tmp_path, max_steps=6)
        if swept:
            list(Sweep(given, num_it=12, seed=9, isolation=isolation))
        given.train()
        return [value.tolist() for value in given.model.state_dict().values()]

    assert weights(swept=True) == weights(swept=False)


@pytest.mark.parametrize("maker", ["new", "trained before"])
def test_the_first_rate_that_is_logged_is_the_one_applied(maker: str, tmp_path: Path) -> None:
    given = MAKERS[maker](tmp_path)
    widget = LRFinderWidget(given, num_it=20, auto_start=False)
    widget.start()
    widget.wait()
    widget.select(0.0123)
    widget.apply()
    widget.close()
    assert given.args.learning_rate == 0.0123
    assert (given.optimizer is None) == (maker == "new")
    given.args.max_steps, given.args.logging_steps = 3, 1
    given.args.logging_strategy = "steps"
    given.train()
    logged = [log["learning_rate"] for log in given.state.log_history if "learning_rate" in log]
    assert logged[0] == 0.0123


class Shares(Trainer):
    """Trains its body at a tenth of the rate."""

    share = 0.1

    def create_optimizer(self, model: Any = None) -> Any:
        lr = self.args.learning_rate if self.share else 1.0
        body, head = self.model.net[0].parameters(), self.model.net[3].parameters()
        groups = [{"params": body, "lr": lr * (self.share or 1)}, {"params": head}]
        self.optimizer = torch.optim.SGD(groups, lr)
        return self.optimizer


class Fixed(Shares):
    share = 0.0


def of_class(folder: Path) -> Any:
    given = trainer(folder)
    given.optimizer_cls_and_kwargs = torch.optim.Adagrad, {"lr": 0.5}
    return given


@pytest.mark.parametrize("make", [partial(trainer, kind=Shares), of_class])
def test_the_rate_is_written_so_that_the_first_group_gets_it(make: Any, tmp_path: Path) -> None:
    given = make(tmp_path)
    found = lr_find(given, num_it=60, seed=1, apply=True, progress=False)
    assert given.optimizer is None
    assert found.suggested_lr
    first = given.create_optimizer().param_groups[0]
    assert first["lr"] == pytest.approx(found.suggested_lr)


def test_a_rate_that_no_optimizer_would_read_is_not_said_to_be_applied(
    tmp_path: Path, capsys: Any
) -> None:
    given = trainer(tmp_path, kind=Fixed, learning_rate=3e-4)
    lr_find(given, num_it=60, seed=1, apply=True)
    assert "create_optimizer does not read args.learning_rate" in capsys.readouterr().err
    assert given.args.learning_rate == 3e-4
    assert given.optimizer is None


def test_groups_with_ranges_of_their_own_need_the_optimizer_that_is_made(tmp_path: Path) -> None:
    given = trainer(tmp_path, weight_decay=0.1)
    ranges = {"start_lr": [1e-6, 1e-5], "end_lr": [1e-1, 1.0]}
    widget = LRFinderWidget(given, num_it=8, auto_start=False, **ranges)
    widget.start()
    widget.wait()
    widget.select(1e-3)
    assert widget.apply()[1] == [1e-3, 1e-3]
    assert "trainer.create_optimizer()" in widget.state.message
    given.create_optimizer()
    assert widget.apply()[1] == pytest.approx([1e-3, 1e-2])
    widget.close()


def test_a_large_data_set_is_not_looked_through_and_its_counters_come_back(tmp_path: Path) -> None:
    class Counted(Dataset):
        def __init__(self) -> None:
            self.examples, self.reads = examples(1500), 0

        def __len__(self) -> int:
            return len(self.examples)

        def __getitem__(self, place: int) -> Any:
            self.reads += 1
            return self.examples[place]

    given = trainer(tmp_path, train_dataset=Counted())
    result = lr_find(given, num_it=60, seed=1, stop_div=False, progress=False)
    assert result.critical_lr is not None, result.critical_note
    (kept,) = [item for item in result.receipt.items if item.category.startswith("kept")]
    assert kept.compared < 200
    assert given.train_dataset.reads == 0


@both_isolations
def test_the_epoch_of_a_stream_comes_back(isolation: Any, tmp_path: Path) -> None:
    given = trainer(tmp_path, train_dataset=shuffled_stream(), max_steps=12)
    given.train_dataset.set_epoch(7)
    lr_find(given, num_it=12, isolation=isolation, progress=False)
    assert given.train_dataset.epoch == 7


def test_a_script_applies_it_too(tmp_path: Path) -> None:
    given = trainer(tmp_path)
    found = lr_find(given, num_it=100, seed=1, apply=True, progress=False)
    assert given.args.learning_rate == found.suggested_lr is not None
    search = search_lr(given, lr=1e-2, steps=40, seed=1, apply=True, progress=False)
    assert search.ending != "untrained"
    assert given.args.learning_rate == search.best_lr
    assert given.optimizer is None


def test_the_validation_loss_is_that_of_its_own_evaluation(tmp_path: Path) -> None:
    given = trainer(tmp_path, per_device_eval_batch_size=8)
    points = list(Sweep(given, num_it=5, seed=1, val_loader=True, start_lr=1e-9, end_lr=1e-8))
    losses = [point.val_loss for point in points]
    assert losses == pytest.approx([given.evaluate()["eval_loss"]] * 5, rel=1e-5)


def test_a_widget_on_a_trainer_says_what_is_trained(tmp_path: Path) -> None:
    given = trainer(tmp_path, learning_rate=3e-4)
    with contextlib.closing(LRFinderWidget(given, auto_start=False)) as widget:
        assert widget.selected_lr == 3e-4


@pytest.mark.parametrize(
    ("changes", "keywords", "error", "words"),
    [
        ({}, {"loss_fn": max}, ValueError, "loss_fn was given beside a Trainer, which says this"),
        ({}, {"accumulate": 2}, ValueError, "accumulate was given beside a Trainer"),
        ({}, {"amp": "bf16"}, ValueError, "amp was given beside a Trainer.*Leave amp out"),
        ({}, {"dataloader": []}, TypeError, "given with a list. Pass the Trainer alone"),
        ({"train_dataset": None}, {}, ValueError, "no training data. Make it with train_dataset"),
        ({"train_dataset": []}, {}, ValueError, "no training data. Make it with train_dataset"),
        ({"eval_dataset": None}, {"val_loader": True}, ValueError, "it has none. Make it with"),
        (
            {"eval_dataset": {"a": examples(8), "b": examples(8)}},
            {"val_loader": True},
            ValueError,
            r"Choose one: val_loader=trainer.get_eval_dataloader\('a'\)",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_to_do(
    changes: Any, keywords: Any, error: Any, words: str, tmp_path: Path
) -> None:
    given = trainer(tmp_path, **changes)
    before = left_by(given, tmp_path)
    with pytest.raises(error, match=words):
        lr_find(given, **keywords)
    assert left_by(given, tmp_path) == before


def test_to_hold_data_back_is_refused_with_what_to_do(tmp_path: Path) -> None:
    given = trainer(tmp_path)
    with pytest.raises(ValueError, match="eval_dataset and pass val_loader=True"):
        search_lr(given, hold_back=0.2)
    assert not training_of(given).can_hold_back
