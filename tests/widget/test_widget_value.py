"""`value` is the other name of `selected_lr`, as for any widget that has a value."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets
import pytest
import traitlets
from traitlets import TraitError

from lrfind_widget import LRFinderWidget
from tests.widget.hands import drag, press_recommended
from tests.widget.shown import chart
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")


def agreed(widget: LRFinderWidget) -> float:
    """Return the chosen rate, which every place that has it must have alike."""
    rates = {
        widget.selected_lr,
        widget.value,
        widget.state.selected_lr,
        chart(widget).marker.value,
    }
    assert len(rates) == 1
    return rates.pop()


def heard_of(widget: LRFinderWidget) -> list[tuple[str, float]]:
    """Return the list that changes of both names will be added to."""
    heard: list[tuple[str, float]] = []
    widget.observe(lambda change: heard.append((change.name, change.new)), ["selected_lr", "value"])
    return heard


@pytest.mark.parametrize("name", ["selected_lr", "value"])
@pytest.mark.parametrize("lr", [0.25, 1, 1e-9, 1e3])
def test_either_name_sets_the_rate(make: Any, name: str, lr: float) -> None:
    widget = make()
    setattr(widget, name, lr)
    assert agreed(widget) == lr


@pytest.mark.parametrize("name", ["selected_lr", "value"])
def test_observers_of_both_names_hear_once(make: Any, name: str) -> None:
    widget = make()
    heard = heard_of(widget)
    setattr(widget, name, 0.25)
    setattr(widget, name, 0.25)
    assert sorted(heard) == [("selected_lr", 0.25), ("value", 0.25)]


def test_both_follow_the_page(make: Any) -> None:
    widget = make()
    heard = heard_of(widget)
    drag(widget, 0.125)
    assert agreed(widget) == 0.125
    assert sorted(heard) == [("selected_lr", 0.125), ("value", 0.125)]


def test_both_follow_the_suggestion(make: Any) -> None:
    widget = make(num_it=60)
    heard = heard_of(widget)
    widget.start()
    widget.wait(60)
    assert agreed(widget) == widget.suggested_lr
    assert sorted(heard) == [("selected_lr", widget.value), ("value", widget.value)]


def test_setting_either_name_is_a_choice_by_hand(make: Any) -> None:
    for name in ("selected_lr", "value"):
        gate = Gate()
        widget = make(data=gate, num_it=60)
        widget.start()
        setattr(widget, name, 0.02)
        gate.let(100)
        widget.wait(60)
        assert agreed(widget) == 0.02
        press_recommended(widget)
        assert agreed(widget) == widget.suggested_lr


@pytest.mark.parametrize("name", ["selected_lr", "value"])
@pytest.mark.parametrize(
    "lr",
    [0, -1, math.nan, math.inf, "1e-3", None, True, [1e-3], 10**400],
    ids=lambda value: str(value)[:8],
)
def test_what_is_no_rate_is_refused_under_either_name(make: Any, name: str, lr: Any) -> None:
    widget = make()
    before, heard = agreed(widget), heard_of(widget)
    with pytest.raises(TraitError):
        setattr(widget, name, lr)
    assert agreed(widget) == before
    assert heard == []


class TestLinks:
    def test_a_link_goes_both_ways(self, make: Any) -> None:
        widget, field = make(), ipywidgets.FloatText(0.5)
        link = ipywidgets.link((field, "value"), (widget, "value"))
        assert agreed(widget) == 0.5
        field.value = 0.25
        assert agreed(widget) == 0.25
        drag(widget, 0.125)
        assert field.value == 0.125
        widget.selected_lr = 0.75
        assert field.value == 0.75
        link.unlink()

    def test_a_logarithmic_slider_can_be_linked_by_its_exponent(self, make: Any) -> None:
        widget, slider = make(), ipywidgets.FloatSlider(-3.0, min=-7.0, max=1.0)
        link = traitlets.link(
            (slider, "value"), (widget, "value"), transform=(lambda x: 10**x, math.log10)
        )
        slider.value = -2.0
        assert agreed(widget) == 0.01
        drag(widget, 1e-5)
        assert slider.value == pytest.approx(-5.0)
        link.unlink()

    def test_two_widgets_can_have_one_rate(self, make: Any) -> None:
        one, other = make(), make()
        link = traitlets.link((one, "value"), (other, "selected_lr"))
        drag(one, 0.125)
        assert agreed(other) == 0.125
        drag(other, 0.25)
        assert agreed(one) == 0.25
        link.unlink()

    def test_a_link_to_two_widgets_follows_a_suggestion(self, make: Any) -> None:
        one, other = make(num_it=60), make()
        link = traitlets.dlink((one, "value"), (other, "value"))
        one.start()
        one.wait(60)
        assert agreed(other) == one.suggested_lr
        link.unlink()


class TestInteract:
    def test_interactive_output_is_called_with_the_rate(self, make: Any) -> None:
        widget, seen = make(), []
        output = ipywidgets.interactive_output(lambda lr: seen.append(lr), {"lr": widget})
        widget.selected_lr = 0.25
        drag(widget, 0.125)
        assert seen == [1e-3, 0.25, 0.125]
        output.close()

    def test_interactive_takes_it_as_a_control(self, make: Any) -> None:
        widget, seen = make(), []
        control = ipywidgets.interactive(lambda lr: seen.append(lr), lr=widget)
        control.update()
        assert set(seen) == {1e-3}
        seen.clear()
        drag(widget, 0.125)
        assert seen == [0.125]
        assert widget in control.children
        assert control.kwargs == {"lr": 0.125}
        control.close()

    def test_interactive_is_called_with_the_suggestion_when_a_sweep_ends(self, make: Any) -> None:
        widget, seen = make(num_it=60), []
        output = ipywidgets.interactive_output(lambda lr: seen.append(lr), {"lr": widget})
        widget.start()
        widget.wait(60)
        assert seen == [1e-3, widget.suggested_lr]
        output.close()


class TestCorrections:
    """An observer may choose another rate than the one it hears of."""

    @pytest.mark.parametrize("heard", ["selected_lr", "value"])
    @pytest.mark.parametrize("sets", ["selected_lr", "value"])
    @pytest.mark.parametrize(
        "choose",
        [
            lambda widget: drag(widget, 0.125),
            lambda widget: widget.select(0.125),
            lambda widget: setattr(widget, "selected_lr", 0.125),
            lambda widget: setattr(widget, "value", 0.125),
        ],
        ids=["page", "select", "selected_lr", "value"],
    )
    def test_of_an_observer_hold_everywhere(
        self, make: Any, heard: str, sets: str, choose: Any
    ) -> None:
        widget = make()

        def correct(change: Any) -> None:
            if change.new != 0.5:
                setattr(widget, sets, 0.5)

        widget.observe(correct, heard)
        choose(widget)
        assert agreed(widget) == 0.5

    @pytest.mark.parametrize("heard", ["selected_lr", "value", "suggested_lr", "min_grad_lr"])
    def test_at_the_end_of_a_sweep_hold_everywhere(self, make: Any, heard: str) -> None:
        widget = make(num_it=60)

        def correct(change: Any) -> None:
            if change.new != 0.5:
                widget.select(0.5)

        widget.observe(correct, heard)
        widget.start()
        widget.wait(60)
        assert agreed(widget) == 0.5

    def test_of_a_setting_hold_for_the_choice_too(self, make: Any) -> None:
        widget = make(num_it=60)
        widget.start()
        widget.wait(60)
        widget.observe(lambda change: widget.select(change.new / 2), "suggested_lr")
        widget.rule = "min_over_10"
        assert agreed(widget) == widget.suggested_lr / 2
