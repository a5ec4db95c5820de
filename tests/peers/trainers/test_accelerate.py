"""What `accelerator.prepare` has made: the losses of the accelerator's own loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.optimizer import AcceleratedOptimizer
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import GradientAccumulationPlugin
from schedulefree import AdamWScheduleFree

from lrfind_widget import LRFinderWidget, Sweep, compare_lrs, lr_find, search_lr
from lrfind_widget.curves.schedule import Schedule
from tests.unit.isolating import both_isolations
from tests.unit.toys import classifier, loader, loss_of
from tests.unit.user_state import state_of

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 12}
CLIP = 0.5


@pytest.fixture(autouse=True)
def _no_accelerator() -> Iterator[None]:
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()


class Prepared:
    """A model, a loader of an odd number of batches and an optimizer, prepared."""

    def __init__(self, optimizer: Any = torch.optim.SGD, **options: Any) -> None:
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()
        self.accelerator = Accelerator(cpu=True, **options)
        torch.manual_seed(1)
        model = classifier()
        parts = model, loader(56), optimizer(model.parameters(), lr=0.1)
        self.model, self.loader, self.optimizer = self.accelerator.prepare(*parts)
        torch.manual_seed(2)

    @property
    def given(self) -> tuple[Any, Any, Any]:
        return self.model, self.loader, self.optimizer


def looped(prepared: Prepared, lrs: list[float], clip: float | None = None) -> list[float]:
    """The loop of Accelerate's manual; returns the mean loss of the batches of each step."""
    accelerator, (model, batches, optimizer) = prepared.accelerator, prepared.given
    model.train()
    optimizer.train()  # which does nothing where it has no modes
    steps: list[float] = []
    losses: list[torch.Tensor] = []
    while True:
        for batch in batches:
            with accelerator.accumulate(model):
                optimizer.param_groups[0]["lr"] = lrs[len(steps)]
                loss = loss_of(model, batch)
                losses.append(loss.detach())
                accelerator.backward(loss)
                if accelerator.sync_gradients and clip is not None:
                    accelerator.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()
                optimizer.zero_grad()
            if accelerator.sync_gradients:
                steps.append(torch.stack(losses).mean().item())
                losses = []
                if len(steps) == len(lrs):
                    return steps


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "accumulation": {"gradient_accumulation_steps": 2},
    "accumulation over epochs": {
        "gradient_accumulation_plugin": GradientAccumulationPlugin(
            num_steps=2, sync_with_dataloader=False
        )
    },
    "bf16": {"mixed_precision": "bf16", "gradient_accumulation_steps": 3},
    "adam": {"optimizer": torch.optim.AdamW},
    "schedule-free": {"optimizer": AdamWScheduleFree},
}


@both_isolations
@pytest.mark.parametrize("clip", [None, CLIP])
@pytest.mark.parametrize("case", CASES)
def test_the_losses_are_those_of_the_accelerators_loop(
    case: str, clip: float | None, isolation: Any
) -> None:
    lrs = Schedule(**RANGE).lrs().tolist()
    expected = looped(Prepared(**CASES[case]), lrs, clip)
    prepared = Prepared(**CASES[case])
    before = state_of(prepared.model, prepared.optimizer.optimizer)
    process = dict(vars(prepared.accelerator.gradient_state))
    sweep = Sweep(
        *prepared.given, isolation=isolation, clip_grad_norm=clip, stop_div=False, **RANGE
    )
    assert [point.loss for point in sweep] == expected
    assert sweep.receipt.identical, sweep.receipt
    assert state_of(prepared.model, prepared.optimizer.optimizer) == before
    assert vars(prepared.accelerator.gradient_state) == process
    assert prepared.accelerator.gradient_state.active_dataloader is None
    assert looped(prepared, lrs, clip) == expected


@both_isolations
def test_the_optimizers_own_scaler_is_used(isolation: Any) -> None:
    """As with fp16 on a GPU: here one is put in, of a scale at which the first steps overflow."""

    def large_loss(model: Any, batch: Any) -> torch.Tensor:
        return 64 * loss_of(model, batch)

    def scaled() -> Prepared:
        prepared = Prepared()
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=4)
        prepared.optimizer = AcceleratedOptimizer(prepared.optimizer.optimizer, scaler=scaler)
        return prepared

    prepared, lrs = scaled(), Schedule(**RANGE).lrs().tolist()
    prepared.accelerator.scaler = prepared.optimizer.scaler
    losses: list[float] = []
    while len(losses) < len(lrs):
        for batch in prepared.loader:
            if len(losses) == len(lrs):
                break
            prepared.optimizer.param_groups[0]["lr"] = lrs[len(losses)]
            loss = large_loss(prepared.model.train(), batch)
            prepared.accelerator.backward(loss)
            prepared.optimizer.step()
            prepared.optimizer.zero_grad()
            if not prepared.optimizer.step_was_skipped:
                losses.append(loss.item())
    prepared = scaled()
    scale = prepared.optimizer.scaler.state_dict()
    options = {"step_fn": large_loss, "stop_div": False, **RANGE}
    sweep = Sweep(*prepared.given, isolation=isolation, **options)
    assert [point.loss for point in sweep] == losses
    assert sweep.skipped_steps > 0
    assert prepared.optimizer.scaler.state_dict() == scale
    assert sweep.receipt.identical, sweep.receipt


def test_accumulation_that_is_given_counts() -> None:
    expected = looped(Prepared(gradient_accumulation_steps=4), Schedule(**RANGE).lrs().tolist())
    given = Prepared(gradient_accumulation_steps=2).given
    sweep = Sweep(*given, accumulate=4, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected


@both_isolations
def test_an_epoch_that_is_under_way_goes_on(isolation: Any) -> None:
    def seen(*, sweeps: bool) -> list[list[float]]:
        prepared = Prepared(gradient_accumulation_steps=2)
        batches = []
        for number, batch in enumerate(prepared.loader):
            if sweeps and number == 2:
                options = {"isolation": isolation, "val_loader": prepared.loader, "val_batches": 2}
                assert len(list(Sweep(*prepared.given, **options, **RANGE))) > 2
                assert prepared.accelerator.gradient_state.active_dataloader is prepared.loader
            batches.append(batch[0].flatten().tolist())
        assert prepared.accelerator.gradient_state.active_dataloader is None
        return batches

    assert seen(sweeps=True) == seen(sweeps=False)


@both_isolations
def test_rates_are_compared_and_searched_for(isolation: Any) -> None:
    options: dict[str, Any] = {"steps": 12, "isolation": isolation, "progress": False}
    prepared = Prepared(gradient_accumulation_steps=2)
    before = state_of(prepared.model, prepared.optimizer.optimizer)
    compared = compare_lrs(*prepared.given, lrs=[1e-3, 1e-1], **options)
    found = search_lr(*prepared.given, lr=0.1, **options)
    assert state_of(prepared.model, prepared.optimizer.optimizer) == before
    assert prepared.accelerator.gradient_state.active_dataloader is None
    for row, lr in enumerate(compared.lrs):
        expected = looped(Prepared(gradient_accumulation_steps=2), [lr] * 12)
        assert compared.losses[row].tolist() == expected
    for row, lr in enumerate(found.lrs):
        first_epoch = min(found.taken[row], 4)  # from the next on it draws other random numbers
        expected = looped(Prepared(gradient_accumulation_steps=2), [lr] * first_epoch)
        assert found.losses[row, :first_epoch].tolist() == expected


def test_a_rate_is_applied_to_the_optimizer() -> None:
    prepared = Prepared()
    result = lr_find(*prepared.given, apply=True, progress=False, seed=0)
    assert prepared.optimizer.param_groups[0]["lr"] == result.suggested_lr


def test_the_widget_takes_what_was_prepared() -> None:
    prepared = Prepared(gradient_accumulation_steps=2)
    widget = LRFinderWidget(*prepared.given, auto_start=False, **RANGE)
    widget.start()
    assert widget.wait(60)
    widget.selected_lr = 0.02
    widget.apply()
    assert prepared.optimizer.param_groups[0]["lr"] == 0.02


def test_a_forgotten_loader_is_said_to_be_missing() -> None:
    prepared = Prepared()
    with pytest.raises(TypeError, match="dataloader is None"):
        lr_find(prepared.model, optimizer=prepared.optimizer)
