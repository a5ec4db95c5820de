"""Sweeps joined to one curve."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget import StopReason, Sweep, SweepResult
from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.results.joined import Refinement, why_not_extend, why_not_refine
from tests.unit.toys import classifier, loader, seed_everything, sgd


def swept(drawn: int = 0, schedule: Schedule | None = None, **options: Any) -> SweepResult:
    model = classifier()
    seed_everything(drawn)
    given = {"start_lr": 1e-3, "end_lr": 1e-1, "num_it": 20, "stop_div": False} | options
    sweep = Sweep(model, loader(), sgd(model), **given)
    sweep.schedule = schedule or sweep.schedule
    list(sweep)
    return sweep.result()


def joined(part: Refinement, drawn: int = 0, **options: Any) -> SweepResult:
    return part.joined_by(swept(drawn, part.schedule, **{**options, **part.changes}))


def test_a_closer_look_takes_the_steps_before_it_again_and_then_smaller_ones() -> None:
    base = swept()
    part = Refinement.refine(base, 5e-3, 2e-2, 10)
    assert part.schedule is not None
    more = swept(0, part.schedule, **part.changes)
    assert more.losses[: part.below].tolist() == base.losses[: part.below].tolist()
    assert more.lrs[: part.below].tolist() == base.lrs[: part.below].tolist()
    assert more.lrs[part.below :] == pytest.approx(np.geomspace(5e-3, 2e-2, 11)[:-1])


def test_its_points_stand_in_place_of_those_that_were_there() -> None:
    base = swept()
    found = joined(Refinement.refine(base, 5e-3, 2e-2, 10))
    inside = (found.lrs >= 5e-3) & (found.lrs < 2e-2)
    assert inside.sum() == 10
    assert (found.parts == inside).all()
    assert len(found) == 10 + ((base.lrs < 5e-3) | (base.lrs >= 2e-2)).sum() == 23
    assert (np.diff(found.lrs) > 0).all()
    assert found.smoothed.tolist() == exponential_average(found.losses, 0.98).tolist()
    said = "Refined from 5e-3 to 2e-2, after the 7 steps before once more. Finished: 17"
    assert found.stop_sentence.startswith(said)


@pytest.mark.parametrize("kind", ["refine", "extend"])
def test_the_critical_rate_stays_that_of_the_first_sweep(kind: str) -> None:
    base = replace(swept(num_it=40), critical_lr=0.123, critical_note="")
    part = Refinement.extend(base) if kind == "extend" else Refinement.refine(base, 5e-3, 2e-2, 10)
    assert joined(part).critical_lr == 0.123


def test_a_closer_look_that_is_another_training_says_so() -> None:
    found = joined(Refinement.refine(swept(), 5e-3, 2e-2, 10), drawn=5)
    assert "other losses than the first time, so it is the part of another" in found.stop_sentence
    assert len(found) == 23


def test_as_far_as_a_closer_look_did_not_get_the_points_stay() -> None:
    base = swept()
    part = Refinement.refine(base, 5e-3, 2e-2, 10)
    whole = swept(0, part.schedule, **part.changes)
    columns = ("lrs", "losses", "smoothed", "steps")
    cut = {name: getattr(whole, name)[: part.below + 5] for name in columns}
    found = part.joined_by(replace(whole, **cut, stop_reason=StopReason.STOPPED))
    assert (found.parts == 1).sum() == 5
    assert found.losses[found.parts == 0].tolist() == [
        loss
        for lr, loss in zip(base.lrs, base.losses, strict=True)
        if lr < 5e-3 or lr >= whole.lrs[part.below + 4]
    ]


def test_a_closer_look_that_was_stopped_before_its_part_leaves_the_curve() -> None:
    base = swept()
    part = Refinement.refine(base, 5e-3, 2e-2, 10)
    whole = swept(0, part.schedule, **part.changes)
    columns = ("lrs", "losses", "smoothed", "steps")
    cut = {name: getattr(whole, name)[:4] for name in columns}
    found = part.joined_by(replace(whole, **cut, stop_reason=StopReason.STOPPED))
    assert found.losses.tolist() == base.losses.tolist()
    assert found.settings == base.settings


def test_every_point_of_a_joined_curve_says_which_sweep_it_is_from() -> None:
    base = swept()
    found = joined(Refinement.refine(base, 5e-3, 2e-2, 10))
    again = joined(Refinement.refine(found, 1e-2, 2e-2, 5))
    outside = (base.lrs < 5e-3) | (base.lrs >= 2e-2)
    assert again.losses[again.parts == 0].tolist() == base.losses[outside].tolist()
    assert [int((again.parts == part).sum()) for part in range(3)] == [13, 5, 5]
    assert again.steps[again.parts == 2].tolist() == list(range(10, 15))
    planned = [(sweep["kind"], sweep["num_it"]) for sweep in again.settings["joined"]]
    assert planned == [("sweep", 20), ("refine", 10), ("refine", 5)]


def test_a_closer_look_is_at_the_usable_band_by_default() -> None:
    base = swept(num_it=80, start_lr=1e-5, end_lr=10.0)
    part = Refinement.refine(base)
    assert (part.changes["start_lr"], part.changes["end_lr"]) == base.suggestion().band
    assert part.changes["num_it"] == 80


def test_without_a_band_a_closer_look_needs_its_ends() -> None:
    flat = replace(swept(), losses=np.ones(20))
    with pytest.raises(ValueError, match="does not show where"):
        Refinement.refine(flat)
    assert Refinement.refine(flat, 1e-3, 1e-2).changes["end_lr"] == 1e-2


@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_going_further_keeps_the_distance_of_the_steps(mode: str) -> None:
    base = swept(mode=mode)
    part = Refinement.extend(base, 0.5)
    more = swept(mode=mode, **part.changes)
    assert part.changes["end_lr"] >= 0.5
    assert more.lrs[:20] == pytest.approx(base.lrs, rel=1e-12)


@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_the_range_ends_with_the_step_that_going_further_begins_with(mode: str) -> None:
    base = swept(mode=mode)
    further = joined(Refinement.extend(base), mode=mode)
    step = base.lrs[-1] / base.lrs[-2] if mode == "exp" else base.lrs[-1] - base.lrs[-2]
    next_lr = base.lrs[-1] * step if mode == "exp" else base.lrs[-1] + step
    assert base.ends == (1e-3, pytest.approx(next_lr))
    assert further.lrs[20] == pytest.approx(base.ends[1])


def test_going_further_adds_only_what_is_new_where_the_losses_come_again() -> None:
    base = swept()
    found = joined(Refinement.extend(base))
    assert found.losses[:20].tolist() == base.losses.tolist()
    assert found.lrs[-1] == pytest.approx(1.0, rel=0.3)
    assert len(found) == 30
    assert (np.diff(found.lrs) > 0).all()
    assert found.settings["end_lr"] == pytest.approx(1.0)
    assert found.stop_sentence.startswith("Extended to 1. ")


def test_going_further_keeps_both_where_the_losses_are_others() -> None:
    base = swept()
    found = joined(Refinement.extend(base), drawn=5)
    assert len(found) == 20 + 30
    assert "both are shown" in found.stop_sentence


@pytest.mark.parametrize("reason", [StopReason.STOPPED, StopReason.FINISHED])
def test_going_further_where_steps_are_missing_goes_to_the_planned_end(reason: StopReason) -> None:
    """They are where it was stopped, and where the data ran out."""
    whole = swept()
    cut = replace(
        whole,
        **{name: getattr(whole, name)[:7] for name in ("lrs", "losses", "smoothed", "steps")},
        stop_reason=reason,
    )
    found = joined(Refinement.extend(cut))
    assert found.losses.tolist() == whole.losses.tolist()
    assert found.stop_reason is StopReason.FINISHED


def test_nothing_is_further_than_a_divergence() -> None:
    base = replace(swept(), stop_reason=StopReason.DIVERGED)
    with pytest.raises(ValueError, match="diverged"):
        Refinement.extend(base)


@pytest.mark.parametrize("end_lr", [1e-2, 0, float("inf"), "1", True, 10**400, torch.tensor([9.0])])
def test_an_end_that_is_not_further_is_refused(end_lr: Any) -> None:
    with pytest.raises(ValueError, match="beyond"):
        Refinement.extend(swept(), end_lr)


@pytest.mark.parametrize(
    "end_lr", [np.float32(10), np.array(10), torch.tensor(10.0), Fraction(10), Decimal(10)]
)
def test_any_kind_of_number_may_be_the_end(end_lr: Any) -> None:
    planned = Refinement.extend(swept(), end_lr).changes
    assert planned == Refinement.extend(swept(), 10.0).changes


@pytest.mark.parametrize("value", [np.inf, np.nan, 10**400, "1", [], None])
def test_a_plan_in_a_file_that_makes_no_sense_counts_as_none(value: Any) -> None:
    settings = dict.fromkeys(("start_lr", "end_lr", "num_it"), value)
    base = SweepResult.from_json(replace(swept(), settings=settings).to_json())
    found = joined(Refinement.refine(base, 5e-3, 2e-2, 10))
    assert found.settings["num_it"] == len(found) == 23
    assert (found.settings["start_lr"], found.settings["end_lr"]) == (1e-3, base.lrs.max())


def test_repeats_are_joined_one_by_one() -> None:
    base = swept(repeats=2, seed=3)
    found = joined(Refinement.refine(base, 5e-3, 2e-2, 10), 0, repeats=2, seed=3)
    assert found.repeats.tolist() == [0] * 23 + [1] * 23
    assert (np.diff(found.lrs[:23]) > 0).all()
    assert found.settings["num_it"] == 23
    assert "other losses" not in found.stop_sentence


def test_a_closer_look_that_was_stopped_at_once_leaves_the_curve() -> None:
    base = swept()
    part = Refinement.refine(base, 5e-3, 2e-2, 10)
    empty = SweepResult(
        np.array([]), np.array([]), np.array([]), np.array([]), StopReason.STOPPED, "Stopped."
    )
    found = part.joined_by(empty)
    assert found.losses.tolist() == base.losses.tolist()
    assert found.stop_reason is StopReason.STOPPED


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_joined_curve_is_saved_with_its_parts(tmp_path: Any, ending: str) -> None:
    found = joined(Refinement.refine(swept(), 5e-3, 2e-2, 10))
    found.save(tmp_path / f"curve.{ending}")
    stored = SweepResult.load(tmp_path / f"curve.{ending}")
    assert stored.parts.tolist() == found.parts.tolist()
    assert stored.losses.tolist() == found.losses.tolist()


# ------------------------------------------------------------------------------ several times


def test_going_further_twice_takes_no_step_twice() -> None:
    once = joined(Refinement.extend(swept()))
    twice = joined(Refinement.extend(once))
    assert (np.diff(twice.lrs) > 0).all()
    assert len(twice) == 40
    assert twice.settings["num_it"] == 40


def test_going_further_again_after_other_losses_repeats_only_the_first() -> None:
    other = joined(Refinement.extend(swept()), drawn=5)
    again = joined(Refinement.extend(other), drawn=5)
    assert len(again) == 20 + 40
    assert again.settings["num_it"] == 20 + 40


def test_going_further_after_a_closer_look_keeps_the_distance_of_the_steps() -> None:
    """Also where the closer look went beyond the range."""
    base = swept()
    closer = joined(Refinement.refine(base, 1e-4, 5e-1, 10))
    plan = Refinement.extend(closer, 1.0)
    assert plan.changes["start_lr"] == 1e-3
    assert plan.changes["num_it"] == 30
    found = joined(plan)
    assert len(found) == 10 + 6  # those of the closer look stay in place of the coarse ones
    assert (np.diff(found.lrs) > 0).all()
    assert (found.settings["start_lr"], found.settings["end_lr"]) == (1e-4, pytest.approx(1.0))


def test_going_further_goes_beyond_a_closer_look_that_did() -> None:
    closer = joined(Refinement.refine(swept(), 1e-2, 5e-1, 10))
    plan = Refinement.extend(closer)
    assert plan.changes["end_lr"] >= closer.lrs.max() * 10


def test_a_closer_look_that_was_stopped_does_not_make_the_range_unfinished() -> None:
    base = swept()
    part = Refinement.refine(base, 5e-3, 2e-2, 10)
    stopped = replace(swept(**part.changes), stop_reason=StopReason.STOPPED)
    plan = Refinement.extend(part.joined_by(stopped))
    assert plan.changes["end_lr"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "plans",
    [
        ["refine"],
        ["extend"],
        ["refine", "extend"],
        ["extend", "refine", "extend"],
        ["refine", "refine", "extend", "extend"],
    ],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_as_many_steps_are_planned_as_a_joined_curve_has(plans: list[str], seed: int) -> None:
    found = swept()
    for kind in plans:
        refine = kind == "refine"
        plan = Refinement.refine(found, 5e-3, 2e-2, 7) if refine else Refinement.extend(found)
        found = joined(plan, seed)
    assert len(found) == found.settings["num_it"]
    assert len(found.settings["joined"]) == 1 + len(plans)
    assert found.parts.max() == len(plans)
    for part, sweep in enumerate(found.settings["joined"]):
        assert (found.parts == part).sum() <= sweep["num_it"]


def test_nothing_new_leaves_what_was_planned() -> None:
    base = swept()
    empty = replace(
        base,
        **{name: getattr(base, name)[:0] for name in ("lrs", "losses", "smoothed", "steps")},
        stop_reason=StopReason.STOPPED,
    )
    found = Refinement.refine(base, 1e-4, 1.0, 10).joined_by(empty)
    assert found.settings == base.settings
    assert found.parts is None


# --------------------------------------------------------------------------------- why it cannot


EMPTY = SweepResult([], [], [], [], StopReason.STOPPED, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("result", [None, EMPTY])
def test_before_the_first_sweep_there_is_nothing_to_add_to(result: SweepResult | None) -> None:
    assert why_not_refine(result) == why_not_extend(result) == "Nothing was swept yet."


def test_what_can_be_refined_and_extended_is_not_refused() -> None:
    base = swept(num_it=80, start_lr=1e-5, end_lr=10.0)
    assert why_not_refine(base) == why_not_extend(base) == ""


def test_a_curve_without_a_band_says_so() -> None:
    flat = replace(swept(), losses=np.ones(20))
    assert why_not_refine(flat) == "The curve does not show where the loss falls."
    with pytest.raises(ValueError, match="Give start_lr and end_lr"):
        Refinement.refine(flat)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stop_reason": StopReason.DIVERGED}, "the loss diverged"),
        ({"stop_reason": StopReason.NON_FINITE}, "the loss diverged"),
        ({"stop_reason": StopReason.FAILED}, "The sweep failed"),
        ({"settings": {}}, "is not known"),
        ({"settings": {"start_lr": "x", "end_lr": 1, "num_it": 5}}, "is not known"),
        ({"settings": {"start_lr": 1e-3, "end_lr": 1e-4, "num_it": 5}}, "is not known"),
        ({"settings": {"joined": [3]}}, "is not known"),
        ({"settings": {"joined": []}}, "is not known"),
        ({"settings": {"joined": [{"kind": "refine"}]}}, "is not known"),
    ],
)
def test_what_cannot_be_extended_is_refused_with_the_buttons_plain_words_and_a_call(
    changes: dict[str, Any], words: str
) -> None:
    result = replace(swept(), **changes)
    said = why_not_extend(result)
    assert words in said
    assert not re.search(r"[_=()]", said)
    with pytest.raises(ValueError, match=words) as refused:
        Refinement.extend(result)
    assert str(refused.value).startswith(f"{said} start(end_lr=...)")
