"""The data of a Lightning Trainer: a data module's, the module's own, or loaders."""

from __future__ import annotations

import importlib
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

import lightning.pytorch as pl
import pytest
from lightning.pytorch.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader

from lrfind_widget import lr_find, search_lr
from lrfind_widget.training.trainers import training_of
from lrfind_widget.training.trainers.lightning_stand_in import apart
from tests.peers.trainers.lightning_modules import (
    FEW,
    QUIET,
    Data,
    Net,
    Rates,
    fitted,
    loader,
    made,
)
from tests.unit.isolating import both_isolations
from tests.unit.toys import seed_everything
from tests.unit.user_state import state_of


class Own(Net):
    """Has its data itself."""

    def setup(self, stage: str) -> None:
        self.data = loader(40)

    def train_dataloader(self) -> Any:
        return self.data


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Net, Data),
        (Own, lambda: None),
        (Net, lambda: [loader(40)]),
        (Net, lambda: CombinedLoader(loader(40))),
        (Net, lambda: loader(40, num_workers=1, persistent_workers=True)),
    ],
    ids=["data module", "module", "list", "combined", "workers"],
)
@both_isolations
def test_the_data_comes_as_it_does_in_fit(kind: Any, data: Any, isolation: str) -> None:
    if data is not Data and kind is Net and type(data()) is not DataLoader:
        kind = Wrapped
    module, trainer, given = made(kind), pl.Trainer(max_epochs=3, **QUIET), data()
    parts = given if type(given) is list else [] if given is None else [given]
    before = state_of(module, *parts)
    result = lr_find(trainer, module, given, isolation=isolation, **FEW)
    assert state_of(module, *parts) == before
    assert result.losses.tolist() == fitted(result, made(kind), data()).losses()
    assert not hasattr(module, "data")


class Frozen(dict[str, int]):
    """Refuses to be written, and so to be copied as a dict is."""

    def _refuse(self, *_: Any) -> None:
        raise TypeError("frozen")

    __setitem__ = update = clear = _refuse  # type: ignore[assignment]


class Sealed(list[int]):
    def clear(self) -> None:
        raise TypeError("sealed")


class Noting(Data):
    """Writes into what it holds while it is set up, by a method that it has in an attribute too."""

    def __init__(self) -> None:
        super().__init__()
        self.save_hyperparameters({"set_up": 0})
        self.frozen, self.sealed = Frozen(a=1), Sealed([1])
        self.many = list(range(2000))
        self.named = OrderedDict(a=1)
        self.ones, self.order = {1}, deque([1])
        self.counts, self.groups = Counter("a"), defaultdict(list, a=[1])
        self.also = self.note

    def setup(self, stage: str) -> None:
        super().setup(stage)
        self.also()
        assert self.noted == self.frozen["a"]

    def note(self) -> None:
        self.noted = 1
        self.hparams["set_up"] += 1
        self.many.append(1)
        self.ones.add(2)
        self.order.append(2)
        self.named["b"] = 2
        self.counts["b"] += 1
        self.groups["b"].append(2)


@both_isolations
def test_what_a_data_module_notes_in_its_containers_stays_out_of_the_users(isolation: str) -> None:
    module, trainer, given = made(), pl.Trainer(max_epochs=3, **QUIET), Noting()
    before = state_of(given), dict(given.hparams)
    result = lr_find(trainer, module, given, isolation=isolation, **FEW)
    assert (state_of(given), dict(given.hparams)) == before
    assert result.losses.tolist() == fitted(result, made(), Noting()).losses()


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_of_a_data_modules_containers_what_they_hold_is_not_copied(package: str) -> None:
    data = importlib.import_module(package).LightningDataModule()
    data.save_hyperparameters({"size": 8})
    data.rows = [[1], [2]]
    copied: Any = apart(data)
    assert copied.hparams == data.hparams
    assert copied.hparams is not data.hparams
    assert copied.rows is not data.rows
    assert list(map(id, copied.rows)) == list(map(id, data.rows))


class Wrapped(Net):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        inner = batch[0] if isinstance(batch[0], (list, tuple)) else batch
        return super().training_step(inner, batch_idx)


@both_isolations
def test_the_validation_loss_is_of_the_data_module(isolation: str) -> None:
    given = pl.Trainer(max_epochs=3, **QUIET), made(), Data()
    result, plain = (
        lr_find(*given, isolation=isolation, **FEW, **more) for more in ({"val_loader": True}, {})
    )
    assert result.losses.tolist() == plain.losses.tolist()
    module, data = made(), Data()
    trainer = pl.Trainer(max_epochs=-1, max_steps=1, limit_val_batches=0, **QUIET)
    trainer.callbacks.insert(0, Rates(result.lrs.tolist()))
    seed_everything(2)
    trainer.fit(module, data)
    validated = pl.Trainer(**QUIET).validate(module, data.val_dataloader(), verbose=False)
    assert result.val_losses is not None
    assert result.val_losses[0] == pytest.approx(validated[0]["val_loss"], rel=1e-6)


def test_a_search_holds_back_a_part_of_a_loader_and_not_of_a_data_module() -> None:
    given: Any = {"lr": 0.05, "steps": 8, "hold_back": 0.2, "seed": 1, "progress": False}
    found = search_lr(pl.Trainer(**QUIET), made(), loader(80), **given)
    assert found.val_losses is not None
    with pytest.raises(ValueError, match=r"made in a Data\. Pass val_loader=True"):
        search_lr(pl.Trainer(**QUIET), made(), Data(), **given)
    can = [
        training_of(pl.Trainer(**QUIET), made(), data).can_hold_back for data in (loader(), Data())
    ]
    assert can == [True, False]


@both_isolations
def test_batches_without_a_loss_are_left_out(isolation: str) -> None:
    class Leaving(Net):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            return None if batch_idx == 1 else super().training_step(batch, batch_idx)

    result = lr_find(pl.Trainer(**QUIET), made(Leaving), loader(), isolation=isolation, **FEW)
    assert len(result) == 14
    assert "No loss was returned for 4 batches" in result.stop_sentence


def test_an_empty_loader_is_said_to_be_empty() -> None:
    with pytest.raises(ValueError, match="gave 0 batches"):
        lr_find(pl.Trainer(**QUIET), made(), DataLoader([]), **FEW)


def test_data_that_ends_ends_the_sweep() -> None:
    batches = iter(list(loader(40)))
    result = lr_find(pl.Trainer(**QUIET), made(), batches, num_it=20, progress=False)
    assert len(result) == 5
    assert "gave 5 batches and cannot be started again" in result.stop_sentence
