"""What the widget takes besides what a sweep takes, and what it says of what it does not."""

from __future__ import annotations

import contextlib
from typing import Any

import ipywidgets
import pytest
from traitlets import TraitError

from lrfind_widget import LRFinderWidget
from tests.widget.messages import put
from tests.widget.shown import chart
from tests.widget.training import adam, batches, classifier


class TestHeight:
    @pytest.mark.parametrize(("given", "height"), [(500, "500px"), ("30em", "30em"), (1, "1px")])
    def test_is_that_of_the_chart(self, make: Any, given: Any, height: str) -> None:
        widget = make(height=given)
        assert widget.height == chart(widget).figure.layout.height == height

    def test_is_380_pixels_by_default(self, make: Any) -> None:
        assert make().height == "380px"

    @pytest.mark.parametrize(("given", "height"), [(500, "500px"), ("30em", "30em")])
    def test_can_be_set_later(self, make: Any, given: Any, height: str) -> None:
        widget = make()
        widget.height = given
        assert widget.height == chart(widget).figure.layout.height == height

    @pytest.mark.parametrize("value", [0, -1, 1.5, True, [1]])
    def test_that_is_none_is_refused(
        self, make: Any, recording_comms: list[Any], value: Any
    ) -> None:
        with pytest.raises((TypeError, ValueError), match="height"):
            make(height=value)
        assert recording_comms == []

    @pytest.mark.parametrize("value", [0, -1, 1.5, True, [1]])
    def test_that_is_none_is_refused_later_too(self, make: Any, value: Any) -> None:
        widget = make(height=500)
        with pytest.raises((TypeError, ValueError, TraitError), match="height"):
            widget.height = value
        assert widget.height == "500px"

    def test_is_always_one_that_css_knows(self, make: Any) -> None:
        widget = make(height=500)
        with contextlib.suppress(TypeError, ValueError, TraitError):
            widget.height = None
        assert widget.height in ("500px", "380px")

    def test_is_not_the_pages_to_change(self, make: Any) -> None:
        widget = make()
        put(chart(widget).figure.layout, height="9px")
        assert widget.height == "380px"


class TestLayout:
    def test_may_be_a_dict(self, make: Any) -> None:
        widget = make(layout={"width": "50%", "border_top": "1px solid red"})
        assert (widget.layout.width, widget.layout.border_top) == ("50%", "1px solid red")

    def test_may_be_a_layout(self, make: Any) -> None:
        given = ipywidgets.Layout(width="50%", margin="3px")
        widget = make(layout=given)
        assert (widget.layout.width, widget.layout.margin) == ("50%", "3px")
        given.close()

    def test_may_have_a_border_as_one_word(self, make: Any) -> None:
        given = ipywidgets.Layout(border="1px solid red")
        for layout in (given, {"border": "1px solid red"}):
            assert make(layout=layout).layout.border_left == "1px solid red"
        given.close()

    def test_may_be_left_out(self, make: Any) -> None:
        assert make().layout.width is make(layout=None).layout.width is None

    def test_can_be_changed_in_python_and_not_by_a_page(self, make: Any) -> None:
        widget = make(layout={"width": "50%"})
        put(widget.layout, width="1px")
        assert widget.layout.width == "50%"
        widget.layout.width = "40%"
        assert widget.layout.width == "40%"

    def test_leaves_the_height_of_the_chart(self, make: Any) -> None:
        widget = make(layout={"height": "900px"}, height=300)
        assert (widget.layout.height, widget.height) == ("900px", "300px")

    @pytest.mark.parametrize("layout", [3, "50%", ["50%"], {"width": 50}])
    def test_that_is_none_is_refused_before_anything_is_made(
        self, make: Any, recording_comms: list[Any], layout: Any
    ) -> None:
        with pytest.raises((TypeError, ValueError, TraitError)):
            make(layout=layout)
        assert recording_comms == []


class TestRule:
    @pytest.mark.parametrize("rule", ["valey", "", 3, None, ["valley"]])
    def test_that_is_none_is_refused_before_anything_is_made(
        self, make: Any, recording_comms: list[Any], rule: Any
    ) -> None:
        with pytest.raises((TypeError, ValueError), match="rule"):
            make(rule=rule)
        assert recording_comms == []

    def test_that_is_misspelt_is_answered_with_the_nearest(self, make: Any) -> None:
        with pytest.raises(ValueError, match='Did you mean "valley"'):
            make(rule="valey")


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ({"autostart": True}, "auto_start"),
        ({"max_lr": 1}, "end_lr"),
        ({"min_lr": 1e-6}, "start_lr"),
        ({"num_iter": 100}, "num_it"),
        ({"criterion": None}, "loss_fn"),
        ({"weight_decay": 0.1}, "wd"),
        ({"suggestion": "valley"}, "rule"),
        ({"auto_aply": True}, "auto_apply"),
        ({"hight": 300}, "height"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else value,
)
def test_a_keyword_of_another_finder_is_answered_with_ours(
    recording_comms: list[Any], given: dict[str, Any], ours: str
) -> None:
    model = classifier()
    with pytest.raises(TypeError, match=f"'{ours}'") as caught:
        LRFinderWidget(model, batches(), adam(model), **given)
    assert f"'{next(iter(given))}'" in str(caught.value)
    assert recording_comms == []


@pytest.mark.parametrize(
    "given",
    [
        {"auto_start": 1},
        {"auto_apply": "yes"},
        {"skip_start": -1},
        {"beta": 1},
        {"y_scale": "cube"},
    ],
    ids=lambda value: "".join(value),
)
def test_a_value_that_cannot_work_is_refused_before_anything_is_made(
    make: Any, recording_comms: list[Any], given: dict[str, Any]
) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(given))):
        make(**given)
    assert recording_comms == []


def test_a_refused_widget_can_be_closed_and_deleted_quietly() -> None:
    widget = LRFinderWidget.__new__(LRFinderWidget)
    with pytest.raises(TypeError):
        widget.__init__(classifier())  # type: ignore[misc]
    widget.close()


@pytest.mark.parametrize("name", ["start", "refine", "extend", "compare"])
def test_the_next_steps_refuse_what_cannot_work_and_change_nothing(make: Any, name: str) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "start": {"num_it": 0},
        "refine": {"start_lr": -1.0},
        "extend": {"end_lr": "far"},
        "compare": {"lrs": [0.0]},
    }
    widget = make(num_it=20)
    widget.start()
    widget.wait(60)
    before = widget.state
    with pytest.raises((TypeError, ValueError)):
        getattr(widget, name)(**wrong[name])
    assert widget.state is before


def test_start_answers_a_keyword_of_another_finder_too(make: Any) -> None:
    widget = make()
    with pytest.raises(TypeError, match="'end_lr'"):
        widget.start(max_lr=1)
    assert widget.state.run is None
