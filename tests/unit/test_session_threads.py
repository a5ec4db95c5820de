"""The contract for threads: what a listener may do, on whichever thread it is called."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.session import Session
from tests.played import PlayedTrainable
from tests.waiting import eventually

WAIT = 20


def make() -> tuple[Session, PlayedTrainable]:
    trainable = PlayedTrainable()
    return Session(trainable, AnalysisOptions()), trainable


def once(session: Session, status: Status, action: Callable[[], Any]) -> list[str]:
    """Do something when the state is first seen with a status; return where it was done."""
    done: list[str] = []

    def listener() -> None:
        if session.state.status is status and not done:
            done.append(threading.current_thread().name)
            action()

    session.listen(listener)
    return done


def finish_soon(trainable: PlayedTrainable) -> None:
    threading.Timer(0.05, trainable.latest.whole).start()


@pytest.mark.parametrize("status", [Status.SWEEPING, Status.FINISHED])
def test_a_listener_may_wait(status: Status) -> None:
    session, trainable = make()
    found: list[Any] = []
    done = once(session, status, lambda: found.append(session.wait(WAIT)))
    threading.Timer(0.1, lambda: trainable.latest.whole()).start()
    session.start()
    assert session.wait(WAIT) is session.result
    assert found == [session.result]
    assert ("lrfind" in done[0]) == (status is Status.FINISHED)


def test_a_listener_may_start_the_next_sweep_at_the_end_of_one() -> None:
    session, trainable = make()
    once(session, Status.FINISHED, session.start)
    session.start()
    trainable.latest.whole()
    first_state = session.state
    assert eventually(lambda: len(trainable.made) == 2 and session.state.run is trainable.latest)
    trainable.latest.whole()
    assert session.wait(WAIT) is session.runs[-1]
    assert len(session.runs) == 2
    assert first_state is not session.state


@pytest.mark.parametrize("status", [Status.SWEEPING, Status.FINISHED])
def test_a_listener_may_close(status: Status) -> None:
    session, trainable = make()
    once(session, status, session.close)
    session.start()
    if status is Status.FINISHED:
        trainable.latest.whole()
    assert trainable.latest.wait(WAIT)
    for thread in threading.enumerate():
        if thread.name == "lrfind-publisher":
            thread.join(WAIT)
    assert not [t for t in threading.enumerate() if t.name == "lrfind-publisher"]


@pytest.mark.parametrize("status", [Status.SWEEPING, Status.FINISHED])
def test_a_listener_may_select(status: Status) -> None:
    session, trainable = make()
    once(session, status, lambda: session.select(0.25))
    session.start()
    trainable.latest.whole()
    session.wait(WAIT)
    assert session.state.selected_lr == 0.25


def test_an_error_of_a_listener_reaches_who_started_and_the_run_goes_on() -> None:
    session, trainable = make()

    def fail() -> None:
        raise ValueError("an observer's own")

    once(session, Status.SWEEPING, fail)
    with pytest.raises(ValueError, match="an observer's own"):
        session.start()
    assert session.state.status is Status.SWEEPING
    trainable.latest.whole()
    assert session.wait(WAIT) is session.result


def test_an_error_of_a_listener_on_the_publishers_thread_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, trainable = make()
    reported: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: reported.append(told.exc_value))

    def fail() -> None:
        raise ValueError("an observer's own")

    once(session, Status.FINISHED, fail)
    session.start()
    trainable.latest.whole()
    assert session.wait(WAIT) is session.result
    assert [str(error) for error in reported] == ["an observer's own"]


def test_a_slow_rule_holds_up_nobody_who_chooses() -> None:
    session, trainable = make()
    entered, leave = threading.Event(), threading.Event()

    def rule(lrs: Any, losses: Any) -> float:
        entered.set()
        leave.wait(WAIT)
        return 0.02

    session.analyse(rule=rule)
    session.start()
    trainable.latest.whole()
    assert entered.wait(WAIT)
    session.select(0.3)  # while the rule is under way on the publisher's thread
    leave.set()
    session.wait(WAIT)
    assert session.state.selected_lr == 0.3


@pytest.mark.parametrize(
    "answer", [lambda: Suggestion(-5.0, "mine", "mine"), lambda: Suggestion("a", "mine", "mine")]
)
def test_a_rule_that_returns_nonsense_loses_no_result(answer: Callable[[], Any]) -> None:
    session, trainable = make()
    session.analyse(rule=lambda lrs, losses: answer())
    session.start()
    trainable.latest.whole()
    assert session.wait(WAIT) is session.result
    assert session.state.status is Status.FINISHED
    assert session.state.analysis.suggested.lr is None


def test_a_rule_that_exits_ends_nothing() -> None:
    session, trainable = make()

    def rule(lrs: Any, losses: Any) -> float:
        raise SystemExit(3)

    session.analyse(rule=rule)
    session.start()
    trainable.latest.whole()
    assert session.wait(WAIT) is session.result
    assert "SystemExit" in session.state.analysis.suggested.reason


def test_a_slow_copy_holds_up_nobody_who_chooses() -> None:
    session, trainable = make()
    copying, leave = threading.Event(), threading.Event()
    plain = trainable.sweep

    def sweep(**changes: Any) -> Any:
        copying.set()
        leave.wait(WAIT)
        return plain(**changes)

    trainable.sweep = sweep
    starting = threading.Thread(target=session.start)
    starting.start()
    assert copying.wait(WAIT)
    session.select(0.3)
    leave.set()
    starting.join(WAIT)
    trainable.latest.whole()
    session.wait(WAIT)
    assert session.state.selected_lr == 0.3


def test_two_that_start_at_once_start_one_run() -> None:
    session, trainable = make()
    refused: list[Exception] = []

    def start() -> None:
        try:
            session.start()
        except RuntimeError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert (len(trainable.made), len(refused)) == (1, 7)
    trainable.latest.end(StopReason.FINISHED)
    session.wait(WAIT)


def test_a_choice_is_not_lost_between_threads() -> None:
    session, trainable = make()
    session.start()
    going = threading.Event()

    def publish() -> None:
        while not going.is_set():
            trainable.latest.step(1.0) if len(trainable.latest.points) < 50 else None

    thread = threading.Thread(target=publish)
    thread.start()
    for n in range(1, 300):
        session.select(n / 1000)
        assert session.state.selected_lr == n / 1000
    going.set()
    thread.join(WAIT)
    trainable.latest.end(StopReason.FINISHED)
    session.wait(WAIT)
    assert session.state.selected_lr == 0.299


def test_a_publisher_that_cannot_start_leaves_the_session_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, trainable = make()
    before = session.state

    def refuse(publisher: Any) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("lrfind_widget.session.Publisher.start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            session.start()
    assert session.state is before
    session.start()
    trainable.latest.whole()
    assert session.wait(WAIT) is session.result
