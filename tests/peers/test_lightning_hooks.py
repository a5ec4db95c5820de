"""The hooks of a LightningModule, run in a sweep where its Trainer runs them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from lrfind_widget import compare_lrs, search_lr
from lrfind_widget.training.range_test import Sweep
from tests.peers.test_lightning_module import (
    Recording,
    fit,
    loader,
    module,
)
from tests.unit.isolating import both_isolations
from tests.unit.toys import seed_everything
from tests.unit.user_state import state_of

LOG = Path("calls.txt")
"""Nothing that a sweep could set back."""


class Shaping(Recording):
    """Every hook takes part in the losses, and in what is written down."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__(lr)
        self.outputs: list[Tensor] = []

    def said(self, name: str, *values: Any) -> None:
        numbers = [float(v.detach().sum()) if isinstance(v, Tensor) else v for v in values]
        place = [self.current_epoch, self.global_step, self.trainer.global_step]
        with LOG.open("a") as log:
            log.write(f"{name} {numbers} {place}\n")

    def on_fit_start(self) -> None:
        self.scale = 1.0
        self.said("fit")

    def on_train_start(self) -> None:
        self.scale *= 2.0
        self.said("train")

    def on_train_epoch_start(self) -> None:
        self.scale *= 0.9
        self.outputs.clear()
        self.said("epoch")

    def on_train_epoch_end(self) -> None:
        self.scale += 0.01 * torch.stack(self.outputs).mean().item()
        self.said("epoch end")

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        batch[0].mul_(1.1)
        self.said("batch", batch[0], batch_idx)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = self.scale * super().training_step(batch, batch_idx) * (1 + 0.01 * self.global_step)
        self.said("step", loss, batch_idx)
        return {"loss": loss, "more": batch_idx}

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        super().on_train_batch_end(outputs, batch, batch_idx)
        self.outputs.append(outputs["loss"])
        with torch.no_grad():
            self.net[0].weight.clamp_(-0.4, 0.4)
        self.said("batch end", outputs["loss"], outputs["more"], batch[0], batch_idx)

    def on_before_zero_grad(self, optimizer: Any) -> None:
        self.said("before zero", *(p.grad for p in self.parameters()))

    def optimizer_zero_grad(self, epoch: int, batch_idx: int, optimizer: Any) -> None:
        optimizer.zero_grad(set_to_none=False)
        self.said("zero", epoch, batch_idx)

    def on_before_backward(self, loss: Tensor) -> None:
        self.said("before backward", loss)

    def backward(self, loss: Tensor, *given: Any, **named: Any) -> None:
        (0.5 * loss).backward(*given, **named)

    def on_after_backward(self) -> None:
        for parameter in self.parameters():
            parameter.grad.add_(torch.randn_like(parameter.grad), alpha=0.01)

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        self.said("before step", *(p.grad for p in self.parameters()))

    def configure_gradient_clipping(self, optimizer: Any, **given: Any) -> None:
        self.said("clip", *given.values())
        self.clip_gradients(optimizer, gradient_clip_val=0.3, gradient_clip_algorithm="norm")
        self.clip_gradients(optimizer, 0.2, "value")


class Stepping(Shaping):
    """Steps itself, with the closure."""

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, closure: Any) -> None:
        super().optimizer_step(epoch, batch_idx, optimizer, closure)
        self.said("optimizer step", epoch, batch_idx)
        with torch.no_grad():
            self.net[4].bias.mul_(0.9)


class Apart(Shaping):
    """Calls the closure by itself, and steps on every other batch."""

    def optimizer_zero_grad(self, epoch: int, batch_idx: int, optimizer: Any) -> None:
        if batch_idx % 2 == 0:
            super().optimizer_zero_grad(epoch, batch_idx, optimizer)

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, closure: Any) -> None:
        closure()
        if batch_idx % 2:
            optimizer.step()


class Ahead(Shaping):
    """Acts on what it knows of its batch before it calls the closure, and uses what that gives."""

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, closure: Any) -> None:
        self.said("optimizer step", epoch, batch_idx, *self.parameters())
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.mul_(1 - 1e-2 * self.mean)
        optimizer.step(closure=lambda: self.told(closure()))

    def told(self, loss: Tensor) -> Tensor:
        self.said("closure", loss)
        return loss

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        self.said("before transfer")
        return super().on_before_batch_transfer(batch, dataloader_idx)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        super().on_train_batch_start(batch, batch_idx)
        self.mean = float(batch[1].float().mean())


class Clipped(Shaping):
    """Clips as it is told to."""

    def configure_gradient_clipping(self, optimizer: Any, **given: Any) -> None:
        self.clip_gradients(optimizer, **given)


class Second(Shaping):
    def configure_optimizers(self) -> Any:
        return torch.optim.LBFGS(self.parameters(), lr=0.1, max_iter=3)


@pytest.mark.parametrize("kind", [Shaping, Stepping, Ahead, Apart, Second])
@pytest.mark.parametrize("shuffle", [False, True])
@both_isolations
def test_hooks_run_as_the_trainer_runs_them(kind: Any, shuffle: bool, isolation: str) -> None:
    model = module(kind)
    before = state_of(model)
    found = compare_lrs(
        *(model, loader(24, shuffle=shuffle), model.configure_optimizers(), [0.1]),
        steps=8,
        seed=2,
        isolation=isolation,
        progress=False,
    )
    assert found.receipt is not None
    assert found.receipt.identical
    assert state_of(model) == before
    ours = LOG.read_text()
    LOG.unlink()
    trained = module(kind)
    seed_everything(2)
    fit(trained, loader(24, shuffle=shuffle), 8)
    assert ours.splitlines() == LOG.read_text().splitlines()[: len(ours.splitlines())]
    if kind is not Second:  # whose Trainer keeps the loss of the last evaluation
        assert found.losses[0].tolist() == trained.seen


@pytest.mark.parametrize(("kind", "clip"), [(Shaping, None), (Ahead, None), (Clipped, 0.3)])
def test_hooks_run_as_the_trainer_runs_them_where_gradients_accumulate(
    kind: Any, clip: Any
) -> None:
    model = module(kind)
    compare_lrs(
        *(model, loader(32), model.configure_optimizers(), [0.1]),
        steps=4,
        seed=2,
        accumulate=2,
        clip_grad_norm=clip,
        progress=False,
    )
    ours = LOG.read_text().splitlines()
    LOG.unlink()
    trained = module(kind)
    seed_everything(2)
    fit(trained, loader(32), 4, accumulate_grad_batches=2, gradient_clip_val=clip)
    assert ours == LOG.read_text().splitlines()[: len(ours)]


class Leaving(Stepping):
    """Leaves its batches as they are, and the size of its update to the rate."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.said("batch", batch_idx)

    def on_after_backward(self) -> None:
        self.said("after")

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.outputs.append(outputs["loss"])

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, closure: Any) -> None:
        optimizer.step(closure)


@pytest.mark.parametrize("kind", [Shaping, Leaving])
@both_isolations
def test_the_critical_rate_leaves_no_trace(kind: Any, isolation: str) -> None:
    model = module(kind)
    given = model, loader(24), model.configure_optimizers()
    sweep, plain = (Sweep(*given, seed=2, isolation=isolation, num_it=50) for _ in range(2))
    plain.finds_critical_rate = False
    assert [point.loss for point in sweep] == [point.loss for point in plain]
    assert bool(sweep.result().critical_lr) == (kind is Leaving), sweep.result().critical_note
    assert sweep.receipt is not None
    assert sweep.receipt.identical


class Averaging(Recording):
    """Keeps an average of itself, losses with their graphs, and a part frozen for an epoch."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__(lr)
        self.kept: list[Tensor] = []
        self.net[0].requires_grad_(False)

    def on_train_start(self) -> None:
        self.average = copy.deepcopy(self.net)

    def on_train_epoch_start(self) -> None:
        self.net[0].requires_grad_(self.current_epoch > 0)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        near = (self.average(batch[0]).detach() - self.net(batch[0])).square().mean()
        self.kept.append(super().training_step(batch, batch_idx) + near)
        return self.kept[-1]

    def on_before_zero_grad(self, optimizer: Any) -> None:
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.net.parameters(), strict=True)
            for average, parameter in pairs:
                average.lerp_(parameter, 0.1)

    def on_train_epoch_end(self) -> None:
        self.log("mean", torch.stack(self.kept).mean())
        self.kept.clear()


@pytest.mark.parametrize("kind", [Shaping, Apart, Averaging])
@both_isolations
def test_each_rate_is_a_training_of_its_own(kind: Any, isolation: str) -> None:
    model = module(kind)
    before = state_of(model)
    given: dict[str, Any] = {"steps": 16, "seed": 2, "isolation": isolation, "progress": False}
    optimizer = model.configure_optimizers()
    searched = search_lr(model, loader(128), optimizer, lr=0.05, **given)
    compared = compare_lrs(model, loader(24), optimizer, list(searched.lrs), **given)
    assert state_of(model) == before
    for number, lr in enumerate(searched.lrs):
        for found, examples in ((searched, 128), (compared, 24)):
            trained = module(kind)
            trained.hparams["lr"] = lr
            seed_everything(2)
            fit(trained, loader(examples), 16)
            taken = found.taken[number]
            assert found.losses[number].tolist()[:taken] == trained.seen[:taken]


class Dated(Recording):
    """Writes down in which epoch each of its batches is, and its number."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        with LOG.open("a") as log:
            log.write(f"{self.current_epoch} {self.global_step}\n")


def test_each_of_the_trainings_of_a_search_is_in_its_own_epoch() -> None:
    model, batches = module(Dated), loader(24)
    search_lr(model, batches, model.configure_optimizers(), lr=0.05, steps=16, progress=False)
    places = [tuple(map(int, line.split())) for line in LOG.read_text().splitlines()]
    assert max(epoch for epoch, _ in places) > 1
    assert [epoch for epoch, _ in places] == [step // len(batches) for _, step in places]


@pytest.mark.parametrize("kind", [Shaping, Ahead])
def test_hooks_run_beside_mixed_precision(kind: Any) -> None:
    model = module(kind)
    found = compare_lrs(
        *(model, loader(24), model.configure_optimizers(), [0.1]),
        steps=8,
        seed=2,
        amp="bf16",
        progress=False,
    )
    trained = module(kind)
    seed_everything(2)
    fit(trained, loader(24), 8, precision="bf16-mixed")
    assert found.losses[0].tolist() == trained.seen


class Warming(Recording):
    """Warms up by hand."""

    def optimizer_step(self, epoch: int, batch_idx: int, optimizer: Any, closure: Any) -> None:
        optimizer.param_groups[0]["lr"] = 1e-3 * (self.trainer.global_step + 1) / 500
        optimizer.step(closure=closure)


def test_a_module_that_sets_the_rate_itself_is_refused() -> None:
    model = module(Warming)
    sweep = Sweep(model, loader(), model.configure_optimizers())
    with pytest.raises(ValueError, match=r"the range test had set 1e-7.*Leave out"):
        list(sweep)
