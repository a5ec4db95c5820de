"""What a run's progress says: how far it is, at what pace, and what is done aside."""

from __future__ import annotations

import threading

from lrfind_widget.outcomes import Status
from lrfind_widget.points import Progress
from lrfind_widget.training.range_test import Sweep
from tests.unit.running import LONG, made, sweep
from tests.unit.toys import ScriptedLoss, batches, classifier, sgd


def test_progress_says_how_far_it_is_and_what_is_made_smaller():
    runner = made(sweep(num_it=5, stop_div=False))
    assert runner.progress == Progress(isolation=runner.progress.isolation)
    runner.start()
    runner.wait(LONG)
    status, done, seconds, objective, isolation, aside = runner.progress
    assert aside == ""

    assert (status, done) == (Status.FINISHED, 5)
    assert 0 < seconds < LONG
    assert objective.startswith("cross entropy")
    assert isolation.startswith("Trained on a copy")


def test_steps_that_a_pass_which_diverged_left_out_count_as_taken():
    values = ScriptedLoss([1.0, float("nan"), 1.0, 1.0, 1.0])
    model = classifier()
    swept = Sweep(model, batches(), sgd(model), loss_fn=values, num_it=3, repeats=2)
    seen = []
    runner = made(swept)
    runner.start(lambda: seen.append(runner.progress.done))
    runner.wait(LONG)

    assert seen[:5] == [1, 2, 4, 5, 6]


def test_a_pause_is_left_out_of_the_time_of_a_step():
    paused, seen = threading.Event(), []
    runner = made(sweep(num_it=3))
    runner.pause()
    runner.start(lambda: paused.set() if runner.progress.status is Status.PAUSED else None)
    assert paused.wait(LONG)
    assert runner.progress.seconds_per_step is None
    paused.clear()
    assert not paused.wait(0.5)
    runner.resume()
    runner.wait(LONG)
    seen.append(runner.progress.seconds_per_step)

    assert seen[0] < 0.15


def test_progress_says_what_is_done_aside_and_its_time_is_not_that_of_the_steps():
    runner = made(sweep(num_it=60, stop_div=False))
    seen = []
    runner.start(lambda: seen.append(runner.progress))
    runner.wait(LONG)
    aside = [progress for progress in seen if progress.aside]
    assert {progress.aside for progress in aside} == {"looking for the critical rate"}
    assert {progress.done for progress in aside} == {9}
    assert seen[-1].aside == ""
