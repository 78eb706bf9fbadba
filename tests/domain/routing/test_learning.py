"""Weights learnt from outcomes: a known world is found again, a world without one is left alone, and little data is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.routing.conversion import LEAST_CLOSED, Table, Worked, fit, missing, parts_of, resampled
from domain.routing.factors.registry import FACTORS
from domain.routing.learning import Learnt, learn, weights_of
from domain.routing.logged import Decided, Option, chances_under, drawn_chances, off_policy
from domain.routing.weights import DEFAULT_WEIGHTS, Weights

Array = NDArray[np.float64]
NAMES = [factor.name for factor in FACTORS]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TRUTH = {"response_time": 3.0, "language": 2.0, "performance": 1.0}
NOBODY_BETTER = dict.fromkeys(NAMES, 0.0)


def log_odds(values: Array, truth: dict[str, float], base: float) -> Array:
    found: Array = base + values @ np.array([truth.get(name, 0.0) for name in NAMES])
    return found


def a_world(
    seed: int, leads: int, truth: dict[str, float], *, base: float = -3.5, options: int = 8, at_random: bool = False
) -> list[Decided]:
    """Leads given by the weights in force (or at random), and won as ``truth`` has it."""
    chance, parts = np.random.default_rng(seed), parts_of(DEFAULT_WEIGHTS)
    values = np.round(chance.random((leads, options, len(NAMES))), 4)
    values = np.take_along_axis(values, np.argsort(-(values @ parts), axis=1)[:, :, None], axis=1)
    chosen = chance.integers(options, size=leads) if at_random else np.zeros(leads, dtype=int)
    won = chance.random(leads) < 1 / (1 + np.exp(-log_odds(values[np.arange(leads), chosen], truth, base)))
    likely = [1 / options] * options if at_random else [1.0, *[0.0] * (options - 1)]
    ids = [UUID(int=place + 1) for place in range(options)]
    return [
        Decided(
            UUID(int=number + 1), BEGIN + timedelta(minutes=number), ("auto", "home")[number % 2], "warm", 50,
            tuple(map(Option, ids, map(tuple, values[number].tolist()), likely)), int(chosen[number]), bool(won[number]),
        )
        for number in range(leads)
    ]  # fmt: skip


def worth(world: list[Decided], weights: Weights, truth: dict[str, float], base: float = -3.5) -> float:
    """The share of leads that these weights win, by the truth itself."""
    parts, total = parts_of(weights), 0.0
    for one in world:
        values = np.array([option.values for option in one.options])
        total += float(chances_under(one, parts) @ (1 / (1 + np.exp(-log_odds(values, truth, base)))))
    return total / len(world)


@pytest.fixture(scope="module")
def found() -> Learnt:
    return learn(a_world(1, 6000, TRUTH), DEFAULT_WEIGHTS, 1)


def test_a_known_world_is_found_in_its_order_of_importance(found: Learnt) -> None:
    assert found.code == "better", found.reason
    assert found.weights is not None
    points = found.weights.by_name
    assert sum(points.values()) == 100
    assert sorted(points, key=lambda name: -points[name])[:3] == ["response_time", "language", "performance"]


@pytest.mark.parametrize("seed", range(2, 7))
def test_learnt_weights_win_more_leads_of_worlds_they_never_saw(found: Learnt, seed: int) -> None:
    assert found.weights is not None
    assert found.gain is not None
    new = a_world(100 + seed, 1000, TRUTH)
    gained = 100 * (worth(new, found.weights, TRUTH) - worth(new, DEFAULT_WEIGHTS, TRUTH))
    assert gained > 5
    assert found.gain.low < gained * 1.3
    assert found.gain.low > 0


def test_the_trial_is_on_later_leads_only(found: Learnt) -> None:
    assert found.trial is not None
    assert found.trial.leads == 1800
    assert found.trial.since == BEGIN + timedelta(minutes=4200)
    assert found.trial.learnt.log_loss < found.trial.present.log_loss
    assert (found.trial.learnt.auc or 0) > (found.trial.present.auc or 0) > 0.5
    assert found.trial.log_loss_falls.low > 0
    assert found.trial.learnt.won_over_expected == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    "truth",
    [
        pytest.param(NOBODY_BETTER, id="who works a lead makes no difference"),
        pytest.param({name: 5 * float(part) for name, part in zip(NAMES, parts_of(DEFAULT_WEIGHTS), strict=True)},
                     id="the weights in force are the truth"),
    ],
)  # fmt: skip
def test_a_world_with_nothing_to_gain_proposes_nothing(truth: dict[str, float]) -> None:
    seeds = 40
    proposed = [
        seed
        for seed in range(seeds)
        if learn(a_world(seed, 800, truth, base=-1.5), DEFAULT_WEIGHTS, seed).code == "better"
    ]
    assert len(proposed) <= 0.05 * seeds, proposed


def test_no_coefficient_of_a_factor_is_below_nothing() -> None:
    against = {"distance": -3.0, "language": 2.0}
    found = learn(a_world(3, 3000, against, base=-0.5), DEFAULT_WEIGHTS, 3)
    assert found.weights is not None
    assert found.weights.by_name["distance"] < 1
    assert all(points >= 0 for points in found.weights.by_name.values())


def test_what_was_the_same_for_everybody_keeps_its_part() -> None:
    world = [
        replace(one, options=tuple(o._replace(values=(*o.values[:-1], 0.5)) for o in one.options))
        for one in a_world(4, 3000, TRUTH)
    ]
    table = Table.of([one for decided in world if (one := decided.worked()) is not None])
    model = fit(table, parts_of(DEFAULT_WEIGHTS))
    assert model.factors[-1] == pytest.approx(model.pull * parts_of(DEFAULT_WEIGHTS)[-1], rel=0.05)


def test_too_little_is_refused_with_what_is_missing() -> None:
    none = learn([], DEFAULT_WEIGHTS, 1)
    assert none.code == "too_little"
    assert none.missing is not None
    # 70 of 100 leads teach, so as many more are asked for in all.
    assert (none.missing.closed, none.missing.won, none.missing.lost) == (429, 108, 108)
    open_ones = [replace(one, won=None) for one in a_world(5, 2000, TRUTH)]
    assert learn(open_ones, DEFAULT_WEIGHTS, 1).code == "too_little"
    all_won = [replace(one, won=True) for one in a_world(5, 2000, TRUTH)]
    lost = learn(all_won, DEFAULT_WEIGHTS, 1)
    assert (lost.code, lost.missing and lost.missing.won, lost.missing and lost.missing.lost) == (
        "too_little",
        0,
        108,
    )
    assert "108 more lost" in lost.reason


def test_a_little_more_than_the_least_is_told_what_the_earlier_part_lacks() -> None:
    world = [replace(one, won=bool(number % 2)) for number, one in enumerate(a_world(6, LEAST_CLOSED, TRUTH))]
    found = learn(world, DEFAULT_WEIGHTS, 1)
    assert found.code == "too_little"
    assert found.missing is not None
    assert found.missing.closed == 129  # 210 of 300 teach; 90 more are needed there, which are 129 in all
    assert learn([*world, *_later(world, 129)], DEFAULT_WEIGHTS, 1).code != "too_little"


def _later(world: list[Decided], count: int) -> list[Decided]:
    return [
        replace(one, lead_id=UUID(int=10_000 + number), at=one.at + timedelta(days=9))
        for number, one in enumerate(world[:count])
    ]


def test_learning_is_the_same_each_time() -> None:
    world = a_world(7, 1200, TRUTH)
    assert learn(world, DEFAULT_WEIGHTS, 5) == learn(list(reversed(world)), DEFAULT_WEIGHTS, 5)


def test_groups_are_told_only_with_support_of_their_own() -> None:
    found = learn(a_world(8, 2400, TRUTH, base=-3.0), DEFAULT_WEIGHTS, 8)
    assert {(one.kind, one.name) for one in found.groups} == {("line", "auto"), ("line", "home")}
    scarce = [
        replace(one, line="pet" if number % 10 == 0 else "auto")
        for number, one in enumerate(a_world(8, 2400, TRUTH, base=-3.0))
    ]
    assert {one.name for one in learn(scarce, DEFAULT_WEIGHTS, 8).groups} == {"auto"}


def test_a_factor_that_nobody_ever_had_weighs_nothing() -> None:
    table = Table.of(
        [Worked(UUID(int=n), BEGIN, "auto", None, None, (0.0,) * len(NAMES), n % 2 == 0) for n in range(400)]
    )
    model = fit(table, parts_of(DEFAULT_WEIGHTS))
    assert model.base == pytest.approx(0, abs=0.01)
    assert weights_of(model, DEFAULT_WEIGHTS) is None or model.factors.sum() > 0


def test_resampling_spreads_with_the_data() -> None:
    worked = [one for decided in a_world(9, 4000, TRUTH) if (one := decided.worked()) is not None]
    place = NAMES.index("response_time")
    few = np.std([one.factors[place] for one in resampled(Table.of(worked[:400]), parts_of(DEFAULT_WEIGHTS), 1, 50)])
    many = np.std([one.factors[place] for one in resampled(Table.of(worked), parts_of(DEFAULT_WEIGHTS), 1, 50)])
    assert many < few
    assert missing(worked) is None


def test_who_came_first_without_a_draw_had_no_rival() -> None:
    first, second = BEGIN, BEGIN + timedelta(days=1)
    assert drawn_chances([9, 8, 8], [None, None, None]) == [1, 0, 0]
    assert drawn_chances([9, 9, 8], [first, second, None]) == [1, 0, 0]  # the longest waiting comes first, by no draw
    assert drawn_chances([9, 9, 9], [None, None, first]) == [0.5, 0.5, 0]


def test_without_overlap_nothing_is_estimated_and_the_bounds_say_so() -> None:
    world = a_world(10, 2000, TRUTH)
    found = learn(world, DEFAULT_WEIGHTS, 10).off_policy
    assert found is not None
    assert found.code == "no_overlap"
    assert found.snips is None
    assert found.doubly_robust is None
    assert "cannot be estimated" in found.text
    weights = Weights.of({"response_time": 1})
    model = fit(Table.of([w for one in world if (w := one.worked()) is not None]), parts_of(DEFAULT_WEIGHTS))
    bound = off_policy(world, parts_of(weights), model)
    assert bound.lowest <= worth(world, weights, TRUTH) <= bound.highest
    assert bound.supported < 0.5


def test_leads_given_at_random_tell_what_other_weights_would_win() -> None:
    weights = Weights.of({"response_time": 3, "language": 2})
    inside = 0
    other = a_world(1000, 1500, TRUTH, at_random=True)
    model = fit(Table.of([w for one in other if (w := one.worked()) is not None]), parts_of(DEFAULT_WEIGHTS))
    for seed in range(20):
        world = a_world(seed, 1600, TRUTH, at_random=True)
        found = off_policy(world, parts_of(weights), model)
        assert found.code == "estimated"
        assert found.snips is not None
        assert found.doubly_robust is not None
        assert found.effective == pytest.approx(1600 / 8, rel=0.25)
        truth = worth(world, weights, TRUTH)
        inside += found.snips[1] <= truth <= found.snips[2]
        assert found.doubly_robust[2] - found.doubly_robust[1] < 0.2
    assert inside >= 17  # 19 of 20 are to be expected


def test_few_effective_leads_are_too_few() -> None:
    world = a_world(11, 200, TRUTH, at_random=True)
    model = fit(Table.of([w for one in world if (w := one.worked()) is not None]), parts_of(DEFAULT_WEIGHTS))
    found = off_policy(world, parts_of(Weights.of({"language": 1})), model)
    assert (found.code, found.snips) == ("too_few", None)


def test_the_weights_in_force_are_estimated_by_what_happened() -> None:
    world = a_world(12, 800, TRUTH)
    model = fit(Table.of([w for one in world if (w := one.worked()) is not None]), parts_of(DEFAULT_WEIGHTS))
    found = off_policy(world, parts_of(DEFAULT_WEIGHTS), model)
    assert found.code == "estimated"
    assert found.snips is not None
    assert found.snips[0] == pytest.approx(found.recorded)
    assert (found.supported, found.effective) == (1, 800)
