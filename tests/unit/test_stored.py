"""How records are kept as JSON, and what is refused when they are read."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.results import json_record, stored
from lrfind_widget.results.joined import Refinement
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import RULES
from tests.unit.results import full, result


@pytest.mark.parametrize("kept", [result(), full(), result(np.ones(0))], ids=["plain", "full", "0"])
def test_json_file_gives_the_result_back_unchanged(kept: SweepResult, tmp_path: Path) -> None:
    kept.save(tmp_path / "run.json")
    back = SweepResult.load(tmp_path / "run.json")
    assert json.dumps(back.to_json()) == json.dumps(kept.to_json())
    for name in ("lrs", "losses", "smoothed", "steps"):
        assert getattr(back, name).tobytes() == getattr(kept, name).tobytes()
        assert getattr(back, name).dtype == getattr(kept, name).dtype
    assert back.receipt == kept.receipt
    assert back.suggestions() == kept.suggestions()


def test_settings_come_back_as_they_were() -> None:
    back = SweepResult.from_json(full().to_json()).settings
    assert back["end_lr"] == math.inf
    assert math.isnan(back["é"][1]["x"])
    assert back["wd"] is None
    assert back["é"][0] == "ü"


@pytest.mark.parametrize("settings", [{"$float": "NaN"}, {"$$float": 1.0}, {"$": {"$float": []}}])
def test_settings_that_look_like_the_notation_come_back_too(settings: dict[str, Any]) -> None:
    kept = json.dumps(result(settings={"x": settings}).to_json())
    assert SweepResult.from_json(kept).settings == {"x": settings}


def test_file_is_strict_json(tmp_path: Path) -> None:
    full().save(tmp_path / "run.json")

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    json.loads((tmp_path / "run.json").read_text(encoding="utf-8"), parse_constant=refuse)


@given(losses=st.integers(0, 50).flatmap(lambda n: arrays(np.float64, n, elements=st.floats())))
def test_any_losses_survive_json_bit_for_bit(losses: np.ndarray) -> None:
    back = SweepResult.from_json(json.dumps(result(losses).to_json(), allow_nan=False))
    nan = np.isnan(losses)
    assert (np.isnan(back.losses) == nan).all()
    assert back.losses[~nan].tobytes() == losses[~nan].tobytes()


def test_setting_that_json_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"settings\['loss_fn'\] is a function"):
        result(settings={"loss_fn": full}).to_json()


BROKEN = {
    "not JSON": ("hello", "broken JSON"),
    "empty": ("", "broken JSON"),
    "bare NaN": ('{"format": NaN}', "broken JSON"),
    "deep": ("[" * 100_000, "nested too deeply|broken JSON"),
    "list": ("[]", "this is a list"),
    "other": ('{"format": "other"}', '"format" should be'),
    "number": ("1", "this is 1"),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_broken_file_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        SweepResult.load(tmp_path / "run.json")


ITEM = {"category": "parameters", "compared": 3, "how": "bit by bit", "identical": True}

WRONG = {
    "newer version": ({"version": 99}, "format version 99"),
    "no version": ({"version": None}, "format version None"),
    "rates missing": ({"lrs": None}, '"lrs" is None, expected a list'),
    "rates below zero": ({"lrs": [-1.0] * 100}, "greater than 0"),
    "rates infinite": ({"lrs": ["Infinity"] * 100}, "finite and greater than 0"),
    "text among losses": ({"losses": ["<b>"] * 100}, r'"losses\[0\]" is .<b>., expected a number'),
    "true among losses": ({"losses": [True] * 100}, "expected a number"),
    "list among losses": (
        {"losses": [[1.0]] * 100},
        "losses must have one value for each of the 100 steps",
    ),
    "huge integer": ({"losses": [10**400] * 100}, "too large for a float"),
    "short losses": ({"losses": [1.0]}, "losses must have one value for each of the 100 steps"),
    "steps not whole": ({"steps": [0.5] * 100}, "expected a count"),
    "steps negative": ({"steps": [-1] * 100}, "expected a count"),
    "steps too large": ({"steps": [2**70] * 100}, "expected a count"),
    "reason unknown": ({"stop_reason": "bored"}, "expected one of finished, diverged"),
    "reason a list": ({"stop_reason": []}, '"stop_reason" is a list, expected one of finished'),
    "settings a list": ({"settings": []}, "expected a JSON object"),
    "version no text": (
        {"versions": {"torch": 2}},
        "versions.'torch'.. is 2, expected a text",
    ),
    "duration text": ({"duration": "long"}, "expected a number"),
    "receipt text": ({"receipt": "fine"}, '"receipt" is .fine., expected a JSON object'),
    "receipt empty": ({"receipt": {}}, '"receipt.items" is missing'),
    "receipt wrong": ({"receipt": {"items": 1}}, '"receipt.items" is 1, expected a list'),
    "receipt of nothing": ({"receipt": {"items": [{}]}}, r'"receipt.items\[0\].category" is miss'),
    "infinite count": ({"receipt": {"items": [ITEM | {"compared": "Infinity"}]}}, "a count from 0"),
    "a count of 1e999": ({"receipt": {"items": [ITEM | {"compared": math.inf}]}}, "a count from 0"),
    "no flag": ({"receipt": {"items": [ITEM | {"identical": 1}]}}, "expected true or false"),
    "rate chosen below zero": ({"selected_lr": -1.0}, "selected_lr must be finite and greater"),
    "critical rate below zero": ({"critical_lr": -1.0}, "critical_lr must be finite and greater"),
    "rate chosen not finite": ({"selected_lr": "NaN"}, "selected_lr must be finite and greater"),
    "rate chosen a text": ({"selected_lr": "1e-3"}, '"selected_lr" is .1e-3., expected a number'),
    "multipliers": ({"multipliers": "1"}, "expected a list"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_wrong_value_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SweepResult.from_json({**full().to_json(), **changes})


@pytest.mark.parametrize("key", ["lrs", "losses", "smoothed", "steps", "stop_reason"])
def test_missing_part_is_named(key: str) -> None:
    data = full().to_json()
    del data[key]
    with pytest.raises(ValueError, match=f'"{key}" is missing'):
        SweepResult.from_json(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=10,
    ),
    st.sampled_from(sorted(full().to_json())),
)
def test_any_value_in_any_place_is_taken_or_refused_in_words(value: Any, key: str) -> None:
    back, words = None, ""
    try:
        back = SweepResult.from_json({**full().to_json(), key: value})
    except ValueError as refusal:
        words = str(refusal)
    assert len(words) < 400
    if back is not None:
        use(back)


@pytest.mark.parametrize("value", [None, True, -1, 0, 1e999, math.nan, 10**400, "x", [], {}, [[1]]])
@pytest.mark.parametrize(
    "key", ["start_lr", "end_lr", "num_it", "mode", "beta", "joined", "groups"]
)
def test_a_result_with_any_setting_can_be_used(key: str, value: Any) -> None:
    use(SweepResult.from_json({**full().to_json(), "settings": {key: value}}))


def use(back: SweepResult) -> None:
    """Ask a result for all that a screen asks it for."""
    assert list(back.suggestions()) == list(RULES)
    assert all(s.lr is None or 0 < s.lr < math.inf for s in back.suggestions().values())
    low, high = back.ends
    assert 0 < low <= high < math.inf
    assert repr(back)
    part = Refinement.refine(back, 1e-4, 1e-2, 5)
    joined = part.joined_by(result())
    covered = (back.lrs >= 1e-4) & (back.lrs < 1e-2)
    assert len(joined) == len(back) - covered.sum() + 100 - part.below


def test_too_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_record, "LARGEST_FILE", 1000)
    full().save(tmp_path / "run.json")
    with pytest.raises(ValueError, match="Is it the right file"):
        SweepResult.load(tmp_path / "run.json")


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_pickle_is_not_executed(ending: str, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    (tmp_path / f"run.{ending}").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"not a text file|broken JSON|not a saved"):
        SweepResult.load(tmp_path / f"run.{ending}")
    assert not (tmp_path / "exploded").exists()


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SweepResult.load(tmp_path / "none.json")


@pytest.mark.parametrize("name", ["run", "run.pkl", "run.json.gz"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"kept as \.json"):
        result().save(tmp_path / name)
    assert not (tmp_path / name).exists()


# ------------------------------------------------------------------------------- any record


@dataclass(frozen=True)
class Part:
    name: str
    share: float = 1.0


@dataclass(frozen=True)
class Whole:
    table: npt.NDArray[np.float64]
    parts: tuple[Part, ...] = ()
    flags: tuple[bool, ...] = ()
    count: int | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def whole(**changes: Any) -> dict[str, Any]:
    return {"format": "lrfind_widget.Whole", "version": 1, "table": [[1.0], [2.0]]} | changes


def test_a_record_is_kept_by_its_fields_and_their_types() -> None:
    table = np.array([[1.0, math.nan], [math.inf, 1e-300]])
    kept = Whole(table, (Part("a", math.inf), Part("b")), (True, False), 3)
    back = stored.decode(Whole, json.dumps(stored.encode(kept), allow_nan=False))
    assert back.table.tobytes() == table.tobytes()
    assert (back.parts, back.flags, back.count) == (kept.parts, kept.flags, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"table": [[1.0], [2.0, 3.0]]}, '"table" holds rows that differ in length'),
        ({"table": [[1.0], 2.0]}, '"table" holds rows that differ in length'),
        ({"table": [[1.0], [None]]}, r'"table\[1\]\[0\]" is None, expected a number'),
        ({"parts": [{"name": 3}]}, r'"parts\[0\].name" is 3, expected a text'),
        ({"parts": [{"share": 1}]}, r'"parts\[0\].name" is missing'),
        ({"parts": [[]]}, r'"parts\[0\]" is a list, expected a JSON object'),
        ({"flags": [0]}, r'"flags\[0\]" is 0, expected true or false'),
        ({"count": -1}, '"count" is -1, expected a count from 0'),
        ({"count": 1.0}, '"count" is 1.0, expected a count from 0'),
        ({"count": math.inf}, '"count" is inf, expected a count from 0'),
        ({"count": 10**400}, '"count" is a huge number, expected a count from 0'),
        ({"count": "9" * 1000}, "expected a count from 0"),
    ],
)
def test_a_wrong_part_of_a_record_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        stored.decode(Whole, whole(**changes))
    assert len(str(refusal.value)) < 200


def test_entries_that_are_no_field_are_ignored() -> None:
    assert stored.decode(Whole, whole(colour="red")).table.shape == (2, 1)


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r'should be "lrfind_widget\.Whole", it is '):
        stored.decode(Whole, full().to_json())


@pytest.mark.parametrize("key", ["table", "notes"])
def test_what_is_nested_too_deeply_is_refused(key: str) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    given = {"a": deep} if key == "notes" else deep
    with pytest.raises(ValueError, match="nested too deeply"):
        stored.decode(SweepResult, {**full().to_json(), "settings": {"a": deep}})
    with pytest.raises(ValueError, match="nested too deeply"):
        stored.decode(Whole, whole(**{key: given}))


@pytest.mark.parametrize("named", ["NaN", "Infinity", [], {}, None, "nan", 1])
def test_a_mapping_that_only_looks_like_a_number_stays_one(named: Any) -> None:
    back = SweepResult.from_json({**full().to_json(), "settings": {"x": {"$float": named}}})
    if named in ("NaN", "Infinity"):
        assert not math.isfinite(back.settings["x"])
    else:
        assert back.settings["x"] == {"$float": named}
    with pytest.raises(ValueError, match="expected a number"):
        SweepResult.from_json({**full().to_json(), "duration": {"$float": named}})


def test_files_of_before_the_choice_was_kept_are_read() -> None:
    """Receipts then had two more entries."""
    data = full().to_json()
    del data["selected_lr"]
    data["receipt"] |= {"identical": True, "sentence": "As it was."}
    back = SweepResult.from_json(json.dumps(data))
    assert back.receipt == full().receipt
    assert back.selected_lr is None


def test_the_choice_is_kept(tmp_path: Path) -> None:
    result(selected_lr=3e-3).save(tmp_path / "run.json")
    assert SweepResult.load(tmp_path / "run.json").selected_lr == 3e-3
