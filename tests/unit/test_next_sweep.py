"""What a page says of the next sweep is checked as the keywords that it stands for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lrfind_widget.next_sweep import FIELDS, changes, said_of, text_of, wrong
from lrfind_widget.options import AnalysisOptions, SweepOptions
from lrfind_widget.session import Session
from lrfind_widget.view.settings_state import settings_bar
from lrfind_widget.view.view_state import view_state
from tests.played import PlayedTrainable
from tests.unit.results import result

KEYWORDS = {name: option.default for name, option in FIELDS.items()}


def test_a_page_asks_for_what_is_often_changed() -> None:
    assert {*FIELDS} == {"start_lr", "end_lr", "num_it", "repeats", "wd", "seed"}


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        ({}, {}),
        ({"num_it": "200"}, {"num_it": 200}),
        ({"num_it": " 2e2 "}, {"num_it": 200}),
        ({"num_it": "100"}, {}),
        ({"num_it": ""}, {}),
        ({"num_it": "200", "repeats": "3"}, {"num_it": 200, "repeats": 3}),
        ({"start_lr": "1e-5", "end_lr": "1"}, {"start_lr": 1e-5, "end_lr": 1.0}),
        ({"wd": "0"}, {"wd": 0.0}),
        ({"wd": ""}, {}),
        ({"seed": "7"}, {"seed": 7}),
    ],
)
def test_a_text_is_the_value_that_it_says(typed: dict[str, str], changed: dict[str, Any]) -> None:
    found = changes(KEYWORDS, typed)
    assert found == changed
    assert {*map(type, found.values())} == {*map(type, changed.values())}


def test_what_is_left_empty_is_what_the_widget_was_made_with() -> None:
    made = KEYWORDS | {"num_it": 50, "seed": 3}
    assert changes(made, {"num_it": ""}) == {}
    assert changes(made, {"seed": ""}) == {"seed": None}


BELOW = "From 20 is not below To 10: a range test raises the rate."


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"num_it": "2o0"}, {"num_it": 'Steps: "2o0" is not a number.'}),
        ({"num_it": "0"}, {"num_it": "Steps: 0, expected at least 1."}),
        ({"num_it": "2.5"}, {"num_it": "Steps: 2.5, expected a whole number of at least 1."}),
        ({"num_it": "inf"}, {"num_it": "Steps: inf, expected a whole number of at least 1."}),
        ({"num_it": ""}, {}),
        ({"start_lr": "-1"}, {"start_lr": "From must be finite and greater than 0, got -1.0."}),
        ({"start_lr": "3,2e-4"}, {"start_lr": 'From: "3,2e-4" is not a number.'}),
        ({"start_lr": "20"}, {"start_lr": BELOW}),
        ({"start_lr": "20", "end_lr": "10"}, {"start_lr": BELOW, "end_lr": BELOW}),
        ({"start_lr": "20", "end_lr": "x"}, {"end_lr": 'To: "x" is not a number.'}),
        ({"wd": "-1"}, {"wd": "Weight decay: -1, expected a finite number of at least 0."}),
        ({"seed": "1e10"}, {"seed": "Seed: 10000000000, expected at most 4294967295."}),
        (
            {"num_it": "0", "wd": "x"},
            {
                "num_it": "Steps: 0, expected at least 1.",
                "wd": 'Weight decay: "x" is not a number.',
            },
        ),
    ],
)
def test_what_is_wrong_is_told_of_its_field_by_the_name_that_the_page_gives_it(
    typed: dict[str, str], found: dict[str, str]
) -> None:
    assert wrong(KEYWORDS, typed) == found
    if found:
        with pytest.raises(ValueError, match=re.escape(said_of(found))) as caught:
            changes(KEYWORDS, typed)
        assert not any(name in str(caught.value) for name in FIELDS)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-7, "1e-7"), (10.0, "10"), (0.0123456, "0.0123456"), (100, "100"), (None, "")],
)
def test_a_field_shows_every_digit(value: Any, text: str) -> None:
    assert text_of(value) == text


def make() -> tuple[Session, PlayedTrainable]:
    trainable = PlayedTrainable()
    return Session(trainable, AnalysisOptions()), trainable


def fields(session: Session) -> dict[str, str]:
    return {each["name"]: each["text"] for each in settings_bar(session.state, {})["next_sweep"]}


def can_run(session: Session) -> bool:
    buttons = view_state(session.state).run_bar["buttons"]
    return any(each["command"] == "start" and each["enabled"] for each in buttons)


class TestSession:
    def test_the_next_sweep_takes_what_was_typed(self) -> None:
        session, trainable = make()
        session.type_in("num_it", "200")
        session.type_in("wd", "0.1")
        session.start()
        assert trainable.latest.changes.items() >= {"num_it": 200, "wd": 0.1}.items()
        assert fields(session).items() >= {"num_it": "200", "wd": "0.1", "repeats": "1"}.items()

    def test_a_keyword_of_start_comes_first(self) -> None:
        session, trainable = make()
        session.type_in("num_it", "200")
        session.start(num_it=50)
        assert trainable.latest.changes["num_it"] == 50

    def test_what_is_typed_is_checked_beside_the_keywords_of_start(self) -> None:
        session, trainable = make()
        session.type_in("start_lr", "20")
        session.start(end_lr=100.0)
        assert trainable.latest.changes["start_lr"] == 20.0

    def test_an_emptied_field_shows_what_will_be_taken(self) -> None:
        session, _ = make()
        session.type_in("num_it", "")
        assert fields(session)["num_it"] == str(session.state.keywords["num_it"])
        session.type_in("seed", " ")
        assert fields(session)["seed"].strip() == ""

    def test_what_is_wrong_keeps_it_from_starting_until_it_is_mended(self) -> None:
        session, trainable = make()
        session.type_in("start_lr", "20")
        shown = settings_bar(session.state, {})
        assert "From 20 is not below To 1" in shown["wrong"]
        assert [each["name"] for each in shown["next_sweep"] if each["wrong"]] == ["start_lr"]
        assert fields(session)["start_lr"] == "20"
        assert not can_run(session)
        with pytest.raises(ValueError, match="From 20 is not below"):
            session.start()
        session.type_in("end_lr", "30")
        assert settings_bar(session.state, {})["wrong"] == ""
        assert can_run(session)
        session.start()
        assert trainable.latest.plan.lrs == (20.0, 30.0)

    def test_what_adds_to_a_curve_goes_on_with_its_keywords(self) -> None:
        session, trainable = make()
        session.type_in("wd", "0.1")
        session.start()
        trainable.latest.whole()
        session.wait(10)
        session.type_in("wd", "0.5")
        session.extend(100.0)
        assert trainable.latest.changes["wd"] == 0.1

    def test_a_stored_result_has_no_next_sweep(self) -> None:
        shown = settings_bar(Session(None, AnalysisOptions(), stored=result()).state, {})
        assert shown["next_sweep"] == []
        assert shown["auto_apply"] is None
        assert shown["wrong"] == ""

    def test_ranges_of_groups_are_left_to_python(self) -> None:
        trainable = PlayedTrainable()
        given = SweepOptions(start_lr=[1e-8, 1e-7], end_lr=[1.0, 10.0])
        trainable.keywords = given.of(SweepOptions)
        session = Session(trainable, AnalysisOptions())
        session.type_in("num_it", "200")
        by_group = [
            e["name"] for e in settings_bar(session.state, {})["next_sweep"] if not e["enabled"]
        ]
        assert by_group == ["start_lr", "end_lr"]
        assert settings_bar(session.state, {})["wrong"] == ""

    def test_each_choice_is_applied_from_when_that_is_asked_for(self) -> None:
        session, trainable = make()
        session.select(0.01)
        assert trainable.lr == 1e-3
        session.set_auto_apply(True)
        assert trainable.lr == 0.01
        assert settings_bar(session.state, {})["auto_apply"] is True
        session.select(0.02)
        assert trainable.lr == 0.02
        session.set_auto_apply(False)
        session.select(0.03)
        assert trainable.lr == 0.02
