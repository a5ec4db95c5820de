"""What a person's observers may do, on whichever thread they are called."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Status
from lrfind_widget.publisher import Publisher
from tests.waiting import eventually
from tests.widget.hands import drag, set_setting
from tests.widget.shown import bars, chart
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")

WAIT = 30


class Observer:
    """Does something once, when a trait becomes what it waits for.

    Attributes
    ----------
    threads : list of str
        The thread that it was done on.
    raised : list of BaseException
        What it raised, which is raised again.
    """

    def __init__(self, action: Callable[[], object], when: Callable[[Any], bool]) -> None:
        self.threads: list[str] = []
        self.raised: list[BaseException] = []
        self._action = action
        self._when = when

    def __call__(self, change: Any) -> None:
        if self.threads or not self._when(change.new):
            return
        self.threads.append(threading.current_thread().name)
        try:
            self._action()
        except BaseException as error:
            self.raised.append(error)
            raise


def on(widget: LRFinderWidget, trait: str, when: Any, action: Callable[[], object]) -> Observer:
    """Let an observer of a trait act once; `when` is a value, or asks whether it is the one."""
    made = Observer(action, when if callable(when) else lambda new: new is when)
    widget.observe(made, trait)
    return made


def is_true(_: Any) -> bool:
    return True


def has_ended(status: Status) -> bool:
    return not status.is_running and status is not Status.WAITING


def agrees(widget: LRFinderWidget) -> bool:
    """Whether traits, session and page say the same."""
    state, marker = widget.state, chart(widget).marker
    rates = {widget.selected_lr, widget.value, state.selected_lr, marker.value}
    statuses = {widget.status, state.status, Status(bars(widget).run.status)}
    analysis = None if state.is_sweeping else state.analysis
    suggested = None if analysis is None else analysis.suggested.lr
    return len(rates) == len(statuses) == 1 and (
        analysis is None or widget.suggested_lr == suggested
    )


@pytest.fixture
def gate() -> Gate:
    """What the batches of `widget` wait at."""
    return Gate()


@pytest.fixture
def widget(make: Any, gate: Gate) -> Iterator[LRFinderWidget]:
    """A widget whose sweep takes no step, and so tells no news, before its gate is opened."""
    yield make(data=gate, num_it=50, stop_div=False)
    gate.let(1000)


@pytest.fixture
def sweeping(widget: LRFinderWidget, gate: Gate) -> LRFinderWidget:
    """The widget in its third step."""
    widget.start()
    gate.let(3)
    assert eventually(lambda: bars(widget).run.done == 3)
    return widget


def begin(widget: LRFinderWidget, gate: Gate) -> None:
    """Start a sweep, and let it go on when that is over."""
    widget.start()
    gate.let(1000)


def open_soon(gate: Gate) -> None:
    threading.Timer(0.05, lambda: gate.let(1000)).start()


class TestOnTheMainThread:
    """`start()` has begun a sweep, and calls the observers before it returns."""

    def test_may_wait_for_the_result(self, widget: LRFinderWidget, gate: Gate) -> None:
        found: list[Any] = []

        def wait() -> None:
            open_soon(gate)
            found.append(widget.wait(WAIT))

        done = on(widget, "status", Status.SWEEPING, wait)
        widget.start()
        assert found == [widget.result]
        assert done.threads == ["MainThread"]
        assert eventually(lambda: agrees(widget) and widget.status is Status.FINISHED)

    def test_is_told_that_a_second_start_is_too_early(
        self, widget: LRFinderWidget, gate: Gate
    ) -> None:
        done = on(widget, "status", Status.SWEEPING, widget.start)
        with pytest.raises(RuntimeError, match="stop"):
            widget.start()
        assert len(done.raised) == 1
        gate.let(1000)
        assert widget.wait(WAIT) is widget.result
        assert len(widget.runs) == 1
        assert agrees(widget)

    def test_may_close(self, widget: LRFinderWidget, gate: Gate) -> None:
        def close() -> None:
            open_soon(gate)
            widget.close()

        done = on(widget, "status", Status.SWEEPING, close)
        widget.start()
        assert done.raised == []
        assert widget.comm is None
        assert eventually(lambda: not _threads())

    def test_may_stop(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", Status.SWEEPING, widget.stop)
        begin(widget, gate)
        widget.wait(WAIT)
        assert widget.status is Status.STOPPED

    def test_may_select(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", Status.SWEEPING, lambda: widget.select(0.5))
        widget.start()
        assert agrees(widget)
        gate.let(1000)
        widget.wait(WAIT)
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    def test_may_raise_and_the_sweep_goes_on(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", Status.SWEEPING, _fail)
        with pytest.raises(ZeroDivisionError):
            widget.start()
        gate.let(1000)
        assert widget.wait(WAIT) is widget.result
        assert agrees(widget)

    def test_hears_of_the_start_before_anything_else_however_fast_the_sweep(
        self, widget: LRFinderWidget, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard: list[tuple[Status, str]] = []
        widget.observe(
            lambda change: heard.append((change.new, threading.current_thread().name)), "status"
        )
        real = Publisher.start

        def start_and_be_quick(publisher: Publisher) -> None:
            gate.let(1000)
            real(publisher)
            publisher.completion.wait(1)

        monkeypatch.setattr(Publisher, "start", start_and_be_quick)
        widget.start()
        assert heard[0] == (Status.SWEEPING, "MainThread")
        widget.wait(WAIT)
        assert [status for status, _ in heard] == [Status.SWEEPING, Status.FINISHED]

    @pytest.mark.parametrize("trait", ["selected_lr", "value"])
    def test_that_raises_leaves_no_trait_behind(self, widget: LRFinderWidget, trait: str) -> None:
        on(widget, trait, is_true, _fail)
        with pytest.raises(ZeroDivisionError):
            widget.select(0.5)
        assert widget.selected_lr == widget.value == 0.5

    @pytest.mark.parametrize("trait", ["beta", "rule", "y_range"])
    def test_of_a_setting_that_raises_leaves_no_trait_behind(
        self, widget: LRFinderWidget, gate: Gate, trait: str
    ) -> None:
        begin(widget, gate)
        widget.wait(WAIT)
        on(widget, trait, is_true, _fail)
        changes = {"beta": 0.5, "rule": "min_over_10", "y_range": "all"}
        with pytest.raises(ZeroDivisionError):
            widget.analyse(**changes)
        assert {name: getattr(widget, name) for name in changes} == changes
        assert agrees(widget)


class TestOnThePublishersThread:
    """A sweep has ended; its result is there already."""

    def test_may_wait_for_the_result(self, widget: LRFinderWidget, gate: Gate) -> None:
        found: list[Any] = []
        done = on(widget, "status", has_ended, lambda: found.append(widget.wait(WAIT)))
        begin(widget, gate)
        assert widget.wait(WAIT) is widget.result
        assert found == [widget.result]
        assert done.threads == ["lrfind-publisher"]
        assert agrees(widget)

    def test_may_wait_on_another_thread(self, widget: LRFinderWidget, gate: Gate) -> None:
        found: list[Any] = []

        def wait_elsewhere() -> None:
            thread = threading.Thread(target=lambda: found.append(widget.wait(WAIT)))
            thread.start()
            thread.join(0.05)

        on(widget, "status", has_ended, wait_elsewhere)
        begin(widget, gate)
        widget.wait(WAIT)
        assert eventually(lambda: found == [widget.result])

    @pytest.mark.parametrize("trait", ["status", "suggested_lr", "min_grad_lr", "selected_lr"])
    def test_may_start_the_next_sweep(self, widget: LRFinderWidget, gate: Gate, trait: str) -> None:
        when = has_ended if trait == "status" else is_true
        done = on(widget, trait, when, lambda: widget.start(wd=0.5))
        begin(widget, gate)
        assert eventually(lambda: len(widget.runs) == 2)
        widget.wait(WAIT)
        assert done.threads == ["lrfind-publisher"]
        assert [run.settings["wd"] for run in widget.runs] == [None, 0.5]
        assert eventually(lambda: agrees(widget))

    @pytest.mark.parametrize("trait", ["suggested_lr", "selected_lr"])
    def test_that_starts_the_next_sweep_sees_it_in_the_status(
        self, widget: LRFinderWidget, gate: Gate, trait: str
    ) -> None:
        on(widget, trait, is_true, widget.start)
        widget.start()
        gate.let(50)
        assert eventually(lambda: len(widget.runs) == 1 and widget.state.status is Status.SWEEPING)
        assert eventually(lambda: widget.status is Status.SWEEPING, 2)
        gate.let(1000)
        widget.wait(WAIT)

    def test_may_compare(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", has_ended, lambda: widget.compare([1e-3, 1e-2], steps=3))
        begin(widget, gate)
        assert eventually(lambda: widget.comparison is not None)
        assert eventually(lambda: agrees(widget) and widget.status is Status.FINISHED)

    def test_may_close(self, widget: LRFinderWidget, gate: Gate) -> None:
        done = on(widget, "status", has_ended, widget.close)
        begin(widget, gate)
        assert eventually(lambda: widget.comm is None)
        assert done.raised == []
        assert eventually(lambda: not _threads())
        assert widget.result is not None

    def test_may_select(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", has_ended, lambda: widget.select(0.5))
        begin(widget, gate)
        widget.wait(WAIT)
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    def test_may_apply(self, widget: LRFinderWidget, gate: Gate) -> None:
        done = on(widget, "status", has_ended, widget.apply)
        begin(widget, gate)
        widget.wait(WAIT)
        assert done.raised == []
        assert bars(widget).choice.message.startswith("Applied: lr went from 1e-3 to")

    def test_may_change_a_setting(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", has_ended, lambda: setattr(widget, "rule", "min_over_10"))
        begin(widget, gate)
        widget.wait(WAIT)
        assert widget.suggested_lr == widget.suggestions["min_over_10"].lr
        assert agrees(widget)

    def test_may_raise_and_the_end_is_shown_all_the_same(
        self, widget: LRFinderWidget, gate: Gate, told: list[BaseException]
    ) -> None:
        on(widget, "status", has_ended, _fail)
        begin(widget, gate)
        assert widget.wait(WAIT) is widget.result
        assert agrees(widget)
        assert [type(error) for error in told] == [ZeroDivisionError]


class TestInAHandlerOfMessages:
    """A person has moved the marker, or a setting, on the page."""

    def test_may_wait_for_the_result(self, sweeping: LRFinderWidget, gate: Gate) -> None:
        widget = sweeping
        found: list[Any] = []
        done = on(widget, "selected_lr", is_true, lambda: found.append(widget.wait(WAIT)))
        open_soon(gate)
        drag(widget, 0.5)
        assert done.raised == []
        assert found == [widget.result]
        assert eventually(lambda: agrees(widget))
        assert widget.selected_lr == 0.5

    def test_may_start(self, widget: LRFinderWidget, gate: Gate) -> None:
        done = on(widget, "selected_lr", is_true, widget.start)
        drag(widget, 0.5)
        gate.let(1000)
        assert done.raised == []
        assert widget.wait(WAIT) is widget.result
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_is_told_that_a_start_is_too_early(
        self, sweeping: LRFinderWidget, gate: Gate, handler_errors: list[BaseException]
    ) -> None:
        """By the publisher's thread where that sets the traits at this moment."""
        widget = sweeping
        done = on(widget, "selected_lr", is_true, widget.start)
        drag(widget, 0.5)
        assert eventually(lambda: done.raised)
        assert "stop" in str(done.raised[0])
        assert handler_errors == done.raised * (done.threads == ["MainThread"])
        handler_errors.clear()
        gate.let(1000)
        widget.wait(WAIT)
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    @pytest.mark.parametrize("sweeps", [False, True])
    def test_may_close(self, widget: LRFinderWidget, gate: Gate, sweeps: bool) -> None:
        if sweeps:
            widget.start()
            assert gate.asked.wait(WAIT)
            open_soon(gate)
        done = on(widget, "selected_lr", is_true, widget.close)
        drag(widget, 0.5)
        assert done.raised == []
        assert widget.comm is None
        assert eventually(lambda: not _threads())

    def test_may_select(self, widget: LRFinderWidget) -> None:
        on(widget, "selected_lr", is_true, lambda: widget.select(0.25))
        drag(widget, 0.5)
        assert widget.selected_lr == 0.25
        assert agrees(widget)

    def test_may_set_a_setting(self, widget: LRFinderWidget) -> None:
        on(widget, "beta", is_true, lambda: setattr(widget, "skip_start", 3))
        set_setting(widget, "beta", 0.5)
        assert (widget.beta, widget.skip_start) == (0.5, 3)
        assert (bars(widget).settings.beta, bars(widget).settings.skip_start) == (0.5, 3)

    @pytest.mark.parametrize("trait", ["selected_lr", "value"])
    def test_that_raises_is_told_and_leaves_no_trait_behind(
        self, widget: LRFinderWidget, trait: str, handler_errors: list[BaseException]
    ) -> None:
        on(widget, trait, is_true, _fail)
        drag(widget, 0.5)
        assert [type(error) for error in handler_errors] == [ZeroDivisionError]
        handler_errors.clear()
        assert agrees(widget)
        assert widget.selected_lr == 0.5

    def test_that_raises_does_not_hold_up_the_next_move(
        self, widget: LRFinderWidget, handler_errors: list[BaseException]
    ) -> None:
        on(widget, "selected_lr", is_true, _fail)
        drag(widget, 0.5)
        drag(widget, 0.25)
        assert [type(error) for error in handler_errors] == [ZeroDivisionError]
        handler_errors.clear()
        assert widget.selected_lr == 0.25
        assert agrees(widget)


class TestAmongThreads:
    def test_hear_each_change_in_its_order(self, widget: LRFinderWidget, gate: Gate) -> None:
        heard: list[Status] = []
        widget.observe(lambda change: heard.append(change.new), "status")
        for _ in range(3):
            widget.start()
            gate.let(50)
            widget.wait(WAIT)
        assert heard == [Status.SWEEPING, Status.FINISHED] * 3

    def test_that_waits_for_another_thread_holds_up_no_other(
        self, sweeping: LRFinderWidget, gate: Gate
    ) -> None:
        """The observer of one thread waits while another one chooses and reads."""
        widget = sweeping
        chosen = threading.Event()
        on(widget, "status", has_ended, lambda: chosen.wait(WAIT))
        widget.stop()
        gate.let(1)
        assert eventually(lambda: widget.state.status is Status.STOPPED)
        drag(widget, 0.5)
        widget.select(0.25)
        assert chart(widget).marker.value == widget.state.selected_lr == 0.25
        chosen.set()
        assert eventually(lambda: agrees(widget))
        assert widget.selected_lr == 0.25

    def test_hears_the_end_before_a_waiting_cell_goes_on(
        self, widget: LRFinderWidget, gate: Gate
    ) -> None:
        heard: list[Any] = []
        widget.observe(lambda change: heard.append(change.new), "status")
        begin(widget, gate)
        widget.wait(WAIT)
        assert heard[-1] is widget.status is Status.FINISHED


def _fail() -> None:
    raise ZeroDivisionError


def _threads() -> list[str]:
    """Return the names of our threads."""
    return [each.name for each in threading.enumerate() if each.name.startswith("lrfind")]
