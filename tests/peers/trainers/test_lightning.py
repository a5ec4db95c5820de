"""A Lightning Trainer with its module and data, beside its own fit."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.utilities.combined_loader import CombinedLoader
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find, search_lr
from lrfind_widget.outcomes import StopReason
from tests.peers.test_lightning_hooks import LOG, Ahead, Apart, Second, Shaping, Stepping
from tests.peers.test_lightning_module import loader as in_order
from tests.peers.test_lightning_module import seed_everything

both = pytest.mark.parametrize("isolation", ["copy", "in_place"])
FEW: dict[str, Any] = {"num_it": 14, "stop_div": False, "seed": 2, "progress": False}
QUIET: dict[str, Any] = {
    "accelerator": "cpu",
    **dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar"), False),
    "enable_model_summary": False,
}


class Net(pl.LightningModule):
    """Writes down the loss of each batch, with the step that it is for."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.seen: list[tuple[int, Tensor]] = []
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
        )

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        inputs, target = batch
        loss = F.cross_entropy(self.net(inputs), target) * (1 + 0.01 * batch_idx)
        loss = loss * (1 + 0.1 * self.current_epoch)
        self.log("train_loss", loss)
        self.seen.append((self.global_step, loss.detach()))
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", F.cross_entropy(self.net(batch[0]), batch[1]) + batch_idx)

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), self.hparams["lr"])

    def losses(self) -> list[float]:
        """Return the loss of each step, the mean over its batches."""
        steps = itertools.groupby(self.seen, key=lambda pair: pair[0])
        means = [torch.stack([loss for _, loss in pairs]).mean() for _, pairs in steps]
        return [float(loss) for loss in means]


class Rates(pl.Callback):
    """Sets the rates of a sweep."""

    def __init__(self, lrs: Iterable[float]) -> None:
        self.lrs = list(lrs)

    def on_train_batch_start(self, trainer: Any, module: Any, *_: Any) -> None:
        step = trainer.global_step - self.begun
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = self.lrs[min(step, len(self.lrs) - 1)]

    def on_train_start(self, trainer: Any, module: Any) -> None:
        self.begun = trainer.global_step


def loader(examples: int = 40, **options: Any) -> Any:
    return in_order(examples, shuffle=True, **options)


def made(kind: Any = Net) -> Any:
    seed_everything(0)
    return kind()


def fitted(result: Any, module: Any, data: Any, trainer: Any = None, **options: Any) -> Any:
    """Return a module that was fit at the rates of a sweep."""
    trainer = trainer or pl.Trainer(max_epochs=1, limit_val_batches=0, **QUIET, **options)
    trainer.callbacks.insert(0, Rates(result.lrs.tolist()))
    trainer.fit_loop.max_epochs = -1
    trainer.fit_loop.epoch_loop.max_steps = trainer.global_step + len(result)
    seed_everything(2)
    trainer.fit(module, data)
    return module


PRECISIONS = "bf16-mixed", "64-true", "bf16-true"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5},
        {
            "accumulate_grad_batches": 3,
            "gradient_clip_val": 0.01,
            "gradient_clip_algorithm": "value",
        },
        *({"precision": precision} for precision in PRECISIONS),
        {"limit_train_batches": 3, "reload_dataloaders_every_n_epochs": 2},
        {"overfit_batches": 2},
    ],
    ids=str,
)
@both
def test_the_losses_are_those_of_fit(options: Any, isolation: str) -> None:
    """Of five batches an epoch: with two for a step, the third step of each has one."""
    module, trainer = made(), pl.Trainer(max_epochs=3, **QUIET, **options)
    before = left_by(trainer, module)
    result = lr_find(trainer, module, loader(40), isolation=isolation, **FEW)
    assert result.losses.tolist() == fitted(result, made(), loader(40), **options).losses()
    assert result.receipt is not None
    assert result.receipt.identical
    assert left_by(trainer, module) == before


def left_by(trainer: Any, module: Any) -> list[Any]:
    """Return what a sweep could leave behind."""
    values = [v.tolist() for v in module.state_dict().values()]
    kinds = [(name, p.dtype, p.device, p.grad) for name, p in module.named_parameters()]
    loops = copy.deepcopy(trainer.fit_loop.state_dict())
    trained = [
        vars(trainer)[name]
        for name in ("_loggers", "should_stop", "datamodule")
        if name in vars(trainer)
    ]
    callbacks = [(id(c), repr(c.state_dict())) for c in trainer.callbacks]
    parts = trainer.optimizers, trainer.lightning_module, trainer.train_dataloader
    attributes = [(name, id(value)) for name, value in vars(module).items()]
    state = repr(trainer.state), trainer.current_epoch, trainer.global_step
    files = sorted(map(str, Path().rglob("*")))
    return [
        values,
        kinds,
        loops,
        trained,
        callbacks,
        parts,
        attributes,
        state,
        files,
        sorted(vars(trainer)),
    ]


class Data(pl.LightningDataModule):
    """Splits at random, and makes its batches noisy on their way."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def prepare_data(self) -> None:
        self.calls.append("prepare")

    def setup(self, stage: str) -> None:
        whole = loader(64).dataset.tensors
        self.train, self.val = random_split(TensorDataset(*whole), [48, 16])

    def train_dataloader(self) -> Any:
        return DataLoader(self.train, batch_size=8, shuffle=True)

    def val_dataloader(self) -> Any:
        return DataLoader(self.val, batch_size=8)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        inputs, target = batch
        return inputs + 0.1 * torch.randn_like(inputs) * self.trainer.training, target


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
@both
def test_the_data_comes_as_it_does_in_fit(kind: Any, data: Any, isolation: str) -> None:
    if data is not Data and kind is Net and type(data()) is not DataLoader:
        kind = Wrapped
    module, trainer, given = made(kind), pl.Trainer(max_epochs=3, **QUIET), data()
    attributes = dict(vars(given)) if given is not None and type(given) is not list else {}
    result = lr_find(trainer, module, given, isolation=isolation, **FEW)
    assert result.losses.tolist() == fitted(result, made(kind), data()).losses()
    assert (dict(vars(given)) if attributes else {}) == attributes
    assert not hasattr(module, "data")


class Wrapped(Net):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        inner = batch[0] if isinstance(batch[0], (list, tuple)) else batch
        return super().training_step(inner, batch_idx)


class Saving(pl.Callback):
    """Saves and stops after every batch."""

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        trainer.save_checkpoint("saved.ckpt")
        trainer.should_stop = True

    def on_exception(self, *_: Any) -> None:
        Path("exception").touch()


class Noisy(pl.Callback):
    """Takes part in the step, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def on_before_optimizer_step(self, trainer: Any, module: Any, optimizer: Any) -> None:
        self.count += 1
        for parameter in module.parameters():
            parameter.grad += 0.01 * self.count * torch.randn_like(parameter.grad)


@both
def test_callbacks_take_part_and_neither_save_nor_stop(isolation: str) -> None:
    noisy = Noisy()
    callbacks = [
        noisy,
        Saving(),
        ModelCheckpoint("saved", every_n_train_steps=1, save_last=True),
        EarlyStopping("train_loss", patience=1),
    ]
    options = {**QUIET, "enable_checkpointing": True, "logger": True}
    trainer, module = pl.Trainer(max_epochs=3, callbacks=callbacks, **options), made()
    before = left_by(trainer, module)
    result = lr_find(trainer, module, loader(40), isolation=isolation, **FEW)
    assert left_by(trainer, module) == before
    assert noisy.count == 0
    assert not list(Path().iterdir())
    expected = fitted(result, made(), loader(40), callbacks=[Noisy()])
    assert result.losses.tolist() == expected.losses()


@both
def test_a_trainer_that_has_trained_goes_on_where_it_is(isolation: str) -> None:
    trainers = [pl.Trainer(max_epochs=2, limit_val_batches=0, **QUIET) for _ in range(2)]
    modules = [made(), made()]
    for trainer, module in zip(trainers, modules, strict=True):
        seed_everything(1)
        trainer.fit(module, loader(40))
        module.seen.clear()
    before = left_by(trainers[0], modules[0])
    result = lr_find(trainers[0], modules[0], loader(40), isolation=isolation, **FEW)
    assert left_by(trainers[0], modules[0]) == before
    assert modules[0].trainer is trainers[0]
    expected = fitted(result, modules[1], loader(40), trainers[1])
    assert result.losses.tolist() == expected.losses()


@pytest.mark.parametrize("scheduled", [False, True])
def test_what_is_applied_is_the_first_rate_of_fit(scheduled: bool) -> None:
    class Named(Net):
        def __init__(self) -> None:
            super().__init__()
            self.learning_rate = 0.1

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.SGD(self.parameters(), self.learning_rate)
            if not scheduled:
                return optimizer
            steps = self.trainer.estimated_stepping_batches
            schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=steps)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

        def on_train_batch_start(self, *_: Any) -> None:
            rates.append(self.optimizers().param_groups[0]["lr"])

    rates: list[float] = []
    for module, holder in ((made(Named), "learning_rate"), (made(), "hparams")):
        trainer = pl.Trainer(max_epochs=1, **QUIET)
        result = lr_find(trainer, module, loader(40), num_it=60, seed=2, progress=False, apply=True)
        assert result.suggested_lr
        written = module.hparams["lr"] if holder == "hparams" else module.learning_rate
        assert written == result.suggested_lr
        rates.clear()
        trainer.fit(module, loader(40))
        assert trainer.optimizers[0].defaults["lr"] == result.suggested_lr
        assert not rates or rates[0] == result.suggested_lr


def test_a_module_that_reads_its_rate_nowhere_is_said_so(capsys: Any) -> None:
    class Fixed(Net):
        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    module = made(Fixed)
    given = pl.Trainer(**QUIET), module, loader(40)
    result = lr_find(*given, num_it=60, seed=2, apply=True)
    assert result.suggested_lr
    assert (
        "Fixed.configure_optimizers reads its rate neither from self.lr" in capsys.readouterr().err
    )
    assert module.hparams["lr"] == 0.1


def test_an_optimizer_that_is_made_once_is_written_into() -> None:
    class Once(Net):
        def configure_optimizers(self) -> Any:
            return self.optimizer

    module = made(Once)
    module.optimizer = torch.optim.SGD(module.parameters(), 0.1)
    given = pl.Trainer(**QUIET), module, loader(40)
    result = lr_find(*given, num_it=60, seed=2, progress=False, apply=True)
    assert module.optimizer.param_groups[0]["lr"] == result.suggested_lr


@both
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


@pytest.mark.parametrize("search", [False, True])
@both
def test_each_short_training_is_a_fit_of_its_own(search: bool, isolation: str) -> None:
    module, trainer = made(), pl.Trainer(max_epochs=3, **QUIET)
    given: Any = {"steps": 12, "seed": 2, "isolation": isolation, "progress": False}
    if search:
        found: Any = search_lr(trainer, module, loader(40), lr=0.05, **given)
    else:
        found = compare_lrs(trainer, module, loader(40), [0.01, 0.1], **given)
    for losses, lr, taken in zip(found.losses, found.lrs, found.taken, strict=True):
        trained = made()
        trained.hparams["lr"] = lr
        seed_everything(2)
        pl.Trainer(max_steps=12, limit_val_batches=0, **QUIET).fit(trained, loader(40))
        assert losses.tolist()[:taken] == trained.losses()[:taken]


def test_a_search_holds_back_a_part_of_a_loader_and_not_of_a_data_module() -> None:
    given: Any = {"lr": 0.05, "steps": 8, "hold_back": 0.2, "seed": 1, "progress": False}
    found = search_lr(pl.Trainer(**QUIET), made(), loader(80), **given)
    assert found.val_losses is not None
    with pytest.raises(ValueError, match=r"made in a Data\. Pass val_loader=True"):
        search_lr(pl.Trainer(**QUIET), made(), Data(), **given)


@both
def test_repeats_and_the_critical_rate(isolation: str) -> None:
    module = made()
    given = pl.Trainer(**QUIET), module, loader(40)
    sweep = Sweep(*given, isolation=isolation, num_it=50, seed=2, repeats=2)
    points = list(sweep)
    plain = Sweep(*given, isolation=isolation, num_it=50, seed=2)
    plain.finds_critical_rate = False
    assert [point.loss for point in points if not point.repeat] == [p.loss for p in plain]
    assert sweep.result().critical_lr is not None, sweep.result().critical_note
    assert sweep.receipt is not None
    assert sweep.receipt.identical


def test_a_sweep_that_is_not_read_to_the_end_leaves_nothing() -> None:
    module, trainer = made(), pl.Trainer(**QUIET)
    before = left_by(trainer, module)
    points = iter(Sweep(trainer, module, loader(40), isolation="in_place", seed=2))
    for _ in range(3):
        next(points)
    points.close()
    assert left_by(trainer, module) == before


@pytest.mark.parametrize("kind", [Shaping, Stepping, Ahead, Apart, Second])
@both
def test_every_hook_is_run_as_in_fit(kind: Any, isolation: str) -> None:
    """Each takes part in the losses, and writes down its arguments and where it is called."""
    module, trainer = made(kind), pl.Trainer(max_epochs=3, **QUIET)
    before = left_by(trainer, module)[:-2]
    result = lr_find(trainer, module, loader(), isolation=isolation, **FEW)
    ours = LOG.read_text().splitlines()
    LOG.unlink()
    assert left_by(trainer, module)[:-2] == before
    trained = fitted(result, made(kind), loader())
    assert ours == LOG.read_text().splitlines()[: len(ours)]
    if kind is not Second:  # whose Trainer keeps the loss of the last evaluation
        assert result.losses.tolist() == trained.seen


class Probing(pl.Callback):
    """Holds a part of the module, and reads it."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def on_before_backward(self, trainer: Any, module: Any, loss: Any) -> None:
        assert self.part is module.net[0]


@both
def test_a_callback_that_holds_a_part_of_the_module_has_that_which_trains(isolation: str) -> None:
    module = made()
    trainer = pl.Trainer(callbacks=[Probing(module.net[0])], **QUIET)
    result = lr_find(trainer, module, loader(), isolation=isolation, **FEW)
    assert result.losses.tolist() == fitted(result, made(), loader()).losses()


@both
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
    widget.result.save(tmp_path / "result.json")
    assert left_by(trainer, module)[:-2] == before[:-2]
    widget.selected_lr = 0.03
    widget.apply()
    assert module.hparams["lr"] == 0.03
    widget.close()


class Failing(Net):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        if self.global_step == 3:
            raise ZeroDivisionError("on purpose")
        return super().training_step(batch, batch_idx)


@both
def test_an_error_is_the_one_that_was_raised(isolation: str) -> None:
    module, trainer = made(Failing), pl.Trainer(**QUIET)
    before = left_by(trainer, module)
    sweep = Sweep(trainer, module, loader(40), isolation=isolation)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        list(sweep)
    assert sweep.stop_reason is StopReason.FAILED
    assert "training_step raised ZeroDivisionError in step 4" in sweep.stop_sentence
    assert left_by(trainer, module) == before


def test_data_that_ends_ends_the_sweep() -> None:
    batches = iter(list(loader(40)))
    result = lr_find(pl.Trainer(**QUIET), made(), batches, num_it=20, progress=False)
    assert len(result) == 5
    assert "gave 5 batches and cannot be started again" in result.stop_sentence


class Manual(Net):
    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False


class Several(Net):
    def configure_optimizers(self) -> Any:
        return [torch.optim.SGD(self.parameters(), 0.1) for _ in range(2)]


@pytest.mark.parametrize(
    ("kind", "data", "options", "sentence"),
    [
        (Manual, loader, {}, r"automatic_optimization is False.*update_fn"),
        (Several, loader, {}, r"gives 2 optimizers, expected one"),
        (Net, lambda: None, {}, r"no train_dataloader. Pass the data"),
        (Net, loader, {"accumulate": 2}, r"accumulate was given beside a Trainer"),
        (Net, loader, {"clip_grad_norm": 1.0}, r"clip_grad_norm was given beside a Trainer"),
        (Net, loader, {"amp": "bf16"}, r"amp was given beside a Trainer"),
        (Net, loader, {"loss_fn": F.cross_entropy}, r"loss_fn was given beside a Trainer"),
        (Net, loader, {"val_loader": True}, r"has no val_dataloader"),
    ],
)
def test_what_cannot_be_taken_is_refused(kind: Any, data: Any, options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sweep(pl.Trainer(**QUIET), made(kind), data(), **options)


def test_a_module_must_follow_the_trainer() -> None:
    with pytest.raises(TypeError, match=r"expected the LightningModule"):
        Sweep(pl.Trainer(**QUIET), loader())


def test_a_module_before_the_trainer_is_refused_with_the_order() -> None:
    with pytest.raises(TypeError, match=r"Before the Trainer came a .*The order is that of"):
        Sweep(made(), pl.Trainer(**QUIET), loader())


def test_a_trainer_that_only_tries_itself_out_is_refused() -> None:
    with pytest.raises(ValueError, match=r"only tries itself out \(fast_dev_run\)"):
        Sweep(pl.Trainer(fast_dev_run=True, **QUIET), made(), loader())


def test_a_trainer_of_several_devices_is_refused() -> None:
    trainer = pl.Trainer(devices=2, strategy="ddp_spawn", **QUIET)
    with pytest.raises(ValueError, match=r"DDPStrategy.*accumulate_grad_batches"):
        Sweep(trainer, made(), loader())


@both
def test_its_other_name_is_known_too(isolation: str) -> None:
    import pytorch_lightning

    class Other(pytorch_lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 3)
            self.lr = 0.1

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            loss = F.cross_entropy(self.net(batch[0]), batch[1])
            seen.append(loss.item())
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), self.lr)

    seen: list[float] = []
    trainer = pytorch_lightning.Trainer(max_epochs=1, **QUIET)
    result = lr_find(trainer, made(Other), loader(40), isolation=isolation, **FEW)
    assert result.losses.tolist() == seen
    with pytest.raises(
        TypeError, match="one of lightning, and the module one of pytorch_lightning"
    ):
        Sweep(pl.Trainer(**QUIET), made(Other), loader())
