"""The screen of core widgets, over runs that a test plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Widget

from lrfind_widget import LRFinderWidget, lr_find
from lrfind_widget._version import __version__
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.session import Session
from lrfind_widget.view import page_watch, screens
from lrfind_widget.view.plain_screen import PlainScreen, _all_of
from lrfind_widget.view.thread_safe_widget import MODULE
from tests.played import PlayedTrainable
from tests.waiting import eventually
from tests.widget.messages import put, tell
from tests.widget.recording import RecordingComm
from tests.widget.training import adam, batches, classifier

Make = Callable[..., LRFinderWidget]


def test_what_happens_while_it_is_made_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    trainable = PlayedTrainable()
    session = Session(trainable, AnalysisOptions())
    shown = screens.Screens(session, "auto", lambda: None, lambda _rows: None)
    session.listen(lambda: shown.shown.tick())
    session.start()

    def made(*given: Any) -> PlainScreen:
        screen = PlainScreen(*given)
        trainable.latest.whole()
        session.wait(10)
        return screen

    monkeypatch.setattr(screens, "PlainScreen", made)
    shown._change("The page has no front end.")
    assert "Recommended" in shown.shown._headline.value
    shown.close()
    session.close()


def test_the_room_of_its_picture_is_there_from_the_first() -> None:
    made = Play()
    assert "aspect-ratio" in made.picture()
    made.screen.close()
    made.session.close()


class Play:
    """A session of played runs and its plain screen."""

    def __init__(self) -> None:
        self.trainable = PlayedTrainable()
        self.session = Session(self.trainable, AnalysisOptions())
        self.screen = PlainScreen(self.session)
        self.session.listen(self.screen.tick)

    def sweep(self) -> Play:
        self.session.start()
        self.trainable.latest.whole()
        self.session.wait(10)
        return self

    def buttons(self) -> dict[str, Any]:
        """Return what can be pressed, by its label."""
        rows = (self.screen._run, self.screen._choice, self.screen._chips, self.screen._offers)
        seen = [button for row in rows for button in row.children]
        return {b.description: b for b in seen if b.layout.visibility == "visible"}

    def press(self, label: str) -> None:
        tell(self.buttons()[label], event="click")

    def picture(self) -> str:
        return str(self.screen._picture.value)


@pytest.fixture
def play() -> Iterator[Play]:
    made = Play()
    yield made
    made.session.close()
    made.screen.close()


def test_it_is_made_of_core_widgets_alone(play: Play, recording_comms: list[RecordingComm]) -> None:
    play.sweep()
    made = [message["data"]["state"] for c in recording_comms for message in c.published[:1]]
    assert made
    assert not [state for state in made if MODULE in state.values()]


def test_it_says_what_the_other_screen_says(play: Play) -> None:
    play.sweep()
    assert "Recommended" in play.screen._headline.value
    assert "selected_lr" not in play.screen._headline.value
    assert play.session.state.analysis is not None
    assert play.session.state.analysis.words in play.screen._why.value


def test_the_picture_grows_with_the_curve_and_has_words_at_the_end(play: Play) -> None:
    assert "<img" not in play.picture()
    play.session.start()
    play.trainable.latest.step(1.0, 1.0, 1.0)
    assert eventually(lambda: "data:image/png;base64," in play.picture())
    growing = play.picture()
    assert 'alt="Chart of the loss against the learning rate.' in growing
    play.trainable.latest.step(1.0)
    play.trainable.latest.step(0.5)  # too soon for another picture, and then nothing for a while
    drawn = play.screen._draw_later
    assert eventually(lambda: drawn._thread is None and play.picture() != growing)
    assert play.screen._drawn[0] == len(play.trainable.latest.points)
    play.trainable.latest.whole()
    play.session.wait(10)
    analysis = play.session.state.analysis
    assert analysis is not None
    assert eventually(lambda: analysis.words in play.picture())
    assert play.picture() != growing


def test_work_is_paused_and_stopped(play: Play) -> None:
    play.press("Run")
    play.trainable.latest.step(1.0)
    assert eventually(lambda: "Stop" in play.buttons())
    assert "Run" not in play.buttons()
    play.press("Pause")
    assert eventually(lambda: "Resume" in play.buttons())
    play.press("Stop")
    # Button by button.
    assert eventually(lambda: "Run again" in play.buttons() and "Stop" not in play.buttons())


def test_the_slider_chooses_a_rate_of_three_digits(play: Play) -> None:
    play.sweep()
    put(play.screen._slider, value=0.0012589254117941673)
    assert play.session.state.selected_lr == 1.26e-3
    assert play.screen._field.value == "0.00126"


@pytest.mark.parametrize("typed", ["3e-4", "0.0003", "3.0E-4"])
def test_a_rate_is_typed(play: Play, typed: str) -> None:
    put(play.screen._field, value=typed)
    assert play.session.state.selected_lr == 3e-4
    assert play.screen._slider.value == pytest.approx(3e-4)
    assert play.screen._field.value == "3e-4"


@pytest.mark.parametrize("typed", ["", "none", "-1", "0", "nan", None, [1]])
def test_what_is_no_rate_changes_nothing(play: Play, typed: Any) -> None:
    before = play.session.state
    put(play.screen._field, value=typed)
    assert play.session.state is before
    assert play.screen._field.refused_messages == 1


def test_a_rate_of_python_beyond_the_axis_stays_what_it_is(play: Play) -> None:
    play.sweep()
    play.session.select(1e-12)
    assert play.session.state.selected_lr == 1e-12
    assert play.screen._field.value == "1e-12"


def test_a_rule_s_button_chooses_its_rate(play: Play) -> None:
    play.sweep()
    play.session.select(1e-6)
    label = next(label for label in play.buttons() if label.startswith("recommended"))
    play.press(label)
    suggested = play.session.state.analysis
    assert suggested is not None
    assert play.session.state.selected_lr == suggested.suggested.lr


def test_a_comparison_offers_its_rates(play: Play) -> None:
    play.session.compare([1e-3, 1e-2], steps=4)
    play.trainable.latest.step(*[1.0] * 4, *[0.5] * 4)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert play.screen._verdict.value
    assert eventually(lambda: "<img" in play.screen._compared.value)
    assert 'alt="Loss against step at the learning rates 1e-3, 1e-2.' in play.screen._compared.value
    assert play.session.comparison is not None
    assert play.session.comparison.sentence in play.screen._compared.value
    play.press("Use 1e-2")
    assert play.session.state.selected_lr == 1e-2


def test_what_comes_from_elsewhere_is_text(play: Play) -> None:
    play.session.refuse(ValueError("<script>alert(1)</script>"))
    assert "<script>" not in play.screen._headline.value
    assert "&lt;script&gt;" in play.screen._headline.value


def test_closing_closes_every_widget(recording_comms: list[RecordingComm]) -> None:
    play = Play().sweep()
    play.session.close()
    play.screen.close()
    assert [c for c in recording_comms if c.published[-1]["msg_type"] != "comm_close"] == []


# ------------------------------------------------------------------------- which is shown


def rows(widget: LRFinderWidget) -> list[Widget]:
    return list(widget.children)


def test_our_screen_gives_way_where_a_page_has_not_our_front_end(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_watch, "ANSWER_SECONDS", 0.0)
    widget = make()
    ours = rows(widget)
    knocker = widget._screens._watch._knocker  # type: ignore[union-attr]
    put(knocker, height=knocker.width)
    assert eventually(lambda: rows(widget) != ours)
    assert "has not loaded lrfind-widget" in rows(widget)[0].value
    tell(ours[1], event="here", version=__version__)
    assert rows(widget) == ours


def test_the_plain_screen_makes_no_widget_of_ours(
    make: Make, recording_comms: list[RecordingComm]
) -> None:
    widget = make(screen="plain")
    widget.start()
    widget.wait(20)
    made = [message["data"]["state"] for c in recording_comms for message in c.published[:1]]
    assert not [state for state in made if MODULE in state.values()]


def test_a_stored_result_takes_it_too() -> None:
    model = classifier()
    result = lr_find(model, batches(), adam(model), num_it=10, progress=False)
    widget = LRFinderWidget.from_result(result, screen="plain")
    assert widget._screens.is_plain
    widget.close()


def test_a_page_that_is_saved_has_our_screen_with_all_that_was_found(
    make: Make, tmp_path: Path, recording_comms: list[RecordingComm]
) -> None:
    widget = make(screen="plain", num_it=20)
    widget.start()
    widget.wait(20)
    widget.compare([1e-3, 1e-2], steps=4)
    widget.wait(20)
    before = len(recording_comms)
    widget.save_html(tmp_path / "lr.html")
    page = (tmp_path / "lr.html").read_text()
    assert '"ComparisonCurvesModel"' in page
    assert '"MarkerModel"' in page
    lent = recording_comms[before:]
    assert {comm.published[-1]["msg_type"] for comm in lent} == {"comm_close"}


@pytest.mark.parametrize("version", [None, 1, "1" * 1000])
def test_a_malformed_sign_of_a_page_is_refused(make: Make, version: Any) -> None:
    widget = make()
    bar: Any = rows(widget)[1]
    tell(bar, event="here", version=version)
    assert bar.refused_messages == 1


def test_another_screen_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="screen='full', expected 'auto' or 'plain'"):
        make(screen="full")


def test_its_styles_are_known_to_the_core_widgets_that_colab_has(play):
    styles = {each._model_name for each in _all_of(play.screen.rows) if "Style" in each._model_name}
    known = {"ButtonStyleModel", "DescriptionStyleModel", "ProgressStyleModel", "SliderStyleModel"}
    assert "DescriptionStyleModel" in styles
    assert styles <= known
