"""The chosen rate goes into the optimizer when it is applied, and never during a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.hands import drag, press, set_setting
from tests.widget.messages import tell, updates
from tests.widget.shown import bars, buttons, chart
from tests.widget.training import Gate, adam, batches, classifier

pytestmark = pytest.mark.usefixtures("quick")

RUNNING = " is running: stop it, or wait until it has ended."
FOLLOWS = "Applied: the optimizer follows the marker."


class Held:
    """A widget with its optimizer, whose batches come only as far as they are let."""

    def __init__(self, make: Any, **given: Any) -> None:
        model = classifier()
        self.optimizer = adam(model, lr=1e-3)
        self.gate = Gate()
        self.widget: LRFinderWidget = make(
            model, self.gate, self.optimizer, **{"num_it": 30, "stop_div": False, **given}
        )

    @property
    def lr(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def message(self) -> str:
        return str(bars(self.widget).choice.message)

    @property
    def apply_button(self) -> dict[str, Any]:
        (found,) = (b for b in bars(self.widget).choice.buttons if b["command"] == "apply")
        return dict(found)

    def begin(self, start: Callable[..., None] | None = None, **given: Any) -> Held:
        """Start, and come to the third step."""
        (self.widget.start if start is None else start)(**given)
        self.gate.let(3)
        assert eventually(lambda: bars(self.widget).run.done == 3)
        return self

    def pause(self) -> Held:
        self.widget.pause()
        self.gate.let(1)
        assert eventually(lambda: bars(self.widget).run.status == "paused")
        return self

    def end(self) -> Held:
        """Go on, if it is paused, and come to the end."""
        self.widget.resume()
        self.gate.let(1000)
        self.widget.wait(60)
        return self

    def click_apply(self, lr: float | None = None) -> None:
        """Press Apply as a page does that has not heard yet that it cannot be pressed."""
        bar = bars(self.widget).choice
        seen = chart(self.widget).marker.value if lr is None else lr
        tell(bar, event="press", command="apply", value=seen)


@pytest.fixture
def held(make: Any) -> Iterator[Callable[..., Held]]:
    """Make widgets with their optimizers and gates, and let every run end after the test."""
    made: list[Held] = []

    def new(**given: Any) -> Held:
        made.append(Held(make, **given))
        return made[-1]

    yield new
    for each in made:
        each.widget.stop()
        each.gate.let(1000)


@pytest.fixture(params=["sweeping", "paused", "comparing"])
def running(held: Any, request: pytest.FixtureRequest) -> Held:
    """A widget at work, in each way."""
    if request.param == "comparing":
        made: Held = held()
        return made.begin(made.widget.compare, lrs=[1e-3, 1e-2], steps=9)
    made = held().begin()
    return made.pause() if request.param == "paused" else made


class TestWhileSomethingRuns:
    def test_the_button_is_disabled_and_says_why(self, running: Held) -> None:
        assert not running.apply_button["enabled"]
        assert running.apply_button["title"] in (f"A sweep{RUNNING}", f"A comparison{RUNNING}")

    def test_the_button_can_be_pressed_before_and_after(self, held: Any) -> None:
        made = held()
        assert buttons(made.widget)["Apply"]
        made.begin().end()
        assert buttons(made.widget)["Apply"]
        assert made.apply_button["title"] == "Write this rate into the optimizer"

    def test_a_late_press_changes_nothing_and_raises_nothing(self, running: Held) -> None:
        before = running.lr, running.widget.state, bars(running.widget).choice.get_state()
        running.click_apply()
        after = running.lr, running.widget.state, bars(running.widget).choice.get_state()
        assert after == before
        assert bars(running.widget).choice.refused_messages == 0

    def test_a_late_press_with_a_rate_that_was_just_chosen_writes_nothing(
        self, running: Held
    ) -> None:
        running.click_apply(0.25)
        assert (running.lr, running.message) == (1e-3, "")
        running.end()
        assert running.lr == 1e-3

    def test_python_is_told_that_it_is_too_early(self, running: Held) -> None:
        with pytest.raises(RuntimeError, match="running"):
            running.widget.apply()
        assert running.lr == 1e-3


class TestApply:
    def test_writes_the_rate_that_was_seen_and_says_so(self, held: Any) -> None:
        made = held()
        made.click_apply(0.25)
        assert made.lr == made.widget.selected_lr == 0.25
        assert made.message == "Applied: lr went from 1e-3 to 2.5e-1."

    def test_from_python_returns_the_rates_before_and_after(self, held: Any) -> None:
        made = held()
        made.widget.selected_lr = 0.25
        assert made.widget.apply() == ([1e-3], [0.25])

    def test_writes_into_another_optimizer(self, held: Any) -> None:
        made, other = held(), torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        made.widget.selected_lr = 0.25
        assert made.widget.apply(other) == ([0.1], [0.25])
        assert (made.lr, other.param_groups[0]["lr"]) == (1e-3, 0.25)
        assert made.message == "Applied to another optimizer: lr went from 1e-1 to 2.5e-1."

    def test_counts_for_the_next_sweep_as_little_as_before(self, held: Any) -> None:
        made = held()
        made.click_apply(0.25)
        made.begin().end()
        assert made.lr == 0.25
        assert made.widget.result.receipt.identical

    def test_is_said_of_the_rate_that_was_written_and_of_no_other(
        self, held: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = held()
        write = made.widget._trainable.apply

        def slowly(*given: Any, **more: Any) -> Any:
            written = write(*given, **more)
            made.widget.select(0.125)  # as another thread may, meanwhile
            return written

        monkeypatch.setattr(made.widget._trainable, "apply", slowly)
        made.click_apply(0.25)
        assert (made.lr, made.message) == (0.25, "")

    def test_of_a_stored_result_has_no_button(self, held: Any) -> None:
        stored = LRFinderWidget.from_result(held().begin().end().widget.result)
        assert "Apply" not in buttons(stored)
        before = stored.selected_lr
        tell(bars(stored).choice, event="press", command="apply", value=0.25)
        assert stored.selected_lr == before
        stored.close()

    @pytest.mark.parametrize(
        "move_on",
        [
            lambda widget: drag(widget, 0.125),
            lambda widget: setattr(widget, "selected_lr", 0.125),
            lambda widget: widget.select(0.125),
            lambda widget: setattr(widget, "value", 0.125),
        ],
        ids=["page", "selected_lr", "select", "value"],
    )
    def test_its_message_goes_when_the_marker_moves_on(self, held: Any, move_on: Any) -> None:
        made = held()
        made.click_apply(0.25)
        move_on(made.widget)
        assert made.message == ""

    def test_its_message_goes_when_the_marker_follows_another_rule(self, held: Any) -> None:
        made = held().begin().end()
        press(made.widget, "Apply")
        assert made.message == "The optimizer's rate is 1e-3 already."
        set_setting(made.widget, "rule", "min_over_10")
        assert made.message == ""

    def test_its_message_goes_when_a_sweep_begins(self, held: Any) -> None:
        made = held()
        made.click_apply(0.25)
        assert made.begin().message == ""

    def test_its_message_stays_where_the_marker_does(self, held: Any) -> None:
        made = held().begin().end()
        press(made.widget, "Apply")
        set_setting(made.widget, "y_scale", "log")
        drag(made.widget, made.widget.selected_lr)
        assert made.message == "The optimizer's rate is 1e-3 already."


class TestAutoApply:
    def test_writes_each_choice_at_once_while_nothing_runs(self, held: Any) -> None:
        made = held(auto_apply=True)
        for lr in (0.25, 0.125):
            drag(made.widget, lr)
            assert (made.lr, made.message) == (lr, FOLLOWS)
        made.widget.selected_lr = 0.5
        assert made.lr == 0.5

    def test_writes_at_the_end_what_was_chosen_meanwhile(self, held: Any) -> None:
        made = held(auto_apply=True).begin()
        for lr in (0.25, 0.125):
            drag(made.widget, lr)
            assert (made.lr, made.message) == (1e-3, "")
        made.end()
        assert (made.lr, made.message) == (0.125, FOLLOWS)
        assert made.widget.result.receipt.identical

    def test_writes_at_the_end_of_a_pause_too(self, held: Any) -> None:
        made = held(auto_apply=True).begin().pause()
        drag(made.widget, 0.125)
        assert made.lr == 1e-3
        made.end()
        assert made.lr == 0.125

    def test_writes_at_the_end_of_a_sweep_that_was_stopped(self, held: Any) -> None:
        made = held(auto_apply=True).begin()
        drag(made.widget, 0.125)
        made.widget.stop()
        made.end()
        assert made.widget.status is Status.STOPPED
        assert made.lr == 0.125

    def test_writes_in_place_too(self, held: Any) -> None:
        made = held(auto_apply=True, isolation="in_place").begin()
        drag(made.widget, 0.125)
        made.end()
        assert made.lr == 0.125

    def test_writes_the_suggestion_where_nobody_has_chosen(self, held: Any) -> None:
        made = held(auto_apply=True, num_it=60).begin().end()
        assert made.widget.suggested_lr is not None
        assert made.lr == made.widget.suggested_lr

    def test_does_not_write_a_suggestion_that_is_not_sure(self, held: Any) -> None:
        made = held(auto_apply=True).begin().end()  # too few steps
        assert made.widget.suggested_lr is not None
        assert made.lr == made.widget.selected_lr == 1e-3

    def test_writes_what_a_comparison_found_best(self, held: Any) -> None:
        made = held(auto_apply=True)
        made.gate.let(1000)
        made.widget.compare([1e-5, 1e-2], steps=20)
        made.widget.wait(60)
        press(made.widget, "Use it")
        assert made.lr == 1e-2

    @pytest.mark.parametrize("sweeps", [False, True])
    def test_sends_nothing_back_to_a_marker_that_is_dragged(self, held: Any, sweeps: bool) -> None:
        made = held(auto_apply=True)
        if sweeps:
            made.begin()
        marker = chart(made.widget).marker
        marker.comm.published.clear()
        for step in range(20):
            drag(made.widget, 0.01 * (1 + step))
        made.end() if sweeps else None
        assert updates(marker) == []
        assert marker.value == 0.2

    def test_says_so_once_where_a_marker_is_dragged_on(self, held: Any) -> None:
        made = held(auto_apply=True)
        bar = bars(made.widget).choice
        for step in range(20):
            drag(made.widget, 0.01 * (1 + step))
        assert updates(bar) == [{"message": FOLLOWS, "follows": True}]

    def test_that_cannot_be_done_is_said_and_raises_nothing(self, play: Any) -> None:
        played = play(auto_apply=True)

        def refuse(lr: float, optimizer: Any = None) -> Any:
            raise ValueError("the optimizer has other groups now")

        played.trainable.apply = refuse
        drag_marker = played.screen.chart.marker.page_handlers["value"]
        drag_marker(0.125)
        assert played.screen.choice_bar.message == (
            "Not applied: the optimizer has other groups now"
        )
        assert played.session.state.selected_lr == 0.125


class TestApplyThatCannotBeDone:
    def test_is_said_where_the_button_was_pressed(self, play: Any) -> None:
        played = play()

        def refuse(lr: float, optimizer: Any = None) -> Any:
            raise RuntimeError("another sweep has it")

        played.trainable.apply = refuse
        played.screen.choice_bar.commands["apply"]()
        assert played.screen.choice_bar.message == "Not applied: another sweep has it"
        assert played.session.state.status is Status.WAITING

    def test_is_refused_while_another_widget_trains_the_optimizer_in_place(self, make: Any) -> None:
        model, gate = classifier(), Gate()
        optimizer = adam(model)
        sweeping, other = (
            make(model, data, optimizer, isolation="in_place") for data in (gate, batches())
        )
        sweeping.start()
        with pytest.raises(RuntimeError, match="trained in place by a sweep, which sets the rate"):
            other.apply()
        gate.let(1000)
        sweeping.wait(60)
        other.apply()
        assert optimizer.param_groups[0]["lr"] == other.selected_lr
