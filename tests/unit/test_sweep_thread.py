"""The range test: what it asks of its thread, pauses and random state."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest
import torch

from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, loader, sgd


def sweep(batches_=None, model=None, **options):
    model = classifier() if model is None else model
    return Sweep(model, loader() if batches_ is None else batches_, sgd(model), **options)


def test_it_trains_where_gradients_are_switched_off():
    expected = list(sweep(num_it=5, seed=1))
    for mode in (torch.no_grad(), torch.inference_mode()):
        with mode:
            assert list(sweep_made_outside()) == expected


def sweep_made_outside():
    with torch.inference_mode(False):
        return sweep(num_it=5, seed=1)


def test_the_reader_of_the_points_keeps_its_own_grad_mode():
    with torch.no_grad():
        seen = {torch.is_grad_enabled() for _ in sweep_made_outside()}

    assert seen == {False}
    assert torch.is_grad_enabled()


def test_autocast_of_the_caller_does_not_change_the_sweep():
    expected = list(sweep(num_it=5, seed=1))
    with torch.autocast("cpu", torch.bfloat16):
        assert list(sweep(num_it=5, seed=1)) == expected


def test_it_is_the_same_on_another_thread():
    expected = list(sweep(num_it=5, seed=1))
    found = []
    thread = threading.Thread(target=lambda: found.extend(sweep(num_it=5, seed=1)))
    thread.start()
    thread.join()

    assert found == expected


def test_it_never_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(sweep(num_it=5, seed=1, amp="bf16", val_loader=batches(1)))


def test_a_model_in_eval_mode_is_trained_in_train_mode():
    model = classifier().eval()
    seen = []
    model.register_forward_pre_hook(lambda module, _: seen.append(module.training))

    list(sweep(model=model, num_it=3, isolation="in_place"))

    assert seen == [True] * 3
    assert not any(module.training for module in model.modules())


def test_a_frozen_norm_inside_a_training_model_stays_frozen():
    model = classifier()
    model[1].eval()
    seen = []
    model[1].register_forward_pre_hook(lambda module, _: seen.append(module.training))

    list(sweep(model=model, num_it=3, isolation="in_place"))

    assert seen == [False] * 3


def test_one_sweep_runs_once_at_a_time():
    swept = sweep()
    points = iter(swept)
    next(points)
    with pytest.raises(RuntimeError, match="running already"):
        next(iter(swept))
    points.close()

    assert len(list(swept)) > 1


def test_a_second_sweep_of_a_model_trained_in_place_is_refused():
    model = classifier()
    first = iter(sweep(model=model, isolation="in_place"))
    next(first)
    with pytest.raises(RuntimeError, match="swept in place by another sweep"):
        next(iter(sweep(model=model)))
    first.close()

    assert len(list(sweep(model=model, num_it=3))) == 3


def test_two_sweeps_of_one_model_in_copy_mode_both_work():
    model = classifier()
    one = iter(sweep(model=model, num_it=5, isolation="copy"))
    two = iter(sweep(model=model, num_it=5, isolation="copy"))

    assert [len(pair) for pair in zip(one, two, strict=True)] == [2] * 5


# Pause.


def test_a_paused_sweep_waits_and_goes_on():
    swept = sweep(num_it=20, seed=2, stop_div=False)
    expected = list(swept)
    waits = []
    resumed = threading.Event()

    def on_wait(waiting):
        waits.append(waiting)
        if waiting:
            threading.Timer(0.01, lambda: (resumed.set(), swept.resume())).start()

    swept.on_wait = on_wait
    points = []
    for point in swept:
        if point.step == 7:
            swept.pause()
        if point.step == 8:
            assert resumed.is_set()
        points.append(point)

    assert points == expected
    assert waits == [True, False]


def test_the_random_state_is_its_owners_during_a_pause():
    """What a cell draws in a pause neither disturbs the sweep nor is taken back."""
    swept = sweep(num_it=10, seed=2, stop_div=False)
    expected = list(swept)
    torch.manual_seed(99)
    drawn = []

    def on_wait(waiting):
        if waiting:
            drawn.append(torch.rand(3))
            swept.resume()

    swept.on_wait = on_wait
    points = []
    for point in swept:
        if point.step == 4:
            swept.pause()
        points.append(point)
    drawn.append(torch.rand(3))

    torch.manual_seed(99)
    assert torch.equal(drawn[0], torch.rand(3))
    assert torch.equal(drawn[1], torch.rand(3))
    assert points == expected


def test_stop_ends_a_paused_sweep():
    swept = sweep()
    swept.on_wait = lambda waiting: swept.stop() if waiting else None
    swept.pause()

    assert list(swept) == []
    assert swept.stop_reason is StopReason.STOPPED
    assert swept.receipt.identical


def test_a_seed_makes_a_sweep_repeatable_whatever_was_drawn_before():
    model = classifier()
    curves = []
    for drawn in (0, 5):
        torch.rand(drawn)
        np.random.rand(drawn)  # noqa: NPY002 - the global generator is the point
        curves.append([point.loss for point in sweep(model=model, num_it=10, seed=8)])

    assert curves[0] == curves[1]


def test_a_seed_also_seeds_the_generator_of_the_loader():
    generator = torch.Generator()
    curves = []
    for _ in range(2):
        torch.rand(3, generator=generator)
        batches_ = loader(generator=generator)
        curves.append([point.loss for point in sweep(batches_, num_it=10, seed=8)])

    assert curves[0] == curves[1]
