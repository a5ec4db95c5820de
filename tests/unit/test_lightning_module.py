"""A LightningModule by itself: its `training_step` is the loss, without a Trainer.

With Lightning itself: tests/peers.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lrfind_widget import compare_lrs, lr_find, search_lr
from lrfind_widget.training.lightning_module import lightning_class
from lrfind_widget.training.range_test import Sweep
from tests.unit.isolating import both
from tests.unit.lightning_module import Manual, Module, Plain
from tests.unit.toys import batches, loader, seed_everything, sgd

FEW: dict[str, Any] = {"num_it": 10, "end_lr": 1.0, "stop_div": False, "progress": False}


def found(model: nn.Module, dataloader: Any = None, **options: Any) -> Any:
    given = loader() if dataloader is None else dataloader
    return lr_find(model, given, sgd(model), **{**FEW, **options})


def plain_losses(lrs: list[float], seed: int = 0, **options: Any) -> list[float]:
    """The losses of `Module` in a bare loop."""
    model = Plain()
    optimizer = sgd(model)
    seed_everything(seed)
    losses: list[float] = []
    while True:
        for number, (inputs, target) in enumerate(loader(**options)):
            if len(losses) == len(lrs):
                return losses
            optimizer.param_groups[0]["lr"] = lrs[len(losses)]
            optimizer.zero_grad()
            loss = 3 * F.cross_entropy(model(inputs), target) + number
            loss.backward()
            optimizer.step()
            losses.append(loss.item())


@both
def test_the_loss_is_that_of_training_step(kind: str) -> None:
    model = Module()
    result = found(model, seed=3, isolation=kind)
    assert result.losses.tolist() == plain_losses(result.lrs.tolist(), seed=3)
    assert result.objective == "your training_step"
    assert result.receipt.identical


def test_batches_are_numbered_anew_in_each_epoch() -> None:
    result = found(Module(), loader(24), seed=0)
    assert result.losses.tolist() == plain_losses(result.lrs.tolist(), examples=24)


@pytest.mark.parametrize("package", ["lightning.pytorch.core.module", "pytorch_lightning.core"])
def test_a_module_is_known_by_its_class(package: str) -> None:
    base = type("LightningModule", (nn.Module,), {"__module__": package})
    assert lightning_class(type("Mine", (base,), {})()) is base


@pytest.mark.parametrize("package", ["mine", "lightning_like"])
def test_a_module_of_the_same_name_is_not(package: str) -> None:
    base = type("LightningModule", (nn.Module,), {"__module__": package})
    assert lightning_class(base()) is None


def test_a_module_without_a_training_step_is_any_module() -> None:
    result = found(Plain())
    assert result.objective.startswith("cross entropy")


@pytest.mark.parametrize(
    "keywords",
    [
        {"loss_fn": F.cross_entropy},
        {"step_fn": lambda model, batch: F.cross_entropy(model(batch[0]), batch[1])},
    ],
)
def test_a_loss_that_is_given_comes_first(keywords: Any) -> None:
    result = found(Module(), **keywords, seed=1)
    assert result.losses.tolist() == found(Plain(), seed=1).losses.tolist()


def test_a_step_fn_may_call_training_step() -> None:
    result = found(
        Module(), [batches()[0]], step_fn=lambda model, batch: model.training_step(batch, 0)
    )
    assert result.losses.tolist() == found(Module(), [batches()[0]]).losses.tolist()


class Without(Module):
    def training_step(self, batch: Any) -> Any:  # type: ignore[override]
        return Module.training_step(self, batch, 0)


class Any_(Module):
    def training_step(self, *args: Any) -> Any:  # type: ignore[override]
        batch, number = args
        return {"loss": Module.training_step(self, batch, number), "more": 1}


@pytest.mark.parametrize("kind", [Without, Any_])
def test_these_signatures_and_returns_will_do(kind: Any) -> None:
    one = [batches()[0]]
    result = found(kind(), one, seed=1)
    assert result.losses.tolist() == found(Module(), one, seed=1).losses.tolist()


def test_a_batch_without_a_loss_is_left_out() -> None:
    class Choosy(Module):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            return None if batch_idx % 2 else super().training_step(batch, batch_idx)

    result = found(Choosy())
    assert len(result.losses) == 10
    assert "No loss was returned for" in result.stop_sentence


class Untaken(Module):
    def training_step(self, dataloader_iter: Any) -> Any:  # type: ignore[override]
        raise AssertionError


class Older(Module):
    def training_step(self, batch: Any, batch_idx: int, optimizer_idx: int) -> Any:  # type: ignore[override]
        raise AssertionError


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            Manual(),
            r"Manual.automatic_optimization is False: .*training_step\(batch, 0\).*step_fn=",
        ),
        (Untaken(), r"takes \(dataloader_iter.*expected \(batch\) or.*step_fn="),
        (Older(), r"optimizer_idx.*expected \(batch\) or"),
    ],
)
def test_what_is_more_than_a_loss_is_refused_before_the_first_step(
    model: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Sweep(model, loader(), sgd(model))


@pytest.mark.parametrize("given", [None, {"optimizer": 1}, ([1], [2])])
def test_a_missing_optimizer_is_that_of_configure_optimizers(given: Any) -> None:
    with pytest.raises(TypeError, match=r"itself that model.configure_optimizers\(\) makes"):
        Sweep(Module(), loader(), given)


class Curious(Module):
    """Asks for all that can be had without a Trainer."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = super().training_step(batch, batch_idx)
        self.log_dict({"lr": self.optimizers().param_groups[0]["lr"]})
        self.log("rate", self.lr_schedulers().get_last_lr()[0])  # type: ignore[operator]
        self.logger.experiment.add_scalar("loss", loss, self.trainer.global_step)
        for logger in self.trainer.loggers:
            logger.save()
        self.print("epoch", self.current_epoch, self.trainer.world_size)
        assert self.trainer.training
        assert not self.trainer.sanity_checking
        return self.all_gather(loss)  # type: ignore[operator]


@both
def test_what_is_asked_of_a_trainer_is_answered_in_silence(kind: str, capsys: Any) -> None:
    result = found(Curious(), seed=1, isolation=kind)
    assert capsys.readouterr() == ("", "")
    assert result.losses.tolist() == found(Module(), seed=1).losses.tolist()


class Begun(Module):
    """Reads in a step what a hook sets."""

    def on_train_start(self) -> None:
        self.factor = 1.0

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        return self.factor * super().training_step(batch, batch_idx)


@both
def test_a_step_may_read_what_a_hook_has_set(kind: str) -> None:
    model = Begun()
    result = found(model, seed=1, isolation=kind)
    assert result.losses.tolist() == found(Module(), seed=1).losses.tolist()
    assert result.objective == "your training_step"
    assert not hasattr(model, "factor")


def test_hooks_are_not_run_where_the_loss_is_given() -> None:
    class Clipping(Module):
        def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
            raise AssertionError

    assert len(found(Clipping(), loss_fn=F.cross_entropy).losses) == 10


def test_hooks_that_are_not_run_are_named(capsys: Any) -> None:
    class SetUp(Begun):
        def setup(self, stage: str) -> None:
            raise AssertionError

        def validation_step(self, batch: Any, batch_idx: int) -> Any:  # type: ignore[override]
            return F.cross_entropy(self(batch[0]), batch[1])

        def on_validation_epoch_end(self) -> None:
            raise AssertionError

    said = "your training_step; your setup"
    assert found(SetUp()).objective == f"{said} is not run"
    result = found(SetUp(), val_loader=batches(1), progress=True)
    assert result.objective == f"{said} and on_validation_epoch_end are not run"
    assert f"Loss: {result.objective}." in capsys.readouterr().err


def test_what_a_hook_that_is_not_run_should_have_set_is_asked_for() -> None:
    class SetUp(Module):
        def setup(self, stage: str) -> None:
            self.factor = 1.0

        training_step = Begun.training_step

    model = SetUp()
    sweep = Sweep(model, loader(), sgd(model))
    with pytest.raises(AttributeError, match="factor"):
        list(sweep)
    assert sweep.stop_sentence.endswith("Your setup is not run: if it sets this, call it before.")


def test_an_epoch_whose_rest_is_to_be_skipped_is_refused() -> None:
    class Short(Module):
        def on_train_batch_start(self, _batch: Any, batch_idx: int) -> Any:
            return -1 if batch_idx == 3 else None

    with pytest.raises(ValueError, match=r"on_train_batch_start returned -1.*Pass a loader"):
        found(Short())


def test_a_gradient_scaler_and_a_module_that_steps_itself_are_refused() -> None:
    class Stepping(Module):
        def optimizer_step(self, *_: Any) -> None:
            raise AssertionError

    model = Stepping()
    with pytest.raises(ValueError, match=r"Stepping.optimizer_step .* gradient scaler"):
        Sweep(model, loader(), sgd(model), amp="fp16")


class Broken(Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Module()
        self.inner._trainer = self.inner.mine = object()

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = self.inner.training_step(batch, batch_idx)
        return loss / self.trainer.max_epochs


def test_what_only_a_trainer_knows_is_named_and_nothing_stays_behind() -> None:
    model = Broken()
    before = [list(vars(module).items()) for module in (model, model.inner)]
    with pytest.raises(AttributeError, match=r"self\.trainer\.max_epochs, .*step_fn="):
        found(model, isolation="in_place")
    assert [list(vars(module).items()) for module in (model, model.inner)] == before


def test_a_module_inside_logs_in_silence_too() -> None:
    class Outer(Broken):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            return self.inner.training_step(batch, batch_idx)

    assert len(found(Outer()).losses) == 10


def test_a_module_that_has_a_trainer_is_copied() -> None:
    model = Module()
    model._trainer = object()
    result = found(model, isolation="copy", seed=1)
    assert result.losses.tolist() == found(Module(), seed=1).losses.tolist()


class Quiet(Plain):
    """Without what a training step leaves in the statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.net[1] = nn.Identity()

    training_step = Module.training_step


def validation_losses(model: nn.Module, val_loader: Any, **options: Any) -> list[float]:
    few = {"num_it": 2, "end_lr": 1.1e-7, "val_loader": val_loader}
    return found(model, **{**few, **options}).val_losses.tolist()


def expected(of: list[Any], add: list[int]) -> Any:
    model = Quiet().eval()
    losses = [F.cross_entropy(model(x), y).item() + n for (x, y), n in zip(of, add, strict=True)]
    return pytest.approx([sum(losses) / len(losses)] * 2, rel=1e-4)


def test_without_a_validation_step_it_is_training_step_in_eval_mode() -> None:
    model = Quiet().eval()
    losses = [3 * F.cross_entropy(model(x), y).item() + n for n, (x, y) in enumerate(batches())]
    assert validation_losses(Quiet(), batches()) == pytest.approx([sum(losses) / 4] * 2, rel=1e-4)


@pytest.mark.parametrize(
    "give",
    [
        lambda _, loss: loss,
        lambda _, loss: loss.item(),
        lambda _, loss: {"loss": loss, "other_loss": 1},
        lambda _, loss: {"val_loss": loss, "accuracy": 1.0},
        lambda my, loss: my.log("valid/Loss", loss),
        lambda my, loss: my.log_dict({"val_loss": loss, "other_loss": 1.0, "accuracy": 1.0}),
    ],
)
@both
def test_validation_step_returns_or_logs_the_validation_loss(give: Any, kind: str) -> None:
    class Validated(Quiet):
        def validation_step(self, batch: Any, batch_idx: int) -> Any:  # type: ignore[override]
            assert self.trainer.validating
            return give(self, F.cross_entropy(self(batch[0]), batch[1]) + batch_idx)

    found = validation_losses(Validated(), batches(3), isolation=kind)
    assert found == expected(batches(3), [0, 1, 2])


class Places(Quiet):
    def validation_step(self, batch: Any, number: int, dataloader_idx: int) -> Any:  # type: ignore[override]
        return F.cross_entropy(self(batch[0]), batch[1]) + number + 10 * dataloader_idx


def test_several_val_loaders_are_read_in_turn_and_told_apart() -> None:
    assert validation_losses(Places(), batches(2)) == expected(batches(2), [0, 1])
    several = {"a": loader(16, shuffle=False), "b": batches(1)}
    together = [*batches(2), *batches(1)]
    assert validation_losses(Places(), several) == expected(together, [0, 1, 10])


def test_the_turns_do_not_depend_on_how_the_batches_of_training_come() -> None:
    class Both(Places):
        def training_step(self, batch: Any) -> Any:  # type: ignore[override]
            return F.cross_entropy(self(batch["a"][0]), batch["a"][1])

    few: dict[str, Any] = {"num_it": 2, "end_lr": 1.1e-7, "val_loader": [loader(16, shuffle=False)]}
    result = found(Both(), {"a": loader()}, **few)
    assert result.val_losses.tolist() == expected(batches(2), [0, 1])


def test_a_validation_step_without_a_loss_is_said() -> None:
    class Scored(Quiet):
        def validation_step(self, batch: Any, batch_idx: int) -> None:  # type: ignore[override]
            self.log_dict({"one_loss": 1.0, "other_loss": 2.0})

    with pytest.raises(ValueError, match="validation_step neither returns one nor logs one"):
        validation_losses(Scored(), batches())


def test_a_batch_goes_through_the_hooks_of_its_transfer() -> None:
    class Hooked(Module):
        def on_before_batch_transfer(self, batch: Any, _: int) -> Any:
            return [batch["x"], batch["y"]]

        def transfer_batch_to_device(self, batch: Any, device: torch.device, _: int) -> Any:
            return [part.to(device) for part in batch]

        def on_after_batch_transfer(self, batch: Any, _: int) -> Any:
            return 2 * batch[0], batch[1]

    named = [{"x": x / 2, "y": y} for x, y in batches()]
    hooked, plain = found(Hooked(), named, seed=1), found(Module(), batches(), seed=1)
    assert hooked.losses.tolist() == plain.losses.tolist()


def test_batches_are_prepared_before() -> None:
    named = [{"x": x, "y": y} for x, y in batches()]
    result = found(Module(), named, prepare_batch=lambda batch: (batch["x"], batch["y"]), seed=1)
    assert result.losses.tolist() == found(Module(), batches(), seed=1).losses.tolist()


def test_an_optimizer_that_evaluates_again_sees_each_batch_under_its_number() -> None:
    seen: list[tuple[int, float]] = []

    class Watched(Module):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            seen.append((batch_idx, float(batch[0].sum())))
            return super().training_step(batch, batch_idx)

    model = Watched()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)
    given = batches()
    lr_find(model, given, optimizer, accumulate=2, isolation="in_place", **{**FEW, "num_it": 3})
    sums = [float(inputs.sum()) for inputs, _ in given]
    assert {sums.index(total) for _, total in seen} == {0, 1, 2, 3}
    assert all(sums.index(total) == number for number, total in seen)


def test_a_search_and_a_comparison_train_it_alike() -> None:
    model, given = Module(), batches(3)
    searched = search_lr(
        *(model, given, sgd(model)), lr=0.01, steps=8, seed=1, isolation="in_place", progress=False
    )
    lrs = list(searched.lrs)
    compared = compare_lrs(model, given, sgd(model), lrs[:1], steps=8, seed=1, progress=False)
    assert searched.losses[0].tolist() == compared.losses[0].tolist()
