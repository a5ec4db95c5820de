"""Several sweeps at once: each finds, bit for bit, what it finds alone."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from lrfind_widget import lr_find
from lrfind_widget.isolation import random_state
from lrfind_widget.options import CompareOptions, SearchOptions
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.points import Point
from lrfind_widget.training import experiment, run_thread
from lrfind_widget.training.experiment import Experiment
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget.training.search import Search
from lrfind_widget.training.short_trainings import ShortTrainings
from lrfind_widget.training.trainers import training_of
from tests.forked import exit_code_of_a_fork, forks
from tests.unit.toys import classifier, loader, seed_everything, sgd
from tests.unit.user_state import random_states
from tests.waiting import eventually

LONG = 30.0

Make = Callable[[], Experiment]

pytestmark = pytest.mark.usefixtures("seeded")


def sweep(seed: int | None = None, **options: object) -> Sweep:
    model = classifier(dropout=0.5)
    given = {"num_it": 25, "stop_div": False, **options}
    return Sweep(model, loader(), sgd(model), seed=seed, **given)


def alone(*made: Make) -> list[list[Point]]:
    """Return the points of each where it runs by itself, from one random state."""
    found = []
    for make in made:
        seed_everything(5)
        found.append(list(make()))
    seed_everything(5)
    return found


def unseeded() -> Sweep:
    return sweep()


def seeded() -> Sweep:
    return sweep(seed=3)


def validated() -> Sweep:
    return sweep(seed=4, val_loader=loader(), repeats=2, num_it=12)


def with_own_generator() -> Sweep:
    model = classifier(dropout=0.5)
    batches = loader(generator=torch.Generator().manual_seed(8))
    return Sweep(model, batches, sgd(model), num_it=25, stop_div=False, isolation="in_place")


def comparison() -> Experiment:
    model = classifier(dropout=0.5)
    return ShortTrainings(
        training_of(model, loader(), sgd(model)), [1e-3, 1e-2], CompareOptions(10)
    )


def search() -> Experiment:
    model = classifier(dropout=0.5)
    return Search(training_of(model, loader(), sgd(model)), 1e-2, SearchOptions(steps=10))


KINDS = [unseeded, seeded, validated, with_own_generator, comparison, search]


def test_in_a_loop_each_finds_what_it_finds_alone() -> None:
    expected = alone(*KINDS)
    experiments = [make() for make in KINDS]
    before = random_states()
    columns = zip(*itertools.zip_longest(*experiments), strict=True)
    found = [[point for point in column if point is not None] for column in columns]
    assert found == expected
    assert random_states() == before


def test_two_over_one_loader_with_a_generator_of_its_own() -> None:
    batches = loader(generator=torch.Generator().manual_seed(8))

    def make() -> Sweep:
        model = classifier(dropout=0.5)
        return Sweep(model, batches, sgd(model), num_it=25, stop_div=False)

    expected = alone(make)[0]
    before = batches.generator.get_state()
    assert list(zip(make(), make(), strict=True)) == [(point, point) for point in expected]
    assert torch.equal(batches.generator.get_state(), before)


def test_on_threads_each_finds_what_it_finds_alone() -> None:
    expected = alone(*KINDS)
    experiments = [make() for make in KINDS]
    before = random_states()
    runs = [RunThread(each) for each in experiments]
    for run in runs:
        run.start()
    for run in runs:
        assert run.wait(LONG)
    assert [run.points for run in runs] == expected
    assert random_states() == before
    assert all(run.result.receipt.identical for run in runs)


def test_a_pause_of_one_leaves_the_other_and_itself_as_they_are_alone() -> None:
    expected = alone(unseeded, seeded)
    swept = unseeded(), seeded()
    before = random_states()
    paused = threading.Event()
    runs = [RunThread(each) for each in swept]
    runs[0].pause()
    runs[0].start(lambda: paused.set() if runs[0].progress.status is Status.PAUSED else None)
    assert paused.wait(LONG)
    runs[1].start()
    assert runs[1].wait(LONG)
    runs[0].resume()
    assert runs[0].wait(LONG)
    assert [run.points for run in runs] == expected
    assert random_states() == before


def test_one_in_a_step_of_another_finds_what_it_finds_alone() -> None:
    expected = alone(unseeded, seeded)
    model = classifier(dropout=0.5)
    found: list[list[Point]] = []

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        if len(found) < 3:
            with torch.random.fork_rng():  # made anew, it seeds
                inner = seeded()
            found.append(list(inner))
        return nn.functional.cross_entropy(output, target)

    outer = Sweep(model, loader(), sgd(model), loss_fn=loss_fn, num_it=25, stop_div=False)
    assert [list(outer), *found] == [expected[0], *[expected[1]] * 3]


@contextlib.contextmanager
def held() -> Iterator[RunThread]:
    """Give a run whose first step lasts until the end of the block."""
    entered, leave = threading.Event(), threading.Event()
    model = classifier()

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        entered.set()
        assert leave.wait(LONG)
        return nn.functional.cross_entropy(output, target)

    run = RunThread(Sweep(model, loader(), sgd(model), loss_fn=loss_fn, num_it=3))
    run.start()
    assert entered.wait(LONG)
    yield run
    leave.set()
    assert run.wait(LONG)
    assert run.progress.status is Status.FINISHED


@pytest.fixture
def stuck() -> Iterator[RunThread]:
    with held() as run:
        yield run


@pytest.mark.parametrize("make", KINDS)
def test_one_that_waits_for_the_step_of_another_can_be_stopped(
    stuck: RunThread, make: Make
) -> None:
    run = RunThread(make())
    run.start()
    run.stop()
    assert run.wait(LONG)
    assert (run.progress.status, run.points) == (Status.STOPPED, [])
    assert run.result.receipt.identical


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process begun in the background may ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_one_that_waits_for_the_step_of_another_can_be_interrupted(stuck: RunThread) -> None:
    model = classifier()

    def interrupt() -> None:
        assert eventually(lambda: len(random_state._TURNS) == 2)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    found = lr_find(model, loader(), sgd(model), progress=False)
    assert found.stop_reason is StopReason.STOPPED
    assert found.receipt is not None
    assert found.receipt.identical


def test_after_a_pause_one_that_waits_for_the_step_of_another_can_be_stopped() -> None:
    paused = threading.Event()
    waiting = RunThread(unseeded())
    waiting.pause()
    waiting.start(lambda: paused.set() if waiting.progress.status is Status.PAUSED else None)
    assert paused.wait(LONG)
    with held() as stuck:
        waiting.resume()
        waiting.pause()
        waiting.resume()
        assert not waiting.wait(0.2)
        waiting.stop()
        assert waiting.wait(LONG)
    assert waiting.result.receipt.identical
    assert stuck.result.receipt.identical


def test_many_end_at_random_moments_and_the_others_find_what_they_find_alone() -> None:
    expected = alone(unseeded)[0]
    experiments = [unseeded() for _ in range(8)]
    before = random_states()
    runs = [RunThread(each) for each in experiments]
    for run in runs:
        run.start()
    for number, run in enumerate(runs):
        if number % 2:
            run.stop()
        elif number % 4:
            run.pause()
            run.resume()
    for run in runs:
        assert run.wait(LONG)
        assert run.points == expected[: len(run.points)]
    assert [len(run.points) for run in runs[::2]] == [25] * 4
    assert random_states() == before


@forks
def test_a_process_forked_within_a_step_can_sweep(stuck: RunThread) -> None:
    """It has no thread but its own, so nobody would ever end the turn that another thread has."""
    model = classifier()
    given = (model, loader(), sgd(model))
    assert exit_code_of_a_fork(lr_find, *given, num_it=3, progress=False) == 0


@forks
def test_a_forked_process_waits_for_no_thread_that_it_lacks(
    stuck: RunThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_thread, "SHUTDOWN_SECONDS", 10 * LONG)

    def end() -> None:
        run_thread._stop_all()
        assert stuck.wait()
        assert isinstance(stuck.error, RuntimeError)
        assert stuck.progress.status is Status.FAILED

    assert exit_code_of_a_fork(end) == 0


@forks
def test_a_forked_process_leaves_alone_what_another_thread_was_reading() -> None:
    read, leave, made = threading.Event(), threading.Event(), sweep()

    def read_one() -> None:
        points = iter(made)
        next(points)
        read.set()
        leave.wait(LONG)
        points.close()

    def end() -> None:
        experiment._end_all()
        assert made.stop_reason is None

    thread = threading.Thread(target=read_one)
    thread.start()
    assert read.wait(LONG)
    assert exit_code_of_a_fork(end) == 0
    leave.set()
    thread.join(LONG)
    assert made.result().receipt.identical
