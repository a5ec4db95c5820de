"""Short trainings from one state at a few rates."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget import StopReason
from lrfind_widget.options import CompareOptions
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.training.short_trainings import ShortTrainings, compare_lrs
from lrfind_widget.training.trainers import training_of
from tests.unit.toys import batches, classifier, loader, plain_loop, seed_everything, sgd


def compared(lrs: Any = (1e-3, 1e-1), steps: int = 12, **options: Any) -> Comparison:
    seed_everything(0)
    model = classifier()
    return compare_lrs(model, loader(), sgd(model), lrs, steps, progress=False, **options)


def made(losses: list[list[float]], **given: Any) -> Comparison:
    table = np.array(losses, dtype=float)
    ends = {
        "lrs": tuple(10.0**n for n in range(-3, len(losses) - 3)),
        "losses": table,
        "val_losses": None,
        "taken": (table.shape[1],) * len(losses),
        "diverged": (False,) * len(losses),
        "stop_reason": StopReason.FINISHED,
        "stop_sentence": "Finished.",
    }
    return Comparison(**(ends | given))


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("seed", [None, 3])
def test_each_training_starts_from_the_same_state_and_sees_the_same_batches(
    isolation: str, seed: int | None
) -> None:
    """To the bit: at one and the same rate the trainings are the same."""
    found = compared((0.1, 0.01, 0.1), isolation=isolation, seed=seed)
    assert found.losses[0].tolist() == found.losses[2].tolist()
    assert found.losses[0].tolist() != found.losses[1].tolist()


def test_a_training_is_the_plain_loop_at_a_constant_rate() -> None:
    found = compared((0.03,), steps=10, seed=5)
    model = classifier()
    constant: Any = SimpleNamespace(lrs=lambda: np.full(10, 0.03))
    losses = plain_loop(model, loader(), sgd(model), constant, seed=5)
    assert found.losses[0].tolist() == losses


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_everything_comes_back(isolation: str) -> None:
    seed_everything(1)
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    found = compare_lrs(
        model, loader(), optimizer, [1e-3, 10.0], 6, progress=False, isolation=isolation
    )
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not optimizer.state
    assert optimizer.param_groups[0]["lr"] == 1e-3
    assert torch.equal(torch.get_rng_state(), state)
    assert found.receipt is not None
    assert found.receipt.identical


def test_a_rate_that_diverges_ends_alone_and_loses() -> None:
    found = compared((1e-2, 1e30), loss_fn=lambda out, y: (out**2).sum() * (out.abs().mean() + 1))
    assert found.diverged == (False, True)
    assert found.taken[0] == 12
    assert found.taken[1] < 12
    assert found.best_lr == 1e-2
    assert "1e30 diverged" in found.sentence


def test_where_all_diverge_lower_rates_are_asked_for() -> None:
    found = made([[1, math.nan], [1, math.inf]], taken=(2, 2), diverged=(True, True))
    assert found.best_lr is None
    assert found.sentence == "1e-3 and 1e-2 diverged: try lower rates."


@pytest.mark.parametrize(("loss", "word"), [(math.nan, "NaN"), (math.inf, "infinite")])
def test_a_loss_that_is_none_before_the_first_update_is_not_the_rates_fault(
    loss: float, word: str
) -> None:
    found = made([[loss, math.nan], [loss, math.nan]], taken=(1, 1), diverged=(True, True))
    assert found.sentence == (
        f"The loss was {word} in the first step, before the model was changed: that is not the "
        "rates' fault. Look at the data, the model and the loss."
    )


@pytest.mark.parametrize("steps", [4, 7])
def test_of_too_few_losses_no_noise_is_told(steps: int) -> None:
    found = made([[1.0] * steps, [0.5] * steps])
    assert not found.is_clear
    assert found.sentence == (
        "1e-2 did best, of too few losses to know the noise: take more steps. Mean training loss "
        f"over the last quarter of {steps} steps: 0.5 against 1 at 1e-3, a difference of 0.5."
    )
    assert found.tied_lrs == (1e-2, 1e-3)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_a_file_garbles_is_compared_as_far_as_it_is_known(odd: float) -> None:
    found = made([[1.0] * 16, [0.5] * 15 + [odd]])
    assert found.best_lr == (1e-2 if math.isnan(odd) else 1e-3)
    assert Comparison.from_json(found.to_json()).sentence == found.sentence


def test_points_stream_with_the_number_of_their_rate() -> None:
    model = classifier()
    trials = ShortTrainings(
        training_of(model, batches(), sgd(model)), [0.1, 0.2], CompareOptions(steps=2)
    )
    points = [(point.repeat, point.step, point.lr) for point in trials]
    assert points == [(0, 0, 0.1), (0, 1, 0.1), (1, 0, 0.2), (1, 1, 0.2)]


def test_a_lead_larger_than_the_noise_is_said_to_be() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 40))
    clear = made((noise * 0.01 + [[1.0], [0.5]]).tolist())
    unclear = made((noise * 10 + [[1.0], [0.5]]).tolist())
    assert clear.best_lr == 1e-2
    assert clear.is_clear
    assert clear.verdict == "1e-2 did best, by more than the noise."
    assert "0.504 against 1 at 1e-3, a difference of 0.5 ± 0.008" in clear.evidence
    assert clear.sentence == f"{clear.verdict} {clear.evidence}"
    assert clear.tied_lrs == (1e-2,)
    assert not unclear.is_clear
    assert "within the noise" in unclear.verdict
    assert len(unclear.tied_lrs) == 2


def test_every_rate_within_the_noise_is_tied_with_the_best() -> None:
    """The third is further behind than the second, and noisier."""
    noise = np.tile([1.0, -1.0], 100) * [[0.0], [0.001], [0.3], [0.001]]
    means = np.array([[1.0], [1.01], [1.05], [1.5]])
    found = made((noise + means).tolist())
    assert found.tied_lrs == (1e-3, 1e-1)
    assert found.verdict == "1e-3 did best, but 1e-1 is within the noise."


def test_noise_does_not_make_a_rate_level_that_has_hardly_trained() -> None:
    exploding = [1.0, 9.0, *[0.9, 4.0, 0.7] * 6]
    found = made([[1.0 - 0.04 * n for n in range(20)], exploding])
    assert not found.is_clear
    assert found.tied_lrs == (1e-3,)
    assert found.verdict == "1e-3 clearly did best."


def test_many_that_are_tied_are_named_in_part() -> None:
    found = made([[1.0 + n / 100, 1.0 - n / 100] * 4 for n in range(9)])
    assert len(found.tied_lrs) == 9
    assert "8 rates from 1e-2 to 1e5" in made([[1.0, 0.9] * 20] * 9).verdict


def test_the_validation_loss_decides_where_there_is_one() -> None:
    found = made([[1.0] * 8, [2.0] * 8], val_losses=np.array([[5.0] * 8, [4.0] * 8]))
    assert found.best_lr == 1e-2
    assert "validation loss" in found.sentence


def test_a_lead_that_few_validation_losses_do_not_tell_may_be_in_the_training_loss() -> None:
    generator = np.random.default_rng(0)
    validated = np.full((2, 40), np.nan)
    validated[:, 38:] = [[1.0, 1.1], [0.4, 0.9]]
    losses = generator.normal(size=(2, 40)) * 0.01 + [[1.0], [0.5]]
    found = made(losses.tolist(), val_losses=validated)
    assert not found.is_clear
    assert found.verdict == "1e-2 clearly did best."
    assert found.tied_lrs == (1e-2,)
    disagreeing = made(losses[::-1].tolist(), val_losses=validated)
    assert disagreeing.verdict.startswith("1e-2 did best, of too few losses to know the noise")
    assert disagreeing.tied_lrs == (1e-2, 1e-3)


def test_validation_is_computed_some_times_and_at_the_end() -> None:
    found = compared(steps=100, val_loader=batches())
    assert found.val_losses is not None
    known = np.flatnonzero(~np.isnan(found.val_losses[0]))
    assert 40 <= known.size <= 50
    assert known[-1] == 99
    assert all(math.isfinite(loss) for loss in found.final_losses)


def test_validation_draws_no_random_numbers_from_the_training() -> None:
    assert compared(val_loader=loader()).losses.tolist() == compared().losses.tolist()


def test_stop_ends_it_and_nothing_is_compared() -> None:
    model = classifier()
    trials = ShortTrainings(
        training_of(model, batches(), sgd(model)), [0.1, 0.2], CompareOptions(4)
    )
    for point in trials:
        if point.repeat == 1:
            trials.stop()
    found = trials.result()
    assert found.stop_reason is StopReason.STOPPED
    assert found.taken == (4, 1)
    assert found.sentence == "Stopped on request after 5 of 8 steps: nothing is compared."
    assert found.tied_lrs == ()


def test_an_error_of_the_users_is_raised_and_everything_comes_back() -> None:
    model = classifier()
    calls = iter(range(100))

    def loss_fn(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if next(calls) == 5:
            raise ZeroDivisionError("odd")
        return output.sum()

    before = [value.clone() for value in model.state_dict().values()]
    options = CompareOptions(steps=4, loss_fn=loss_fn)
    training = training_of(model, batches(), sgd(model))
    trials = ShortTrainings(training, [0.1, 0.2], options)
    with pytest.raises(ZeroDivisionError):
        list(trials)
    assert trials.result().stop_reason is StopReason.FAILED
    assert "step 6 of 8" in trials.stop_sentence
    assert all(map(torch.equal, before, model.state_dict().values()))


def test_it_can_be_written_as_json_whatever_the_losses() -> None:
    found = made([[1.0, math.nan], [1.0, 0.5]], taken=(2, 2), diverged=(True, False))
    written = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert written["losses"] == [[1.0, "NaN"], [1.0, 0.5]]
    assert written["best_lr"] == 1e-2
    assert json.dumps(compared().to_json(), allow_nan=False)


def test_a_comparison_is_saved_without_loss(tmp_path: Path) -> None:
    for kept in (
        compared(val_loader=batches()),
        made([[1.0, math.nan], [1.0, math.inf]], taken=(2, 2), diverged=(True, True)),
    ):
        kept.save(tmp_path / "kept.json")
        back = Comparison.load(tmp_path / "kept.json")
        assert json.dumps(back.to_json()) == json.dumps(kept.to_json())
        assert back.losses.tobytes() == kept.losses.tobytes()
        assert (back.receipt, back.lrs, back.taken) == (kept.receipt, kept.lrs, kept.taken)
        assert back.sentence == kept.sentence


@pytest.mark.parametrize("name", ["kept", "kept.csv", "kept.json.gz"])
def test_a_comparison_is_kept_as_json_alone(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"A result is kept as \.json \(everything\), got"):
        made([[1.0]]).save(tmp_path / name)
    with pytest.raises(
        ValueError, match=r"\.json \(everything\) or \.html \(a widget's page\), got"
    ):
        Comparison.load(tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"losses": [1.0, 2.0]}, "losses must have a row for each of the 2 rates"),
        ({"losses": [[1.0], [2.0, 3.0]]}, "rows that differ in length"),
        ({"losses": [[1.0]]}, "losses must have a row for each of the 2 rates"),
        ({"val_losses": [[1.0], [2.0]]}, "val_losses must have a row"),
        ({"lrs": [1.0, -1.0]}, r"lrs\[1\] must be finite and greater than 0"),
        ({"lrs": []}, "losses must have a row"),
        ({"taken": [1]}, "taken must have one value for each of the 2 rates, got 1"),
        ({"diverged": [1, 0]}, r'"diverged\[0\]" is 1, expected true or false'),
        ({"taken": [1, "Infinity"]}, r'"taken\[1\]" is .Infinity., expected a count'),
        ({"format": "lrfind_widget.SweepResult"}, "it is .lrfind_widget.SweepResult"),
    ],
)
def test_a_comparison_that_is_none_is_refused(changes: dict[str, Any], words: str) -> None:
    data = made([[1.0, 2.0], [1.0, 0.5]]).to_json() | changes
    with pytest.raises(ValueError, match=words):
        Comparison.from_json(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=10,
    ),
    st.sampled_from(sorted(made([[1.0, 2.0], [1.0, 0.5]]).to_json())),
)
def test_any_value_in_any_place_is_taken_or_refused_in_words(value: Any, key: str) -> None:
    words = ""
    try:
        read = Comparison.from_json({**made([[1.0, 2.0], [1.0, 0.5]]).to_json(), key: value})
        assert repr(read)
    except ValueError as refusal:
        words = str(refusal)
    assert len(words) < 400


@pytest.mark.parametrize(("loss", "taken"), [(1.0, (1, 1)), (math.nan, (2, 2))])
def test_what_a_file_says_need_not_make_sense_to_be_shown(loss: float, taken: Any) -> None:
    odd = made([[loss, loss], [loss, loss]], taken=taken)
    assert odd.best_lr is None
    assert odd.sentence == "Finished."


@pytest.mark.parametrize(
    ("lrs", "steps", "error"),
    [
        ([], 5, ValueError),
        ([-1.0], 5, ValueError),
        (["1e-3"], 5, TypeError),
        ([0.1], 0, ValueError),
    ],
)
def test_rates_and_steps_that_are_none_are_refused(lrs: Any, steps: int, error: type) -> None:
    model = classifier()
    with pytest.raises(error):
        compare_lrs(model, batches(), sgd(model), lrs, steps)


def test_an_unknown_keyword_is_refused_with_the_nearest() -> None:
    with pytest.raises(TypeError, match="Did you mean 'loss_fn'"):
        compared(loss_fun=None)
