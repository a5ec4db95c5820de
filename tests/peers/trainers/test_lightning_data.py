"""The data of a Lightning Trainer: a data module's, the module's own, or loaders."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import pytest
from lightning.pytorch.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader

from lrfind_widget import lr_find, search_lr
from lrfind_widget.training.trainers import training_of
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
