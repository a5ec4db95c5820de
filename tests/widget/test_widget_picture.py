"""The picture that a cell's output keeps comes later, and holds nobody up."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.not_shown import NO_WIDGETS
from lrfind_widget.results import figures
from lrfind_widget.view.output import KEPT_OUTPUT
from tests.waiting import eventually
from tests.widget.hands import drag
from tests.widget.messages import tell
from tests.widget.shown import bars, kept
from tests.widget.training import Gate

CALM = 0.05


class Artist:
    """Draws pictures as slowly as a test wants.

    Attributes
    ----------
    drawn : list of str
        The threads that pictures were drawn on.
    may_draw : Event
        What each picture waits for; set at first.
    fails : int
        How many of the next pictures cannot be drawn.
    """

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.begun = threading.Event()
        self.may_draw = threading.Event()
        self.may_draw.set()
        self.fails = 0

    def saved(self, *_: Any) -> bytes:
        """Stand for `figures.saved`."""
        self.begun.set()
        assert self.may_draw.wait(30)
        self.drawn.append(threading.current_thread().name)
        if self.fails:
            self.fails -= 1
            raise OSError("there is no font")
        return b"picture %d" % len(self.drawn)


@pytest.fixture
def artist(monkeypatch: pytest.MonkeyPatch) -> Iterator[Artist]:
    made = Artist()
    monkeypatch.setattr(figures, "saved", made.saved)
    monkeypatch.setattr("lrfind_widget.widget.CALM_SECONDS", CALM)
    yield made
    made.may_draw.set()


class Output:
    """An output of a cell, as the handle that IPython gives of it.

    Attributes
    ----------
    bundles : list of dict
        What it has shown, the latest last.
    metadata : dict
        What is said of the latest.
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundles = [bundle]
        self.metadata: dict[str, Any] = {}

    def update(self, bundle: dict[str, Any], metadata: dict[str, Any], **_: Any) -> None:
        self.bundles.append(bundle)
        self.metadata = metadata

    @property
    def line(self) -> str:
        return str(self.bundles[-1]["text/plain"])

    @property
    def picture(self) -> bytes:
        return base64.b64decode(self.bundles[-1].get("image/png", ""))


@pytest.fixture(autouse=True)
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Output]:
    """Return the list that what is displayed will be added to."""
    shown: list[Output] = []

    def display(bundle: dict[str, Any], **_: Any) -> Output:
        output = Output(bundle)
        if KEPT_OUTPUT in bundle:
            shown.append(output)
        return output

    monkeypatch.setattr("lrfind_widget.view.output.display", display)
    return shown


@pytest.fixture
def displayed(make: Any, artist: Artist) -> LRFinderWidget:
    """A widget that a cell has displayed, after its sweep and with its picture."""
    widget: LRFinderWidget = make(num_it=30)
    widget._ipython_display_()
    widget.wait(60)
    assert eventually(lambda: kept(widget)["picture"])
    return widget


def rate_kept(widget: LRFinderWidget, lr: float) -> bool:
    return f"selected_lr={format_lr(lr)}" in kept(widget)["line"].split(", ")


def test_before_a_curve_the_output_says_what_to_do_where_it_is_all_that_is_shown(
    make: Any, artist: Artist, outputs: list[Output]
) -> None:
    widget = make(num_it=30)
    widget._ipython_display_()
    assert outputs[0].bundles[0]["text/plain"].endswith(NO_WIDGETS)
    widget.wait(60)
    assert eventually(lambda: kept(widget)["picture"])
    assert NO_WIDGETS not in outputs[0].line


class TestAfterASweep:
    def test_the_picture_has_a_text_for_who_cannot_see_it(
        self, displayed: LRFinderWidget, outputs: list[Output]
    ) -> None:
        drag(displayed, 0.5)
        headline, curve = bars(displayed).run.sentence, displayed.result.describe()
        said = f"Chart of the loss against the learning rate. {headline} Chosen: 5e-1. {curve}"
        assert headline.startswith("Recommended ")
        assert eventually(lambda: outputs[0].metadata == {"image/png": {"alt": said}})

    def test_waiting_for_the_result_does_not_wait_for_the_picture(
        self, make: Any, artist: Artist
    ) -> None:
        artist.may_draw.clear()
        widget = make(num_it=30)
        widget._ipython_display_()
        assert widget.wait(60) is widget.result is not None
        assert not widget.status.is_running
        assert artist.begun.wait(20)
        assert not kept(widget)["picture"]
        artist.may_draw.set()
        assert eventually(lambda: kept(widget)["picture"])
        assert rate_kept(widget, widget.selected_lr)

    def test_a_choice_does_not_wait_for_the_picture(self, make: Any, artist: Artist) -> None:
        artist.may_draw.clear()
        widget = make(num_it=30)
        widget._ipython_display_()
        widget.wait(60)
        assert artist.begun.wait(20)
        drag(widget, 0.5)
        widget.beta = 0.5
        assert (widget.selected_lr, widget.beta) == (0.5, 0.5)
        artist.may_draw.set()
        assert eventually(lambda: rate_kept(widget, 0.5))

    def test_the_next_sweep_does_not_wait_for_the_picture(self, make: Any, artist: Artist) -> None:
        artist.may_draw.clear()
        widget = make(num_it=30)
        widget._ipython_display_()
        widget.wait(60)
        assert artist.begun.wait(20)
        widget.start()
        assert widget.wait(60) is widget.runs[1]
        artist.may_draw.set()

    def test_it_is_drawn_on_a_thread_of_its_own(
        self, displayed: LRFinderWidget, artist: Artist
    ) -> None:
        assert artist.drawn == ["lrfind-later"]

    def test_none_is_drawn_during_a_sweep(self, make: Any, artist: Artist) -> None:
        gate = Gate(3)
        widget = make(data=gate, num_it=30)
        widget._ipython_display_()
        assert gate.asked.wait(20)
        drag(widget, 0.5)
        widget.beta = 0.5
        time.sleep(4 * CALM)
        assert artist.drawn == []
        widget.stop()
        gate.let(1)
        widget.wait(60)


class TestClosing:
    def test_waits_for_a_picture_that_is_being_drawn(self, make: Any, artist: Artist) -> None:
        artist.may_draw.clear()
        widget = make(num_it=30)
        widget._ipython_display_()
        widget.wait(60)
        assert artist.begun.wait(20)
        closing = threading.Thread(target=widget.close)
        closing.start()
        closing.join(0.2)
        assert closing.is_alive()
        artist.may_draw.set()
        closing.join(20)
        assert not closing.is_alive()
        assert "lrfind-later" not in [thread.name for thread in threading.enumerate()]
        assert artist.drawn == ["lrfind-later"]

    def test_drops_a_picture_that_is_not_begun(
        self, displayed: LRFinderWidget, artist: Artist, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lrfind_widget.widget.CALM_SECONDS", 60.0)
        drag(displayed, 0.5)
        before = time.monotonic()
        displayed.close()
        assert time.monotonic() - before < 10
        assert len(artist.drawn) == 1
        assert "lrfind-later" not in [thread.name for thread in threading.enumerate()]


class TestAfterAChoice:
    def test_it_follows_the_marker(self, displayed: LRFinderWidget, outputs: list[Output]) -> None:
        drag(displayed, 0.5)
        assert eventually(lambda: outputs[0].picture == b"picture 2")
        assert rate_kept(displayed, 0.5)

    def test_it_follows_a_setting(self, displayed: LRFinderWidget, outputs: list[Output]) -> None:
        displayed.y_scale = "log"
        assert eventually(lambda: outputs[0].picture == b"picture 2")

    def test_a_long_drag_is_one_picture(
        self, displayed: LRFinderWidget, artist: Artist, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lrfind_widget.widget.CALM_SECONDS", 0.3)
        for step in range(100):
            drag(displayed, 4e-4 * (1 + step))
        assert eventually(lambda: rate_kept(displayed, 0.04))
        assert len(artist.drawn) == 2

    def test_it_follows_a_choice_that_came_while_one_was_drawn(
        self, displayed: LRFinderWidget, artist: Artist
    ) -> None:
        artist.begun.clear()
        artist.may_draw.clear()
        drag(displayed, 0.5)
        assert artist.begun.wait(20)
        drag(displayed, 0.25)
        artist.may_draw.set()
        assert eventually(lambda: rate_kept(displayed, 0.25))


@pytest.mark.parametrize("follows", [True, False])
def test_on_the_plain_screen_it_follows_a_press_of_apply_alone(
    make: Any, artist: Artist, monkeypatch: pytest.MonkeyPatch, follows: bool
) -> None:
    """Its page draws an output anew that is updated, and the focus would be lost."""
    asked: list[float] = []
    widget = make(screen="plain", auto_apply=follows, num_it=20)
    monkeypatch.setattr(widget._keep_later, "call", asked.append)
    widget.select(0.5)
    assert asked == []
    widget.set_auto_apply(False)
    widget.select(0.25)
    assert asked == []
    widget.apply()
    assert asked == [CALM]


class TestDisplaying:
    def test_a_stored_result_has_its_picture_at_once(
        self, displayed: LRFinderWidget, artist: Artist
    ) -> None:
        stored = LRFinderWidget.from_result(displayed.result)
        stored._ipython_display_()
        assert kept(stored)["picture"]
        assert rate_kept(stored, displayed.selected_lr)
        stored.close()

    def test_every_output_follows(self, displayed: LRFinderWidget, outputs: list[Output]) -> None:
        displayed._ipython_display_()
        drag(displayed, 0.5)
        assert eventually(lambda: all("selected_lr=5e-1" in each.line for each in outputs))
        assert [each.picture for each in outputs] == [outputs[0].picture] * 2
        assert outputs[0].picture.startswith(b"picture")

    def test_a_page_that_is_opened_again_is_told_what_is_kept(
        self, displayed: LRFinderWidget, artist: Artist, outputs: list[Output]
    ) -> None:
        count = len(outputs[0].bundles)
        tell(displayed._screens.shown.run_bar, event="seen")
        assert outputs[0].bundles[count:] == outputs[0].bundles[-1:]
        assert outputs[0].picture == b"picture 1"
        assert len(artist.drawn) == 1

    def test_an_output_has_the_live_widget_beside_the_picture(
        self, displayed: LRFinderWidget, outputs: list[Output]
    ) -> None:
        for bundle in outputs[0].bundles:
            assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == (
                displayed.model_id
            )
        assert "image/png" not in outputs[0].bundles[0]
        assert "image/png" in outputs[0].bundles[-1]


class TestAPictureThatCannotBeDrawn:
    def test_leaves_the_line_of_text(
        self, make: Any, artist: Artist, told: list[BaseException]
    ) -> None:
        artist.fails = 1
        widget = make(num_it=30)
        widget._ipython_display_()
        widget.wait(60)
        assert eventually(lambda: rate_kept(widget, widget.selected_lr), 3)

    def test_is_followed_by_the_next_one(
        self, make: Any, artist: Artist, told: list[BaseException]
    ) -> None:
        artist.fails = 1
        widget = make(num_it=30)
        widget._ipython_display_()
        widget.wait(60)
        assert eventually(lambda: len(artist.drawn) == 1)
        drag(widget, 0.5)
        assert eventually(lambda: rate_kept(widget, 0.5), 3)

    def test_does_not_keep_a_widget_from_being_displayed(
        self,
        displayed: LRFinderWidget,
        artist: Artist,
        outputs: list[Output],
        told: list[BaseException],
    ) -> None:
        artist.fails = 1
        displayed._ipython_display_()
        assert len(outputs) == 2
