"""fastai's `Learner`, taken as it is: the losses of its own `fit`, and nothing left behind."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastai.basics import (
    SGD,
    Adam,
    Callback,
    CancelFitException,
    CancelStepException,
    CrossEntropyLossFlat,
    DataLoader,
    DataLoaders,
    Learner,
    OptimWrapper,
    accuracy,
)
from fastai.callback.all import (
    CSVLogger,
    EarlyStoppingCallback,
    GradientAccumulation,
    GradientClip,
    MixUp,
    ParamScheduler,
    SaveModelCallback,
    SchedCos,
    ShortEpochCallback,
    TerminateOnNaNCallback,
)
from torch import nn
from torch.utils.data import DataLoader as TorchDataLoader

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find, search_lr
from lrfind_widget.curves.schedule import Schedule
from tests.unit.isolating import both_isolations
from tests.unit.toys import classifier, data

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 14}


class Rates(Callback):
    """Sets the rates of a sweep, as fastai's own `LRFinder` does, and records the losses."""

    order, run_valid = 100, False

    def __init__(self, lrs: list[float]) -> None:
        self.rates = lrs
        self.seen: list[tuple[int, float]] = []

    def before_fit(self) -> None:
        self.steps = 0

    def before_batch(self) -> None:
        lr = [*self.rates, 0.0][self.steps]
        shares = [h["lr"] / self.opt.hypers[0]["lr"] for h in self.opt.hypers]
        self.opt.set_hyper("lr", [lr * share for share in shares])

    def after_loss(self) -> None:
        self.seen.append((self.steps, self.learn.loss.item()))

    def before_step(self) -> None:
        self.steps += 1

    def after_batch(self) -> None:
        if self.steps >= len(self.rates):
            raise CancelFitException

    @property
    def losses(self) -> list[float]:
        """The mean loss of the batches of each step."""
        batches = [[loss for step, loss in self.seen if step == n] for n in range(len(self.rates))]
        return [torch.tensor(each).mean().item() for each in batches]


class Quiet(Callback):
    """Writes a file by itself, and keeps count."""

    def __init__(self) -> None:
        self.counted: list[int] = []

    def after_batch(self) -> None:
        self.counted.append(self.iter)

    def after_epoch(self) -> None:
        self.learn.save(f"mine_{self.epoch}")
        (self.path / "log.txt").write_text("an epoch")


class Autocast(Callback):
    """bf16 on the CPU, as `MixedPrecision` has it on a GPU."""

    order = 10

    def before_batch(self) -> None:
        self.cast = torch.autocast("cpu", dtype=torch.bfloat16)
        self.cast.__enter__()

    def after_pred(self) -> None:
        self.learn.pred = self.pred.float()

    def after_loss(self) -> None:
        self.cast.__exit__(None, None, None)


def learner(path: Path, *cbs: Any, examples: int = 60, bs: int = 8, **options: Any) -> Learner:
    """A Learner with dropout, BatchNorm and an epoch of an odd number of batches."""
    seeds(0)
    train = DataLoader(data(examples), bs=bs, shuffle=True)
    loaders = DataLoaders(train, DataLoader(data(16), bs=bs), path=path)
    settings = {"loss_func": CrossEntropyLossFlat(), "opt_func": SGD, **options}
    return Learner(loaders, classifier(), cbs=list(cbs), **settings)


def seeds(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is the point
    random.seed(seed)


def fitted(learn: Learner, **options: Any) -> list[float]:
    """The losses of `Learner.fit` at the rates of a sweep."""
    rates = Rates(Schedule(**RANGE).lrs().tolist())
    with learn.no_bar(), learn.no_logging():
        learn.fit(10, cbs=rates, **options)
    return rates.losses


def body_and_head(model: nn.Sequential) -> list[list[Any]]:
    return [list(model[:2].parameters()), list(model[2:].parameters())]


def trained(learn: Learner) -> Learner:
    with learn.no_bar(), learn.no_logging():
        learn.fit(1)
    return learn


CASES: dict[str, Callable[[Path], Learner]] = {
    "plain": learner,
    "adam": partial(learner, opt_func=Adam, wd=0.1),
    "mixup": lambda path: learner(path, MixUp()),
    "accumulation and clipping": lambda path: learner(
        path, GradientAccumulation(16), GradientClip(0.5)
    ),
    "wrapped": partial(learner, opt_func=partial(OptimWrapper, opt=torch.optim.AdamW)),
    "bf16": lambda path: learner(path, Autocast()),
    "saving": lambda path: learner(
        path,
        SaveModelCallback(),
        CSVLogger(),
        Quiet(),
        EarlyStoppingCallback(patience=9),
        metrics=accuracy,
    ),
    "scheduled": lambda path: learner(path, ParamScheduler({"mom": SchedCos(0.95, 0.85)})),
    "groups": partial(learner, splitter=body_and_head, lr=slice(1e-4, 1e-2)),
    "trained before": lambda path: trained(learner(path, opt_func=Adam)),
    "accumulated before": lambda path: trained(learner(path, GradientAccumulation(16))),
}


@both_isolations
@pytest.mark.parametrize("case", CASES)
def test_the_losses_are_those_of_fit(case: str, isolation: Any, tmp_path: Path) -> None:
    expected = fitted(CASES[case](tmp_path))
    learn = CASES[case](tmp_path)
    sweep = Sweep(learn, isolation=isolation, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert sweep.receipt.identical, sweep.receipt
    assert fitted(learn) == expected


def described(learn: Learner) -> Any:
    """All that a person can see of a Learner: its attributes, those of its callbacks, its files."""
    parts = [learn, *learn.cbs, learn.dls, *learn.dls.loaders, learn.loss_func]
    states = [{**vars(part)} for part in parts]
    orders = [loader.rng.getstate() for loader in learn.dls.loaders]
    values = [(p.data_ptr(), p.grad, p.detach().clone()) for p in learn.model.parameters()]
    files = sorted(path for path in Path(learn.path).rglob("*"))
    return states, orders, values, files, [*learn.cbs], learn.model.training


def same(before: Any, after: Any) -> bool:
    if isinstance(before, torch.Tensor):
        return before is after or torch.equal(before, after)
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(v, after[k]) for k, v in before.items())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(same, before, after))
    return before is after or before == after


@both_isolations
@pytest.mark.parametrize("case", ["plain", "saving", "trained before", "accumulated before"])
def test_nothing_is_left_behind(case: str, isolation: Any, tmp_path: Path, capfd: Any) -> None:
    learn = CASES[case](tmp_path)
    before, had = described(learn), learn.opt is not None
    folders = set(Path(tempfile.gettempdir()).glob("lrfind_widget_*"))
    capfd.readouterr()
    sweep = Sweep(learn, isolation=isolation, val_loader=True, **RANGE)
    assert len(list(sweep)) > 5
    assert sweep.receipt.identical, sweep.receipt
    assert same(before, described(learn))
    assert (learn.opt is not None) == had
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
    before = described(learn)
    sweep = Sweep(learn, isolation=isolation, **RANGE)
    with pytest.raises(RuntimeError, match="no more"):
        list(sweep)
    assert same(before, described(learn))
    assert sweep.receipt.identical, sweep.receipt
    assert "in step 5 of 14: Exception occured in `Failing`" in sweep.stop_sentence


def test_an_optimizer_that_was_made_before_is_taken(tmp_path: Path) -> None:
    def wrapped() -> Learner:
        learn = learner(tmp_path)
        inner = torch.optim.AdamW(learn.model.parameters(), lr=0.3)
        learn.opt_func = OptimWrapper(opt=inner)
        learn.model(torch.randn(8, 4)).sum().backward()
        inner.step()  # whose moments a fit forgets
        inner.zero_grad()
        return learn

    expected = fitted(wrapped())
    for isolation in ("copy", "in_place"):
        learn = wrapped()
        state = learn.opt_func.opt.state_dict()
        sweep = Sweep(learn, isolation=isolation, stop_div=False, **RANGE)
        assert [point.loss for point in sweep] == expected
        assert sweep.receipt.identical, sweep.receipt
        assert same(state, learn.opt_func.opt.state_dict())
        assert learn.opt is None


@both_isolations
def test_a_loss_that_uses_the_learner_is_followed(isolation: Any, tmp_path: Path) -> None:
    def decayed() -> Learner:
        learn = learner(tmp_path)

        def loss(output: Any, target: Any) -> Any:
            weights = sum(p.square().sum() for p in learn.model.parameters())
            return nn.functional.cross_entropy(output, target) + 1e-2 * weights

        learn.loss_func = loss
        return learn

    expected = fitted(decayed())
    learn = decayed()
    if isolation == "copy":
        with pytest.raises(ValueError, match="is not possible here"):
            list(Sweep(learn, isolation="copy", **RANGE))
        isolation = "auto"
    assert [p.loss for p in Sweep(learn, isolation=isolation, stop_div=False, **RANGE)] == expected


def test_another_weight_decay_is_that_of_the_fit(tmp_path: Path) -> None:
    expected = fitted(learner(tmp_path), wd=0.5)
    sweep = Sweep(learner(tmp_path), wd=0.5, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert expected != fitted(learner(tmp_path))


def test_a_seed_repeats_a_fit_that_was_seeded(tmp_path: Path) -> None:
    def seeded(learn: Learner) -> Learner:
        seeds(3)
        for loader in learn.dls.loaders:
            loader.rng.seed(3)
        return learn

    expected = fitted(seeded(learner(tmp_path)))
    sweep = Sweep(learner(tmp_path), seed=3, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert [point.loss for point in sweep] == expected


def test_the_validation_loss_is_the_learners(tmp_path: Path) -> None:
    learn = learner(tmp_path, MixUp(), metrics=accuracy)
    points = list(Sweep(learn, val_loader=True, **RANGE))
    plain = [point.loss for point in Sweep(learn, **RANGE)]
    assert [point.loss for point in points] == plain[: len(points)]
    with learn.no_bar(), learn.no_logging():
        rates = Rates([RANGE["start_lr"]])
        learn.fit(1, cbs=rates)
    assert points[0].val_loss == pytest.approx(learn.validate()[0], rel=1e-6)


def test_callbacks_may_end_it(tmp_path: Path) -> None:
    class Early(Callback):
        def after_batch(self) -> None:
            if self.training and self.train_iter == 5:
                raise CancelFitException

    sweep = Sweep(learner(tmp_path, Early()), **RANGE)
    assert len(list(sweep)) == 5
    assert sweep.stop_sentence == (
        "Ended early, after 5 of 14 steps. A callback of the Learner has ended its training: leave "
        "it out to sweep on."
    )
    with pytest.raises(ValueError, match="A callback of the Learner has ended its training"):
        compare_lrs(learner(tmp_path, Early()), lrs=[0.1], steps=9, progress=False)


def test_a_step_that_is_left_out_is_taken_again(tmp_path: Path) -> None:
    """As `MixedPrecision` leaves out those whose gradient overflows."""

    class Overflows(Callback):
        def before_step(self) -> None:
            if self.train_iter in (2, 3):
                raise CancelStepException

    sweep = Sweep(learner(tmp_path, Overflows()), stop_div=False, **RANGE)
    lrs = [point.lr for point in sweep]
    assert lrs == Schedule(**RANGE).lrs().tolist()
    assert sweep.skipped_steps == 2


def test_callbacks_may_end_an_epoch(tmp_path: Path) -> None:
    short = partial(learner, tmp_path, ShortEpochCallback(0.5))
    expected = fitted(short())
    assert [p.loss for p in Sweep(short(), stop_div=False, **RANGE)] == expected


def test_a_loss_that_is_nan_ends_it_as_it_ends_the_fit(tmp_path: Path) -> None:
    options = {"start_lr": 1e20, "end_lr": 1e38, "num_it": 20, "stop_div": False}
    sweep = Sweep(learner(tmp_path, TerminateOnNaNCallback()), **options)
    list(sweep)
    assert "the loss was" in sweep.stop_sentence


def test_a_callback_that_sets_the_rate_is_found(tmp_path: Path) -> None:
    class Own(Callback):
        def before_step(self) -> None:
            self.opt.set_hyper("lr", 0.5)

    with pytest.raises(ValueError, match="learning rate was 5e-1 when the optimizer took its step"):
        list(Sweep(learner(tmp_path, Own()), **RANGE))


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_rates_are_compared_by_short_fits(isolation: Any, tmp_path: Path) -> None:
    lrs = [1e-3, 1e-1]
    learn = learner(tmp_path, GradientAccumulation(16), MixUp())
    found = compare_lrs(learn, lrs=lrs, steps=9, isolation=isolation, progress=False)
    for row, lr in enumerate(lrs):
        twin = learner(tmp_path, GradientAccumulation(16), MixUp())
        rates = Rates([lr] * 9)
        with twin.no_bar(), twin.no_logging():
            twin.fit(10, cbs=rates)
        assert found.losses[row].tolist() == rates.losses


def test_a_search_trains_by_fits(tmp_path: Path) -> None:
    learn = learner(tmp_path, MixUp())
    before = described(learn)
    found = search_lr(learn, lr=0.1, steps=24, val_loader=True, progress=False, seed=0)
    assert same(before, described(learn))
    for row, lr in enumerate(found.lrs):
        alone = compare_lrs(learn, lrs=[lr], steps=24, seed=0, progress=False)
        taken = found.taken[row]
        assert found.losses[row, :taken].tolist() == alone.losses[0, :taken].tolist()


@pytest.mark.parametrize("has_opt", [False, True])
def test_a_rate_is_applied_where_a_fit_reads_it(has_opt: bool, tmp_path: Path) -> None:
    learn = learner(tmp_path)
    if has_opt:
        trained(learn)
    result = lr_find(learn, apply=True, progress=False, seed=0)
    assert learn.lr == result.suggested_lr
    assert (learn.opt is None) != has_opt
    trained(learn)
    assert learn.recorder.lrs == [result.suggested_lr] * len(learn.dls.train)


def test_the_ratios_of_groups_are_kept(tmp_path: Path) -> None:
    learn = learner(tmp_path, splitter=body_and_head, lr=slice(1e-4, 1e-2))
    sweep = Sweep(learn, **RANGE)
    assert sweep.multipliers == pytest.approx((1, 100))
    lr_find(learn, apply=True, progress=False, seed=0)
    low, high = learn.lr
    assert high == pytest.approx(100 * low)
    trained(learn)
    assert [h["lr"] for h in learn.opt.hypers] == learn.lr


def test_a_rate_in_the_function_of_the_optimizer_is_written_there(tmp_path: Path) -> None:
    learn = learner(tmp_path, opt_func=partial(SGD, lr=0.7))
    result = lr_find(learn, apply=True, progress=False, seed=0)
    trained(learn)
    assert learn.recorder.lrs[0] == result.suggested_lr


def test_the_widget_takes_a_learner(tmp_path: Path) -> None:
    learn = learner(tmp_path)
    widget = LRFinderWidget(learn, auto_start=False, **RANGE)
    widget.start()
    assert widget.wait(60)
    widget.selected_lr = 0.02
    widget.apply()
    assert learn.lr == 0.02


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss_fn": nn.CrossEntropyLoss()}, "loss_fn was given beside a Learner"),
        ({"accumulate": 2}, "accumulate was given beside a Learner"),
        ({"amp": "bf16"}, "amp was given beside a Learner"),
        ({"clip_grad_norm": 1.0}, "clip_grad_norm was given beside a Learner"),
    ],
)
def test_what_the_learner_says_itself_is_refused(
    options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=says):
        Sweep(learner(tmp_path), **options)


def test_a_learner_that_cannot_train_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no opt_func that makes one"):
        Sweep(learner(tmp_path, opt_func=None))
    with pytest.raises(ValueError, match=r"dls.train has no batch"):
        Sweep(learner(tmp_path, examples=0))
    with pytest.raises(TypeError, match="Pass the Learner alone"):
        Sweep(learner(tmp_path), [(torch.zeros(1, 4), torch.zeros(1))])


def test_a_callback_that_cannot_be_copied_is_refused(tmp_path: Path) -> None:
    class Locked(Callback):
        def __init__(self) -> None:
            self.held = threading.Lock()

    learn = learner(tmp_path, Locked())
    learn.a_lock_of_mine = threading.Lock()
    with pytest.raises(ValueError, match=r"with learner\.removed_cbs\(learner\.locked\)"):
        Sweep(learn)
    with learn.removed_cbs(learn.locked):
        Sweep(learn)


def test_loaders_of_torch_and_frozen_groups_are_taken(tmp_path: Path) -> None:
    def made() -> Learner:
        seeds(0)
        train = TorchDataLoader(data(60), batch_size=8, shuffle=True)
        loaders = DataLoaders(train, TorchDataLoader(data(16), batch_size=8), path=tmp_path)
        loss = nn.CrossEntropyLoss()
        learn = Learner(loaders, classifier(), loss_func=loss, splitter=body_and_head)
        learn.freeze()
        return learn

    expected = fitted(made())
    for isolation in ("copy", "in_place"):
        sweep = Sweep(made(), isolation=isolation, stop_div=False, **RANGE)
        assert [point.loss for point in sweep] == expected


class Noisy:
    """Items that are drawn in the worker processes."""

    def __init__(self, items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Any:
        inputs, target = self.items[place]
        return inputs + torch.randn(4), target


def test_workers_draw_what_they_draw_in_a_fit(tmp_path: Path) -> None:
    def made() -> Learner:
        seeds(0)
        train = DataLoader(Noisy(data(60)), bs=8, shuffle=True, num_workers=2)
        loaders = DataLoaders(train, DataLoader(data(16), bs=8), path=tmp_path)
        return Learner(loaders, classifier(), loss_func=CrossEntropyLossFlat(), opt_func=SGD)

    expected = fitted(made())
    sweep = Sweep(made(), stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert sweep.receipt.identical, sweep.receipt


def test_repeats_go_on_with_the_next_fit(tmp_path: Path) -> None:
    result = lr_find(learner(tmp_path, MixUp()), repeats=2, progress=False, stop_div=False, **RANGE)
    first, second = (result.losses[result.repeats == repeat].tolist() for repeat in (0, 1))
    assert first == fitted(learner(tmp_path, MixUp()))
    assert len(second) == len(first)
    assert second != first
