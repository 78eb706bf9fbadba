import random
from decimal import Decimal
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.probability import (
    LEAST_CLOSED,
    chance_at,
    closed_leads,
    commission_for,
    expected_value,
    fit_curve,
    score_of,
    whole_points,
    win_chance,
)
from kernel.money import Money

PARTS = st.lists(st.floats(-100, 100), min_size=1, max_size=30)


@given(PARTS)
def test_whole_points_add_up_and_stay_within_one_of_the_exact_part(parts: list[float]) -> None:
    total = round(sum(parts))
    points = whole_points(parts, total)
    assert sum(points) == total
    assert all(abs(point - part) <= 1 for point, part in zip(points, parts, strict=True))


def test_a_total_far_from_the_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be rounded to 9"):
        whole_points([1.0, 1.0], 9)


@pytest.mark.parametrize(
    ("probability", "score"), [(0.0, 1), (0.004, 1), (0.125, 13), (0.5, 50), (0.999, 99), (1.0, 99)]
)
def test_an_open_lead_scores_1_to_99(probability: float, score: int) -> None:
    assert score_of(probability) == score


def test_below_the_least_there_is_not_enough_data() -> None:
    for closed in ([], [(50, 10, LEAST_CLOSED - 11)], [(50, 9, 500)], [(50, 500, 9)]):
        chance = win_chance(60, closed, Money.of("100"))
        assert chance.state == "not_enough_data"
        assert (chance.probability, chance.low, chance.high, chance.value) == (None, None, None, None)
        assert "not enough data" in chance.reason
    assert win_chance(60, [(50, 10, LEAST_CLOSED - 10)]).state == "known"


def test_t77_a_team_without_losses_is_told_that_there_is_not_enough_data() -> None:
    chance = win_chance(60, [(50, 10 * LEAST_CLOSED, 0)])
    assert (chance.state, chance.probability, chance.sample) == ("not_enough_data", None, 10 * LEAST_CLOSED)
    assert chance_at(fit_curve([(50, 10 * LEAST_CLOSED, 0)]), 99)[0] < 1


def _closed(n: int, slope: float = 0.05, middle: float = 70) -> list[tuple[int, int, int]]:
    rows = []
    for score in range(5, 100, 5):
        won = round(n / (1 + exp(-slope * (score - middle))))
        rows.append((score, won, n - won))
    return rows


def test_many_closed_leads_give_their_own_rates_with_a_narrow_interval() -> None:
    chance = win_chance(70, _closed(2000))
    assert chance.probability == pytest.approx(0.5, abs=0.01)
    assert chance.low is not None
    assert chance.high is not None
    assert chance.high - chance.low < 0.03
    assert chance.sample == 19 * 2000
    assert chance.near == 5 * 2000


def test_fewer_leads_widen_the_interval_and_draw_to_the_prior() -> None:
    few, many = fit_curve(_closed(4)), fit_curve(_closed(400))
    for score in (20, 50, 80):
        p, low, high = chance_at(few, score)
        _, low_many, high_many = chance_at(many, score)
        assert 0 < low <= p <= high < 1
        assert high - low > high_many - low_many


def test_a_higher_score_never_has_a_lower_chance_even_where_the_data_says_so() -> None:
    turned = [(score, lost, won) for score, won, lost in _closed(200)]
    curve = fit_curve(turned)
    chances = [chance_at(curve, score)[0] for score in range(1, 100)]
    assert chances == sorted(chances)


def test_all_leads_at_one_score_are_no_trouble() -> None:
    chance = win_chance(50, [(50, 30, 70)])
    assert chance.probability == pytest.approx(0.3, abs=0.03)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw, held = random.Random(7), 0
    for _ in range(200):
        rows = []
        for score in range(10, 100, 10):
            wins = sum(draw.random() < 1 / (1 + exp(-0.04 * (score - 75))) for _ in range(30))
            rows.append((score, wins, 30 - wins))
        _, low, high = chance_at(fit_curve(rows), 60)
        held += low <= 1 / (1 + exp(0.6)) <= high
    assert held >= 180


def test_value_is_chance_times_commission_to_the_cent() -> None:
    assert expected_value(0.1234, Money.of("250.00")) == Money.of(Decimal("30.85"))
    value = win_chance(70, _closed(50), Money.of("99.99")).as_dict()["expected_value"]
    assert value["currency"] == "USD"
    assert isinstance(value["amount"], str)


def test_commissions_that_are_no_money_count_as_none() -> None:
    given_ = {
        "auto": {"amount": "120.50", "currency": "USD"},
        "home": {"amount": "x"},
        "life": {"amount": "-1"},
        "pet": 3,
    }
    assert commission_for("auto", given_) == Money.of("120.50")
    assert [commission_for(line, given_) for line in ("home", "life", "pet", "other")] == [None] * 4
    assert commission_for("auto", None) is None


@pytest.mark.parametrize("value", [None, "x", [[1, 2]], [[1, 2, -3]], [[101, 1, 1]], [[1, True, 2]], [[1.5, 1, 1]]])
def test_counts_that_are_none_are_not_taken(value: object) -> None:
    assert closed_leads(value) is None


def test_counts_are_read_from_json() -> None:
    assert closed_leads([[50, 1, 2], (60, 0, 3)]) == [(50, 1, 2), (60, 0, 3)]
