"""Which rates a search tries next: what it promises, and how it goes on made-up trainings."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.rungs import FIRST, LOOKS, MOST, Move, Rung, next_move, vertex

STEPS = 32
Loss = Callable[[int, int], float]
"""Of a place on the ladder and a step."""


def simulate(loss: Loss, validation: Loss | None = None, steps: int = STEPS) -> dict[str, object]:
    """Train as a search does, on made-up losses, until the policy ends it."""
    rungs = {place: Rung() for place in FIRST}
    chunk = -(-steps // LOOKS)
    for _ in range(1000):
        trying = [rung for rung in rungs.values() if not rung.fate]
        until = min((min(len(r.losses) for r in trying) // chunk + 1) * chunk, steps)
        for place, rung in rungs.items():
            while not rung.fate and len(rung.losses) < until:
                step = len(rung.losses)
                rung.losses.append(loss(place, step))
                is_look = (step + 1) % chunk == 0 or step >= 0.75 * steps
                value = validation(place, step) if validation and is_look else math.nan
                rung.val_losses.append(value)
                if not math.isfinite(rung.losses[-1]):
                    rung.fate = "diverged"
        move = next_move(rungs, steps)
        if move.ending:
            ended = [p for p, r in rungs.items() if len(r.losses) == steps and not r.fate]
            return {"move": move, "rungs": rungs, "ended": sorted(ended)}
        for place in move.drop:
            rungs[place].fate = "dropped"
        for place in move.add:
            if place in rungs:  # it goes on where it was, which costs what it had cost before
                rungs[place].fate, rungs[place].stays = "", True
            else:
                rungs[place] = Rung()
    raise AssertionError("the search does not end")


def bowl(best: float, noise: float = 0.0, seed: int = 0) -> Loss:
    """Return losses that fall, the faster the nearer to the best place."""
    generator = np.random.default_rng(seed)
    hard = generator.normal(size=10_000)  # what a hard batch adds to all rates
    own: dict[int, np.ndarray] = {}

    def loss(place: int, step: int) -> float:
        mine = own.setdefault(place, generator.normal(size=10_000))
        speed = math.exp(-((place - best) ** 2) / 4)
        fallen = speed * step / STEPS
        return float(1 - fallen + noise * (hard[step] + 0.1 * mine[step]))

    return loss


def best_of(found: dict[str, object], loss: Loss) -> int:
    ended = found["ended"]
    assert isinstance(ended, list)
    return int(min(ended, key=lambda place: loss(place, STEPS - 1)))


@pytest.mark.parametrize("best", [-5, -3, -1, 0, 1, 2, 4, 6])
def test_wherever_the_best_rate_is_it_is_found_with_a_worse_one_on_either_side(best: int) -> None:
    found = simulate(bowl(best))
    assert found["move"] == Move(ending="bracketed")
    assert best_of(found, bowl(best)) == best
    assert {best - 1, best, best + 1} <= set(found["ended"])  # type: ignore[call-overload]


@given(st.integers(-6, 6), st.floats(0, 0.5), st.integers(0, 100))
def test_a_search_ends_whatever_the_noise_and_costs_no_more_than_it_may(
    best: int, noise: float, seed: int
) -> None:
    found = simulate(bowl(best, noise, seed))
    rungs = found["rungs"]
    assert isinstance(rungs, dict)
    assert sum(len(rung.losses) for rung in rungs.values()) <= MOST * STEPS
    places = sorted(rungs)
    assert places == list(range(places[0], places[-1] + 1))


@given(
    st.integers(-3, 3),
    st.floats(0.01, 1e6),
    st.floats(-1e3, 1e3),
    st.integers(0, 20),
)
def test_neither_scale_nor_offset_of_the_losses_makes_a_difference(
    best: int, scale: float, offset: float, seed: int
) -> None:
    loss = bowl(best, 0.05, seed)
    table = {(p, s): loss(p, s) for s in range(STEPS) for p in range(-12, 13)}
    one = simulate(lambda place, step: table[place, step])
    other = simulate(lambda place, step: offset + scale * round(table[place, step], 6))
    again = simulate(lambda place, step: round(table[place, step], 6))
    assert one["move"] == again["move"]
    assert other["ended"] == again["ended"]


def test_the_further_of_two_that_are_behind_is_dropped_early() -> None:
    rungs = simulate(bowl(4))["rungs"]
    assert isinstance(rungs, dict)
    assert rungs[-1].fate == "dropped"
    assert len(rungs[-1].losses) < STEPS * 0.7


def test_nothing_is_decided_before_the_first_look() -> None:
    start = {place: Rung([-1.0 * place] * 12, [math.nan] * 12) for place in FIRST}
    assert next_move(start, STEPS) == Move()


def test_a_rate_that_diverged_is_an_end_of_the_ladder() -> None:
    def loss(place: int, step: int) -> float:
        return math.nan if place > 0 and step > 3 else bowl(3)(place, step)

    found = simulate(loss)
    assert found["move"] == Move(ending="bracketed")
    assert found["ended"] == [-1, 0]


def test_where_all_diverge_lower_rates_are_tried() -> None:
    found = simulate(lambda place, step: math.inf if place > -5 else bowl(-7)(place, step))
    assert best_of(found, bowl(-7)) == -7


def test_where_every_rate_diverges_it_ends() -> None:
    found = simulate(lambda place, step: math.nan if step else 1.0)
    assert found["move"] == Move(ending="diverged")
    assert len(found["rungs"]) <= 13  # type: ignore[arg-type]


def test_a_loss_that_is_above_its_start_counts_as_lost_beside_the_best() -> None:
    def loss(place: int, step: int) -> float:
        return 1 + 10 * step if place > 0 else bowl(0)(place, step)

    found = simulate(loss)
    rungs = found["rungs"]
    assert isinstance(rungs, dict)
    assert (rungs[1].fate, found["ended"]) == ("dropped", [-1, 0])
    assert found["move"] == Move(ending="bracketed")


def test_where_all_have_died_lower_rates_are_tried() -> None:
    """At a loss that is that of a network which says nothing, and not below the start."""

    def loss(place: int, step: int) -> float:
        return bowl(-4)(place, step) if place < -2 or step == 0 else 1.2

    found = simulate(loss)
    assert best_of(found, loss) == -4
    assert found["move"] == Move(ending="bracketed")


def hopeless(from_: int) -> Loss:
    """Return losses that leap up at rates from a place on, and come back to the start."""
    noise = np.random.default_rng(0).normal(size=(40, STEPS))

    def loss(place: int, step: int) -> float:
        if place < from_ or step == 0:
            return bowl(from_ - 2)(place, step)
        leapt = 50 * 2.0 ** (place - from_) * math.exp(-step / 2) if step < STEPS / 4 else 0.0
        return float(1 + leapt + 0.01 * noise[place + 20, step])

    return loss


@pytest.mark.parametrize("from_", [-1, -2, -4, -5, -6])
def test_from_a_hopeless_start_it_goes_down_to_where_the_network_trains(from_: int) -> None:
    found = simulate(hopeless(from_))
    assert best_of(found, hopeless(from_)) == from_ - 2
    assert found["move"] == Move(ending="bracketed")


def test_where_it_costs_too_much_to_go_down_nothing_has_trained() -> None:
    assert simulate(hopeless(-30))["move"] == Move(ending="untrained")


@pytest.mark.parametrize("seed", range(5))
def test_where_there_is_nothing_but_noise_no_rate_is_found_by_a_lead(seed: int) -> None:
    generator = np.random.default_rng(seed)
    found = simulate(lambda place, step: float(generator.normal()))
    assert found["move"] in (Move(ending="untrained"), Move(ending="bracketed"))
    rungs = found["rungs"]
    assert isinstance(rungs, dict)
    assert len(rungs) <= 9


@pytest.mark.parametrize("seed", range(5))
def test_rates_that_are_too_low_are_no_reason_to_go_down(seed: int) -> None:
    rungs = simulate(bowl(4, 0.02, seed))["rungs"]
    assert isinstance(rungs, dict)
    assert min(rungs) == -1


def test_the_validation_loss_decides() -> None:
    """A low rate learns less by heart."""
    found = simulate(bowl(3), bowl(-2))
    assert best_of(found, bowl(-2)) == -2


def test_a_rate_that_was_dropped_is_wanted_again_where_the_best_turns_out_to_be_beside_it() -> None:
    def loss(place: int, step: int) -> float:
        early = 9 - step * (1 - abs(place - 1) / 10)
        return early if step < STEPS / 2 else (place + 1) ** 2 / 10 - STEPS

    rungs = simulate(loss)["rungs"]
    assert isinstance(rungs, dict)
    assert rungs[-1].fate == ""
    assert rungs[-1].stays
    assert len(rungs[-1].losses) == STEPS


def test_a_search_that_costs_too_much_ends_at_the_edge() -> None:
    found = simulate(lambda place, step: -float(place * step))
    assert found["move"] == Move(ending="cost")


@given(st.dictionaries(st.tuples(st.integers(-8, 8), st.integers(0, 40)), st.floats()))
def test_it_ends_whatever_the_losses(odd: dict[tuple[int, int], float]) -> None:
    simulate(lambda place, step: odd.get((place, step), float(place * step % 7)))


@given(st.floats(-0.4, 0.4), st.floats(0.1, 100), st.floats(-10, 10))
def test_the_least_of_a_parabola_is_found(best: float, scale: float, offset: float) -> None:
    places = np.array([-0.5, 0, 0.5])
    least = max(-0.25, min(0.25, best))
    losses = offset + scale * (places - least) ** 2
    assert vertex(losses.tolist(), math.inf) == pytest.approx(least, abs=1e-6)


@given(st.lists(st.floats(), min_size=3, max_size=3), st.floats())
def test_of_any_three_losses_it_is_within_half_a_rung(losses: list[float], start: float) -> None:
    assert -0.25 <= vertex(losses, start) <= 0.25


def test_how_far_a_training_has_gone_astray_makes_no_difference() -> None:
    assert vertex([0.5, 0.2, 1e9], 1.0) == vertex([0.5, 0.2, math.inf], 1.0)
    assert vertex([0.5, 0.2, 1e9], 1.0) == vertex([0.5, 0.2, 1.0], 1.0) < 0
