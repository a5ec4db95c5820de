"""What a result knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lrfind_widget.curves.combined import combined_curve
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.table import RULES, suggest
from tests.unit.curves import valley
from tests.unit.results import LRS, full, result, three


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


ENDED_BY_ITSELF = (StopReason.DIVERGED, StopReason.NON_FINITE)


@pytest.mark.parametrize("reason", [each for each in StopReason if each not in ENDED_BY_ITSELF])
@pytest.mark.parametrize("taken", [60, 100])
def test_our_own_rule_knows_whether_the_range_was_swept_to_its_end(
    reason: StopReason, taken: int
) -> None:
    """The data may end early too; and the last of several sweeps may, after a whole one."""
    planned = {"start_lr": LRS[0], "end_lr": LRS[-1] * LRS[1] / LRS[0]}
    losses = np.geomspace(2, 1, 100) * np.linspace(1, 0.9, 100) ** 9
    ended = result(losses[:taken], lrs=LRS[:taken], stop_reason=reason, settings=planned)
    said = " ".join(ended.suggestion().caveats)
    assert ("The sweep ended at" in said) == (taken < 100)
    assert ("the end of the range" in said) == (taken == 100)


def test_a_sweep_of_one_step_is_not_said_to_have_ended_early() -> None:
    one = result(valley(LRS)[:1], settings={"start_lr": 1e-7, "end_lr": 10.0, "num_it": 1})
    assert "Take more" in one.suggestion().reason


@pytest.mark.parametrize("reason", [StopReason.STOPPED, StopReason.FAILED])
def test_where_the_range_is_not_known_the_end_of_the_sweep_tells(reason: StopReason) -> None:
    ended = result(valley(LRS)[:60], stop_reason=reason)
    assert any("The sweep ended at" in doubt for doubt in ended.suggestion().caveats)


@pytest.mark.parametrize(
    "settings", [{"beta": "x", "num_it": []}, {"beta": 7, "num_it": -1}, {"num_it": 10**5000}]
)
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
    assert "4.9e-4. Loss: your loss_fn. All" in repr(result(objective="your loss_fn"))
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


def test_repeats_are_suggested_from_together_with_their_spread() -> None:
    answer = three().suggestion()
    alone = [suggest(LRS, valley(LRS, noise=0.1, seed=s)).lr for s in range(3)]
    assert min(alone) <= answer.lr <= max(alone)
    assert answer.spread == pytest.approx(np.std(np.log10(alone), ddof=1))


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


# ----------------------------------------------------------------------------- what was added


def test_the_curve_of_a_stopped_repeat_is_left_out_after_its_end() -> None:
    stopped = replace(three(), stop_reason=StopReason.STOPPED)
    part = {name: getattr(stopped, name)[:250] for name in ("lrs", "losses", "smoothed", "repeats")}
    cut = replace(stopped, **part, steps=stopped.steps[:250])
    expected = combined_curve(*part.values(), cut_short=True)
    assert cut.curve().smoothed.tolist() == expected.smoothed.tolist()
    assert np.isfinite(cut.curve().smoothed).all()
    assert np.isinf(replace(cut, stop_reason=StopReason.FINISHED).curve().fit.high[-1])


def test_the_fit_that_is_drawn_is_at_hand() -> None:
    kept = result()
    drawn = kept.curve().fit
    assert kept.fit.lrs.tolist() == drawn.lrs.tolist()
    assert kept.fit.losses.tolist() == drawn.losses.tolist()


def test_the_default_rules_rate_is_at_hand() -> None:
    assert result().suggested_lr == result().suggestion().lr
    assert result(np.ones(0)).suggested_lr is None


def test_a_rule_of_the_package_knows_the_sweep_also_as_a_function() -> None:
    light = result(settings={"beta": 0.9})
    assert light.suggestion(min_gradient) == light.suggestion("min_gradient", beta=0.9)


@pytest.mark.parametrize("rule", ["min_gradient", "min_over_10", "torch_lr_finder"])
@pytest.mark.parametrize("skip", [-1, 1.5, True, "3", None])
def test_a_skip_that_is_no_count_is_refused(rule: str, skip: Any) -> None:
    for name in ("skip_start", "skip_end"):
        with pytest.raises(ValueError, match=f"{name}={skip!r}, expected a whole number of at "):
            result().suggestion(rule, **{name: skip})
        with pytest.raises(ValueError, match=f"{name}={skip!r}, expected a whole number of at "):
            three().suggestion(rule, **{name: skip})


@pytest.mark.parametrize(
    ("rule", "name"), [("valley", "skip_end"), ("steep", "skip_start"), ("lightning", "skip_begin")]
)
def test_a_negative_skip_is_refused_under_its_own_name(rule: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}=-1, expected a whole number of at least 0"):
        result().suggestion(rule, **{name: -1})


@pytest.mark.parametrize("skip", [100, 10**30])
def test_a_skip_of_everything_leaves_no_suggestion(skip: int) -> None:
    for name in ("skip_start", "skip_end"):
        assert "0 points are left" in result().suggestion("min_gradient", **{name: skip}).reason
    assert result(settings={"num_it": 2**62}).suggestion("valley").lr is None


def test_a_skip_of_numpys_is_a_count() -> None:
    assert result().suggestion("min_gradient", skip_start=np.int64(10)).lr == result().min_grad_lr


@pytest.mark.parametrize("lr", [0.0, -1e-3, np.nan, np.inf])
def test_a_chosen_rate_that_is_none_is_refused(lr: float) -> None:
    with pytest.raises(ValueError, match="selected_lr must be finite and greater than 0"):
        replace(result(), selected_lr=lr)


@pytest.mark.parametrize("lr", ["1e-3", True, [1e-3]])
def test_a_chosen_rate_that_is_no_number_is_refused(lr: Any) -> None:
    with pytest.raises(TypeError, match="selected_lr must be a number"):
        result(selected_lr=lr)
