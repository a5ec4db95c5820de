"""Wherever a sweep fails, and however it ends, the user's state is what it was, to the bit."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from torch.utils.data import DataLoader, TensorDataset

from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.faults import (
    FAMILIES,
    FAULTS,
    WORKER_FAULTS,
    Mine,
    Setting,
    conv_sgd_scheduled,
    mlp_adam,
    nan,
)
from tests.unit.models import X, Y

pytestmark = pytest.mark.slow

families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
kinds = pytest.mark.parametrize("kind", ["copy", "in_place"])


def _run(sweep: Sweep) -> int:
    return sum(1 for _ in sweep)


@families
@kinds
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_nothing(fault: str, kind: str, family: Any) -> None:
    model_fault, wrap, options, error = FAULTS[fault]
    setting = Setting(family, kind, model_fault=model_fault, wrap=wrap, **options)
    if error is None:
        _run(setting.sweep)
        assert setting.sweep.stop_reason is StopReason.NON_FINITE
    else:
        with pytest.raises(error):
            _run(setting.sweep)
        assert setting.sweep.stop_reason in (StopReason.FAILED, StopReason.STOPPED)
    setting.check()


@kinds
@pytest.mark.parametrize("fault", WORKER_FAULTS)
def test_a_fault_in_a_worker_loses_nothing(fault: str, kind: str) -> None:
    collate, error = WORKER_FAULTS[fault]
    loader = DataLoader(TensorDataset(X, Y), batch_size=2, num_workers=1, collate_fn=collate)
    setting = Setting(mlp_adam, kind, dataloader=loader)
    with pytest.raises(error):
        _run(setting.sweep)
    setting.check()


@families
@kinds
def test_a_loss_that_is_nan_from_the_first_step_loses_nothing(kind: str, family: Any) -> None:
    setting = Setting(family, kind, dataloader=[(nan(X), Y)], clip_grad_norm=None)
    assert _run(setting.sweep) >= (0 if "grad_scaler" in setting.sweep.settings else 1)
    assert setting.sweep.stop_reason is StopReason.NON_FINITE
    setting.check()


# --- endings -------------------------------------------------------------------------------------


def _finishes(setting: Setting) -> None:
    assert _run(setting.sweep) == 6
    assert setting.sweep.stop_reason is StopReason.FINISHED


def _is_stopped(setting: Setting) -> None:
    for point in setting.sweep:
        if point.step == 2:
            setting.sweep.stop()
    assert setting.sweep.stop_reason is StopReason.STOPPED


def _is_paused_then_stopped(setting: Setting) -> None:
    setting.sweep.on_wait = lambda waiting: setting.sweep.stop() if waiting else None
    for point in setting.sweep:
        if point.step == 2:
            setting.sweep.pause()
    assert setting.sweep.stop_reason is StopReason.STOPPED


def _is_paused_then_resumed(setting: Setting) -> None:
    setting.sweep.on_wait = lambda waiting: setting.sweep.resume() if waiting else None
    for point in setting.sweep:
        if point.step == 2:
            setting.sweep.pause()
    assert setting.sweep.stop_reason is StopReason.FINISHED


def _is_closed(setting: Setting) -> None:
    points = iter(setting.sweep)
    next(points)
    points.close()
    assert setting.sweep.stop_reason is StopReason.STOPPED


def _is_forgotten(setting: Setting) -> None:
    points = iter(setting.sweep)
    next(points)
    del points
    assert setting.sweep.stop_reason is StopReason.STOPPED


def _is_interrupted(setting: Setting) -> None:
    points = iter(setting.sweep)
    next(points)
    with pytest.raises(KeyboardInterrupt):
        points.throw(KeyboardInterrupt())
    assert setting.sweep.stop_reason is StopReason.STOPPED


def _meets_an_error_of_its_reader(setting: Setting) -> None:
    def read() -> None:
        for _ in setting.sweep:
            raise Mine("in the loop over the points")

    with pytest.raises(Mine) as caught:
        read()
    # The traceback holds the frame that holds the sweep's generator, so let go of both.
    caught.value.__traceback__ = None
    del caught
    assert setting.sweep.stop_reason is StopReason.STOPPED


def _meets_an_error_in_a_hook(setting: Setting) -> None:
    with pytest.raises(Mine):
        _run(setting.sweep)
    assert setting.sweep.stop_reason is StopReason.FAILED


ENDINGS = [
    *(_finishes, _is_stopped, _is_paused_then_stopped, _is_paused_then_resumed, _is_closed),
    *(_is_forgotten, _is_interrupted, _meets_an_error_of_its_reader),
]


@families
@kinds
@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__.strip("_"))
def test_a_sweep_that_ends_loses_nothing(end: Any, kind: str, family: Any) -> None:
    setting = Setting(family, kind)
    end(setting)
    setting.check()


@kinds
def test_a_sweep_that_diverges_loses_nothing(kind: str) -> None:
    setting = Setting(mlp_adam, kind, end_lr=1e4, num_it=60, stop_div=True)
    _run(setting.sweep)
    assert setting.sweep.stop_reason is StopReason.DIVERGED
    setting.check()


@kinds
@pytest.mark.parametrize("where", ["forward", "full_backward", "optimizer"])
def test_an_error_in_a_hook_of_the_user_loses_nothing(where: str, kind: str) -> None:
    def hook(*_: Any) -> None:
        raise Mine("in a hook")

    setting = Setting(mlp_adam, kind)
    if where == "optimizer":
        setting.optimizer.register_step_post_hook(hook)
    else:
        getattr(setting.model[4], f"register_{where}_hook")(hook)
    setting.before = setting.state()
    _meets_an_error_in_a_hook(setting)
    setting.check()


# --- on a thread, as under a widget --------------------------------------------------------------


@kinds
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_a_thread_loses_nothing(fault: str, kind: str) -> None:
    model_fault, wrap, options, _ = FAULTS[fault]
    setting = Setting(conv_sgd_scheduled, kind, model_fault=model_fault, wrap=wrap, **options)
    runner = RunThread(setting.sweep)
    runner.start()
    assert runner.wait(60)
    setting.check()


@kinds
def test_an_error_of_the_listener_loses_nothing(kind: str) -> None:
    def wake() -> None:
        raise Mine("the page is gone")

    setting = Setting(mlp_adam, kind)
    runner = RunThread(setting.sweep)
    runner.start(wake)
    assert runner.wait(60)
    assert isinstance(runner.error, Mine)
    setting.check()


@kinds
def test_a_sweep_stopped_in_a_pause_on_a_thread_loses_nothing(kind: str) -> None:
    setting = Setting(mlp_adam, kind)
    paused = threading.Event()
    runner = RunThread(setting.sweep)
    runner.pause()
    runner.start(lambda: paused.set() if runner.progress.status == "paused" else None)
    assert paused.wait(60)
    runner.stop()
    assert runner.wait(60)
    assert setting.sweep.stop_reason is StopReason.STOPPED
    setting.check()
