"""What a result knows, keeps and refuses."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.points import StopReason
from lrfind_widget.results import stored
from lrfind_widget.results.receipt import Receipt, ReceiptItem
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import RULES, suggest
from tests.unit.curves import exponential, valley

LRS = exponential()


def result(losses: Any = None, **changes: Any) -> SweepResult:
    losses = valley(LRS, noise=0.05) if losses is None else np.asarray(losses)
    n = losses.size
    given: dict[str, Any] = {
        "lrs": exponential(max(n, 1))[:n],
        "losses": losses,
        "smoothed": exponential_average(losses),
        "steps": np.arange(n),
        "stop_reason": StopReason.FINISHED,
        "stop_sentence": "All steps were taken.",
    }
    return SweepResult(**{**given, **changes})


def full() -> SweepResult:
    losses = valley(LRS, noise=0.05)
    losses[-1] = math.nan
    return result(
        losses,
        stop_reason=StopReason.NON_FINITE,
        stop_sentence="The loss became NaN at 8.3.",
        val_losses=np.where(np.arange(100) % 2, math.inf, valley(LRS)),
        repeats=np.arange(100) // 50,
        settings={"num_it": 100, "wd": None, "end_lr": math.inf, "é": ["ü", {"x": math.nan}]},
        objective="cross entropy",
        isolation="copied",
        multipliers=(1.0, 0.1),
        skipped_steps=2,
        duration=3.25,
        receipt=Receipt((ReceiptItem("parameters", 3, "bit by bit", True),), 0.01),
        versions={"torch": "2.13.0"},
        created="2026-01-02T03:04:05+00:00",
    )


# --------------------------------------------------------------------------------- what it knows


def test_min_grad_lr_is_fastai_v1s_on_the_recorded_curve() -> None:
    smoothed = exponential_average(valley(LRS, noise=0.05))
    steepest = 10 + int(np.argmin(np.gradient(smoothed[10:-5])))
    assert result().min_grad_lr == LRS[steepest]


def test_min_grad_lr_is_none_without_points() -> None:
    assert result(np.ones(0)).min_grad_lr is None


def test_suggestions_hold_every_rule() -> None:
    assert list(result().suggestions()) == list(RULES)


def test_suggestion_passes_options_on() -> None:
    assert result().suggestion("min_gradient", skip_end=40).index < 60


def test_fastai_v2s_rules_skip_a_tenth_of_the_steps_planned() -> None:
    falling = np.linspace(2, 1, 60)  # the valley is all that was not skipped
    partial = result(falling, settings={"num_it": 100})
    expected = suggest(partial.lrs, falling, "valley", num_it=100)
    assert partial.suggestion("valley") == expected
    assert expected != suggest(partial.lrs, falling, "valley", num_it=60)


def test_red_dot_lies_on_the_average_that_the_sweep_recorded() -> None:
    losses = valley(LRS, noise=0.05)
    light = result(losses, smoothed=exponential_average(losses, 0.9), settings={"beta": 0.9})
    dot = light.suggestion("min_gradient")
    assert dot.loss == light.smoothed[dot.index]


def test_stopping_by_hand_is_known_to_our_own_rule() -> None:
    stopped = result(valley(LRS)[:60], stop_reason=StopReason.STOPPED)
    assert any("was stopped" in doubt for doubt in stopped.suggestion().caveats)


@pytest.mark.parametrize("settings", [{"beta": "x", "num_it": []}, {"beta": 7, "num_it": -1}])
def test_senseless_settings_do_not_disturb_a_suggestion(settings: dict[str, Any]) -> None:
    assert result(settings=settings).suggestions() == result().suggestions()


def test_arrays_cannot_be_changed_by_accident() -> None:
    losses = valley(LRS)
    kept = result(losses)
    with pytest.raises(ValueError, match="read-only"):
        kept.losses[0] = 1.0
    losses[0] = -1.0
    assert kept.losses[0] == valley(LRS)[0]


@pytest.mark.parametrize("name", ["losses", "smoothed", "steps", "val_losses", "repeats"])
def test_arrays_of_different_lengths_are_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must have one value for each of the 100 steps"):
        replace(result(), **{name: np.ones(99, int)})


def test_result_says_in_one_line_what_it_is() -> None:
    said = repr(result())
    assert said == "<SweepResult: 100 steps, finished, suggested_lr=4.9e-4. All steps were taken.>"
    assert "suggested_lr=4.9e-4, selected_lr=3e-3." in repr(result(selected_lr=3e-3))
    assert repr(result(np.ones(1))).startswith("<SweepResult: 1 step, finished, suggested_lr=None.")


def test_frame_has_one_row_a_step() -> None:
    frame = full().to_frame()
    assert list(frame) == ["step", "lr", "loss", "smoothed", "val_loss", "repeat"]
    assert len(frame) == len(full()) == 100
    assert list(result().to_frame()) == ["step", "lr", "loss", "smoothed"]


def test_missing_pandas_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        result().to_frame()


# -------------------------------------------------------------------------------------- repeats


def three() -> SweepResult:
    curves = [valley(LRS, noise=0.1, seed=seed) for seed in range(3)]
    return result(
        np.concatenate(curves),
        lrs=np.tile(LRS, 3),
        smoothed=np.concatenate([exponential_average(c) for c in curves]),
        repeats=np.repeat([0, 1, 2], 100),
    )


def test_repeats_are_suggested_from_together_with_their_spread() -> None:
    answer = three().suggestion()
    alone = [suggest(LRS, valley(LRS, noise=0.1, seed=s)).lr for s in range(3)]
    assert min(alone) <= answer.lr <= max(alone)
    assert f"{np.std(np.log10(alone), ddof=1):.2f} decades" in answer.reason


def test_red_dot_of_repeats_is_the_middle_one_of_theirs() -> None:
    answer = three().suggestion("min_gradient")
    alone = [suggest(LRS, valley(LRS, noise=0.1, seed=s), "min_gradient").lr for s in range(3)]
    assert answer.lr == sorted(alone)[1]
    assert three().lrs[answer.index] == answer.lr
    assert three().smoothed[answer.index] == answer.loss


@pytest.mark.parametrize("rule", RULES)
def test_repeats_without_a_fall_support_no_suggestion(rule: str) -> None:
    flat = result(np.ones(40), repeats=np.repeat([0, 1], 20))
    assert flat.suggestion(rule).lr is None


# ----------------------------------------------------------------------------------------- JSON


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
    "number": ("1", "this is a number"),
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
    words = ""
    try:
        SweepResult.from_json({**full().to_json(), key: value})
    except ValueError as refusal:
        words = str(refusal)
    assert len(words) < 400


def test_too_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGEST_FILE", 1000)
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


# ------------------------------------------------------------------------------------------ CSV


@pytest.mark.parametrize("kept", [result(), full(), result(np.ones(0))], ids=["plain", "full", "0"])
def test_csv_file_gives_the_points_back_unchanged(kept: SweepResult, tmp_path: Path) -> None:
    kept.save(tmp_path / "run.csv")
    back = SweepResult.load(tmp_path / "run.csv").columns()
    assert list(back) == list(kept.columns())
    for name, values in kept.columns().items():
        assert back[name].tobytes() == values.tobytes()


def test_csv_is_read_by_pandas_and_what_pandas_writes_is_read(tmp_path: Path) -> None:
    full().to_frame().to_csv(tmp_path / "run.csv", index=False)
    back = SweepResult.load(tmp_path / "run.csv")
    np.testing.assert_array_equal(back.losses, full().losses)
    assert back.stop_reason is StopReason.NON_FINITE


def test_two_columns_are_enough(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("LR, Loss, note\n1e-3, 2.0, a\n\n1e-2, 1.0, b\n")
    back = SweepResult.load(tmp_path / "run.csv")
    assert back.lrs.tolist() == [1e-3, 1e-2]
    assert back.smoothed.tolist() == exponential_average([2.0, 1.0]).tolist()
    assert back.steps.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 'no column "lr"'),
        ("lr\n1", 'no column "loss"'),
        ("lr,loss\n1", "Row 2 has 1 values, the header names 2"),
        ("lr,loss\n1,x", 'Row 2 has "x" in the column "loss"'),
        ("lr,loss\n,1", 'in the column "lr"'),
        ("lr,loss\n-1,1", "finite and greater than 0"),
        ("lr,loss\nnan,1", "finite and greater than 0"),
        ("lr,loss\n1_0,1", "expected a number"),
        ("lr,loss,step\n1,1,0.5", "expected a count"),
        ("lr,loss,step\n1,1,nan", "expected a count"),
        ('lr,loss\n"1,1', "not a CSV table"),
    ],
)
def test_broken_table_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        SweepResult.load(tmp_path / "run.csv")
