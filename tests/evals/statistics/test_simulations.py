"""Claims about chance, checked by drawing many worlds: false winners, power and coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evals.statistics.agreement import corrected_mean
from evals.statistics.bootstrap import mean_interval
from evals.statistics.calibration import calibration
from evals.statistics.exact import mcnemar, sign_flip
from evals.statistics.power import cases_needed, mcnemar_power, pairs_detectable, pairs_needed_exactly
from evals.statistics.ratio import ALARM, mismatch, mismatch_any_time
from evals.statistics.sequential import (
    Outcomes,
    arm_gains,
    discordant_pairs,
    mean_above,
    mean_at_any_time,
    mean_differs,
)
from evals.statistics.units import Numbers, Units

PAIRS, LOOKS = 400, 20
Sample = Callable[[np.random.Generator], tuple[list[str], Numbers]]


def pairs(chance: np.random.Generator, n: int, difference: float, discordance: float = 0.2) -> Numbers:
    """B minus A of passes: 1, 0 and -1."""
    up = (discordance + difference) / 2
    return chance.choice([1.0, 0.0, -1.0], n, p=[up, 1 - discordance, discordance - up])


def fixed(differences: Numbers) -> bool:
    return mcnemar(int((differences > 0).sum()), int((differences < 0).sum())) <= 0.05


def rates(difference: float, worlds: int) -> dict[str, float]:
    """The share of worlds in which each rule declares a winner, over 400 pairs with 20 looks."""
    chance = np.random.default_rng(30)
    found = {"peeking": 0, "fixed": 0, "pairs": 0, "means": 0}
    known: dict[tuple[int, int], bool] = {}
    for _ in range(worlds):
        seen = pairs(chance, PAIRS, difference)
        ups, downs = np.cumsum(seen > 0), np.cumsum(seen < 0)
        looks = [(int(ups[at]), int(downs[at])) for at in range(PAIRS // LOOKS - 1, PAIRS, PAIRS // LOOKS)]
        for look in looks:
            if look not in known:
                known[look] = mcnemar(*look) <= 0.05
        found["peeking"] += any(known[look] for look in looks)
        found["fixed"] += known[looks[-1]]
        found["pairs"] += discordant_pairs(seen[seen != 0] > 0).decided  # looks after every pair
        found["means"] += mean_differs(Outcomes.within(seen, (-1, 1))).decided
    return {name: count / worlds for name, count in found.items()}


def test_2000_nulls_with_20_looks() -> None:
    false = rates(0.0, 2_000)
    assert false["pairs"] <= 0.05
    assert false["means"] <= 0.05
    assert false["fixed"] <= 0.05
    assert false["peeking"] == pytest.approx(0.15, abs=0.03)  # what looking at a fixed test costs


def test_true_effects_are_found() -> None:
    found = rates(0.08, 400)
    assert found["pairs"] > 0.7
    assert found["means"] > 0.5
    assert found["fixed"] == pytest.approx(mcnemar_power(PAIRS, 0.08, 0.2), abs=0.03)


@pytest.mark.parametrize("difference", [0.05, 0.1])
def test_the_claimed_number_of_pairs_has_the_claimed_power(difference: float) -> None:
    n, chance = pairs_needed_exactly(difference, 0.2), np.random.default_rng(31)
    found = np.mean([fixed(pairs(chance, n, difference)) for _ in range(2_000)])
    assert found == pytest.approx(0.8, abs=0.027)  # three standard errors
    assert pairs_detectable(n, 0.2) == pytest.approx(difference, abs=0.001)


def test_the_claimed_number_of_clustered_cases_has_the_claimed_power() -> None:
    chance, pilots, found = np.random.default_rng(32), [], []
    for _ in range(30):
        units, values = clustered(chance, 60)
        pilots.append(cases_needed(Units.of(units, values).error, len(values), 0.5) or 0)
    for _ in range(200):
        units, values = clustered(chance, round(np.mean(pilots) / 6))
        found.append(sign_flip(Units.of(units, values + 0.5)) <= 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.09)


def clustered(chance: np.random.Generator, units: int = 40, cases: int = 6) -> tuple[list[str], Numbers]:
    names = [str(unit) for unit in range(units) for _ in range(cases)]
    return names, np.repeat(chance.normal(0, 1, units), cases) + chance.normal(0, 1, units * cases)


def uneven(chance: np.random.Generator) -> tuple[list[str], Numbers]:
    sizes = chance.integers(1, 12, 40)
    names = [str(unit) for unit, size in enumerate(sizes) for _ in range(size)]
    return names, np.repeat(chance.normal(0, 1, 40), sizes) + chance.normal(0, 1, len(names))


def unclustered(chance: np.random.Generator) -> tuple[list[str], Numbers]:
    names, values = clustered(chance)
    return [str(row) for row in range(len(names))], values


def few(chance: np.random.Generator) -> tuple[list[str], Numbers]:
    return [str(row) for row in range(25)], chance.normal(0, 1, 25)


def passes(chance: np.random.Generator) -> tuple[list[str], Numbers]:
    return [str(row) for row in range(100)], pairs(chance, 100, 0.0, 0.3)


@pytest.mark.parametrize("sample", [few, passes, clustered, uneven])
def test_intervals_cover(sample: Sample) -> None:
    assert 0.93 <= coverage(sample) <= 0.97


def test_intervals_that_take_clustered_cases_for_independent_do_not_cover() -> None:
    assert coverage(unclustered) < 0.8


def coverage(sample: Sample, truth: float = 0.0, worlds: int = 1_000) -> float:
    chance, held = np.random.default_rng(33), 0
    for world in range(worlds):
        found = mean_interval(Units.of(*sample(chance)), world, draws=1_000)
        held += found.low <= truth <= found.high
    return held / worlds


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_two_arms_without_a_difference_under_drifting_rates(share: float) -> None:
    chance, false, held = np.random.default_rng(34), 0, 0
    drifting = 0.2 + 0.5 * np.arange(600) / 600
    for _ in range(300):
        to_b = chance.random(600) < share
        gains = arm_gains(to_b, (chance.random(600) < drifting).astype(float), share, (0, 1))
        false += mean_differs(gains).decided
        interval = mean_at_any_time(gains)
        held += interval.low <= 0 <= interval.high
    assert false / 300 <= 0.05
    assert held / 300 >= 0.95


def test_two_arms_of_bounded_numbers_with_a_difference() -> None:
    chance, found, held = np.random.default_rng(35), 0, 0
    for _ in range(100):
        to_b = chance.random(1_000) < 0.5
        outcomes = chance.beta(2, 3, 1_000) * 50 + np.where(to_b, 5, 0)
        gains = arm_gains(to_b, outcomes, 0.5, (0, 60))
        found += mean_differs(gains).decided
        interval = mean_at_any_time(gains)
        held += interval.low <= 5 <= interval.high
    assert found >= 80
    assert held >= 95


def test_a_guardrail_stops_harm_and_rarely_anything_else() -> None:
    chance = np.random.default_rng(36)

    def stopped(harm: float) -> float:
        runs = [mean_above(Outcomes.within(pairs(chance, 500, harm), (-1, 1)), 0.02).decided for _ in range(300)]
        return float(np.mean(runs))

    assert stopped(0.02) <= 0.05
    assert stopped(0.12) > 0.8


def test_share_alarms_under_peeking() -> None:
    chance, once, ever, broken = np.random.default_rng(37), 0, 0, 0
    for _ in range(500):
        seen = np.cumsum(chance.random(2_000) < 0.5)
        counts = [(int(seen[at]), at + 1 - int(seen[at])) for at in range(99, 2_000, 100)]
        once += any(mismatch(pair, (0.5, 0.5)) < 0.05 for pair in counts)
        ever += any(mismatch_any_time(pair, (0.5, 0.5)).p < 0.05 for pair in counts)
        more = int((chance.random(2_000) < 0.56).sum())
        broken += mismatch_any_time((more, 2_000 - more), (0.5, 0.5)).p < ALARM
    assert once / 500 > 0.15
    assert ever / 500 <= 0.05
    assert broken / 500 > 0.8


def test_corrected_means_cover_where_the_judge_alone_does_not() -> None:
    chance, held, judge = np.random.default_rng(38), 0, 0
    for _ in range(600):
        truth = (chance.random(400) < 0.6).astype(float)
        judged = np.maximum(truth, (chance.random(400) < 0.3).astype(float))  # it lets three in ten failures pass
        found = corrected_mean(truth[:50], judged[:50], judged[50:], ends=(0.0, 1.0))
        held += found.low <= 0.6 <= found.high
        spread = 1.96 * judged.std() / 20
        judge += abs(judged.mean() - 0.6) <= spread
    assert 0.92 <= held / 600 <= 0.98
    assert judge / 600 < 0.05


def test_calibration_of_perfect_and_of_bold_confidences() -> None:
    chance, alarms, held = np.random.default_rng(39), 0, 0
    for world in range(40):
        confidence = chance.beta(5, 2, 300)
        fine = calibration(chance.random(300) < confidence, confidence, seed=world)
        alarms += fine.seen > fine.by_chance
        bold = calibration(chance.random(300) < np.clip(confidence - 0.15, 0, 1), confidence, seed=world)
        assert bold.seen > bold.by_chance
        held += bold.error.low <= 0.148 <= bold.error.high
    assert alarms <= 6
    assert held >= 32
