"""A LightningModule by itself, beside a bare loop over its steps and beside its Trainer."""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
import torchmetrics
from lightning.pytorch.utilities.combined_loader import CombinedLoader
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from lrfind_widget import compare_lrs, lr_find, search_lr
from lrfind_widget.isolation.joined_loader import joined
from tests.unit.isolating import both_isolations
from tests.unit.toys import seed_everything
from tests.unit.user_state import state_of

FEW: dict[str, Any] = {"num_it": 50, "stop_div": False, "progress": False}


class Classifier(pl.LightningModule):
    """Logs, prints and asks for its Trainer, as modules do."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
        )
        self.accuracy = torchmetrics.Accuracy("multiclass", num_classes=3)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.net(inputs)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        inputs, target = batch
        output = self(inputs)
        loss = F.cross_entropy(output, target) + 0.01 * batch_idx
        self.log("train_loss", loss, prog_bar=True)
        self.log("accuracy", self.accuracy(output, target))
        self.log_dict({"lr": self.optimizers().param_groups[0]["lr"], "epoch": self.current_epoch})
        self.print("a step")
        if self.logger is not None and self.trainer.is_global_zero:
            self.logger.experiment.add_scalar("loss", loss, self.global_step)
        return {"loss": loss, "output": output.detach()}

    def validation_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        inputs, target = batch
        loss = F.cross_entropy(self(inputs), target) + batch_idx + 10 * dataloader_idx
        self.log_dict({"val_loss": loss, "sanity": float(self.trainer.sanity_checking)})

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), lr=self.hparams["lr"])


def module(kind: type[Classifier] = Classifier) -> Classifier:
    torch.manual_seed(7)
    return kind()


def loader(examples: int = 40, **options: Any) -> DataLoader[Any]:
    inputs = torch.randn(examples, 4, generator=torch.Generator().manual_seed(3))
    return DataLoader(TensorDataset(inputs, (inputs[:, 0] > 0).long()), 8, **options)


def numbered(batches: Any) -> Iterator[tuple[Any, int]]:
    while True:
        yield from ((batch, number) for number, batch in enumerate(batches))


def bare(model: Any, batches: Any, optimizer: Any, lrs: Any) -> Iterator[float]:
    """Yield the losses of a loop that calls `training_step`."""
    model.log = model.log_dict = model.print = lambda *_, **__: None
    model.optimizers = lambda: optimizer
    model.train()
    for lr, (batch, number) in zip(lrs, numbered(batches), strict=False):
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        loss = model.training_step(batch, number)["loss"]
        loss.backward()
        optimizer.step()
        yield loss.item()


@both_isolations
def test_the_losses_are_those_of_a_bare_loop_in_silence(isolation: str, capsys: Any) -> None:
    model = module()
    optimizer = model.configure_optimizers()
    before = state_of(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = lr_find(
            *(model, loader(shuffle=True), optimizer), seed=5, isolation=isolation, **FEW
        )
    assert capsys.readouterr() == ("", "")
    assert state_of(model) == before
    assert found.receipt is not None
    assert found.receipt.identical
    assert found.critical_lr
    assert found.objective == "your training_step"

    twin = module()
    adam = twin.configure_optimizers()
    seed_everything(5)
    expected = list(bare(twin, loader(shuffle=True), adam, found.lrs.tolist()))
    assert found.losses.tolist() == expected


class Recording(Classifier):
    """Keeps the losses that its Trainer trains with; has no Trainer's optimizer to log."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__(lr)
        self.seen: list[float] = []

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        inputs, target = batch
        loss = F.cross_entropy(self(inputs), target) + 0.01 * batch_idx
        self.log("train_loss", loss)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.seen.append(outputs["loss"].item())


def fit(model: pl.LightningModule, batches: Any, steps: int, **options: Any) -> pl.Trainer:
    quiet: dict[str, Any] = dict.fromkeys(
        ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
    )
    trainer = pl.Trainer(max_steps=steps, accelerator="cpu", **quiet, **options)
    trainer.fit(model, batches)
    return trainer


@pytest.mark.parametrize(
    "loaders",
    [
        lambda: loader(),
        lambda: {"a": loader(24), "b": loader(40)},
        lambda: [loader(40), loader(16)],
        lambda: CombinedLoader([loader(40), loader(16)], "min_size"),
        lambda: CombinedLoader(loader()),
    ],
)
def test_the_losses_at_a_rate_are_those_of_the_trainer(loaders: Any) -> None:
    class Several(Recording):
        def training_step(self, batch: Any, batch_idx: int) -> Tensor:
            parts = batch.values() if isinstance(batch, dict) else batch
            several = (
                parts
                if not isinstance(parts[0] if isinstance(parts, list) else None, Tensor)
                else [parts]
            )
            losses = [Recording.training_step(self, part, batch_idx) for part in several]
            return torch.stack(losses).sum()

    model = module(Several)
    found = compare_lrs(
        *(model, loaders(), model.configure_optimizers(), [0.1]), steps=13, seed=2, progress=False
    )
    trained = module(Several)
    seed_everything(2)
    fit(trained, loaders(), 13)
    assert found.losses[0].tolist() == trained.seen


def test_a_compiled_module_hides_its_training_step() -> None:
    model = module()
    given = torch.compile(model, backend="eager"), loader(), model.configure_optimizers()
    with pytest.raises(
        ValueError, match=r"torch.compile makes of a Classifier.*itself, or step_fn="
    ):
        lr_find(*given, **FEW)
    assert lr_find(*given, loss_fn=F.cross_entropy, **FEW).steps[-1] == 49


@both_isolations
def test_a_module_that_was_trained_before_is_swept_as_it_is_now(isolation: str) -> None:
    model = module(Recording)
    trainer = fit(model, loader(), 3)
    assert model.trainer is trainer
    before = state_of(model)
    found = lr_find(
        *(model, loader(), model.configure_optimizers()), isolation=isolation, seed=1, **FEW
    )
    assert found.receipt is not None
    assert found.receipt.identical
    assert state_of(model) == before
    assert model.trainer is trainer
    assert trainer.global_step == 3

    twin = module(Recording)
    fit(twin, loader(), 3)
    twin.trainer = None  # type: ignore[assignment]
    torch.manual_seed(1)

    def step(batch: Any, number: int) -> dict[str, Tensor]:
        return {"loss": Recording.training_step(twin, batch, number)}

    twin.training_step = step  # type: ignore[method-assign,assignment]
    lrs = found.lrs.tolist()
    assert found.losses.tolist() == list(bare(twin, loader(), twin.configure_optimizers(), lrs))


class Paced(Recording):
    """Reads from its Trainer what a sweep does not know."""

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        whole = self.trainer.max_steps + self.trainer.num_training_batches
        assert self.trainer.model is self
        return super().training_step(batch, batch_idx) * (1 + self.global_step / whole)


@both_isolations
def test_a_trainer_that_is_attached_is_asked(isolation: str) -> None:
    model = module(Paced)
    given = loader(), model.configure_optimizers()
    with pytest.raises(AttributeError, match=r"self\.trainer\.max_steps, .*step_fn="):
        lr_find(model, *given, isolation=isolation, **FEW)
    fit(model, loader(), 9)
    twin = copy.deepcopy(model)
    found = compare_lrs(
        *(model, loader(), model.configure_optimizers(), [0.1]),
        steps=9,
        seed=1,
        isolation=isolation,
        progress=False,
    )
    seed_everything(1)
    twin.seen = []
    fit(twin, loader(), 9)
    assert found.losses[0].tolist() == twin.seen


def validated(model: Classifier, val_loader: Any, **options: Any) -> Tensor:
    model.net[1] = nn.Identity()  # whose statistics a step would move
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    found = lr_find(
        *(model, loader(), optimizer),
        val_loader=val_loader,
        **{**FEW, "num_it": 3, "end_lr": 2e-7},
        **options,
    )
    return torch.tensor(found.val_losses)


def in_eval(model: Classifier, batches: Any) -> list[float]:
    """Return the loss of each batch, without a step."""
    model.net[1] = nn.Identity()
    model.eval()
    with torch.no_grad():
        return [F.cross_entropy(model(x), y).double().item() for x, y in batches]


@both_isolations
def test_what_validation_step_logs_is_the_validation_loss(isolation: str) -> None:
    losses = in_eval(module(), loader(24))
    expected = sum(loss + number for number, loss in enumerate(losses)) / len(losses)
    found = validated(module(), loader(24), isolation=isolation)
    assert found.tolist() == pytest.approx([expected] * 3, rel=1e-5)


def test_several_val_loaders_are_told_apart() -> None:
    first, second = in_eval(module(), loader(24)), in_eval(module(), loader(16))
    expected = [loss + number for number, loss in enumerate(first)]
    expected += [10 + loss + number for number, loss in enumerate(second)]
    found = validated(module(), [loader(24), loader(16)])
    assert found.tolist() == pytest.approx([sum(expected) / 5] * 3, rel=1e-5)


@pytest.mark.parametrize(
    "give", [lambda x: x, lambda x: {"loss": x}, lambda x: {"val": x, "loss": x}]
)
def test_what_validation_step_returns_is_the_validation_loss(give: Any) -> None:
    class Returning(Classifier):
        def validation_step(self, batch: Any, batch_idx: int) -> Any:
            return give(F.cross_entropy(self(batch[0]), batch[1]))

    losses = in_eval(module(), loader(24))
    found = validated(module(Returning), loader(24))
    assert found.tolist() == pytest.approx([sum(losses) / 3] * 3, rel=1e-5)


class Manual(Recording):
    """Does its own update."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__(lr)
        self.automatic_optimization = False

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        optimizer = self.optimizers()
        self.toggle_optimizer(optimizer)
        loss = super().training_step(batch, 0)
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimizer, gradient_clip_val=0.3, gradient_clip_algorithm="norm")
        optimizer.step()
        self.untoggle_optimizer(optimizer)
        self.seen.append(loss.item())
        return loss

    def on_before_backward(self, loss: Tensor) -> None:
        self.share = torch.rand(())

    def backward(self, loss: Tensor) -> None:
        (self.share * loss).backward()

    def on_after_backward(self) -> None:
        for parameter in self.parameters():
            parameter.grad.mul_(0.9)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Is run by the Trainer alone."""


@both_isolations
def test_a_manual_update_is_that_of_the_trainer(isolation: str) -> None:
    model = module(Manual)
    found = compare_lrs(
        *(model, loader(), model.configure_optimizers(), [0.1]),
        update_fn=lambda model, batch, _: model.training_step(batch, 0),
        steps=9,
        seed=2,
        isolation=isolation,
        progress=False,
    )
    trained = module(Manual)
    seed_everything(2)
    fit(trained, loader(), 9)
    assert found.losses[0].tolist() == trained.seen


class Datasets(pl.LightningDataModule):
    def train_dataloader(self) -> Any:
        return loader()


def test_a_datamodule_is_told_to_give_its_loader() -> None:
    model = module()
    with pytest.raises(TypeError, match=r"Datasets.*Pass datamodule\.train_dataloader\(\)"):
        lr_find(model, Datasets(), model.configure_optimizers(), **FEW)


class Augmenting(Recording):
    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        inputs, target = batch
        noise = torch.randn_like(inputs) if self.trainer.training else 0
        return inputs + noise, target


def test_batches_go_through_the_hooks_of_their_transfer() -> None:
    model = module(Augmenting)
    found = compare_lrs(
        *(model, loader(), model.configure_optimizers(), [0.1]), steps=9, seed=2, progress=False
    )
    trained = module(Augmenting)
    seed_everything(2)
    fit(trained, loader(), 9)
    assert found.losses[0].tolist() == trained.seen


def test_a_search_takes_a_module() -> None:
    model = module()
    found = search_lr(
        *(model, loader(80), model.configure_optimizers()),
        steps=16,
        lr=0.01,
        hold_back=0.2,
        progress=False,
    )
    assert found.best_lr


@pytest.mark.parametrize("mode", ["max_size_cycle", "min_size", "max_size", "sequential"])
def test_joined_loaders_are_those_of_combined_loader(mode: Any) -> None:
    def loaders() -> Any:
        torch.manual_seed(3)
        return {"a": loader(24, shuffle=True), "b": [loader(48), loader(16, shuffle=True)]}

    theirs = CombinedLoader(loaders(), mode)
    expected = [batch for _ in range(2) for batch, _, _ in theirs]
    again = joined(CombinedLoader(loaders(), mode))
    found = list(itertools.chain(again, again))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_dict_is_read_in_the_mode_of_training() -> None:
    given = {"a": loader(24), "b": [loader(48), loader(16)]}
    expected = [batch for batch, _, _ in CombinedLoader(given, "max_size_cycle")]
    for one, other in zip(joined(given), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
