"""Mentors: ambassadors come first whatever else is true of them, and every reason is one that weighed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.network.mentors import WEIGHTS, Guide, Pupil, Why, may_guide, mentors
from domain.network.tiers import Tier, at_least

TRADE = frozenset({"auto", "home"})
PUPIL = Pupil(Tier.SILVER, TRADE, frozenset({"IL"}))
parts = st.frozensets(st.sampled_from(["auto", "home", "life"]))
places = st.frozensets(st.sampled_from(["IL", "FL"]))


def a_guide(number: int, tier: Tier = Tier.GOLD, **changes: object) -> Guide:
    return replace(Guide(UUID(int=number), tier, frozenset(), frozenset()), **changes)  # type: ignore[arg-type]


def test_weights_add_up_to_one() -> None:
    assert sum(WEIGHTS.values()) == 1


def test_an_ambassador_comes_before_whoever_fits_better() -> None:
    near = a_guide(1, lines=TRADE, states=frozenset({"IL"}), degrees=1, strength=Decimal("0.9"))
    ambassador = a_guide(2, Tier.DIAMOND)
    found = mentors(PUPIL, [near, ambassador])
    assert [one.who for one in found] == [ambassador.who, near.who]
    assert found[0].score < found[1].score
    assert found[0].reasons == (Why.AMBASSADOR, Why.TIER)
    assert found[1].reasons == (Why.LINES, Why.STATES, Why.TIE, Why.TIER)


def test_factors_are_shares_of_what_the_pupil_does_and_the_halved_way() -> None:
    (one,) = mentors(
        PUPIL, [a_guide(1, Tier.PLATINUM, lines=frozenset({"auto", "pet"}), degrees=3, strength=Decimal("0.8"))]
    )
    assert one.factors == {
        "lines": Decimal("0.5000"), "states": Decimal(0), "tie": Decimal("0.2000"), "tier": Decimal("0.5000"),
    }  # fmt: skip
    assert one.score == Decimal("0.2900")
    assert one.reasons == (Why.LINES, Why.TIER, Why.TIE)


def test_of_a_pupil_of_whom_nothing_is_known_nothing_is_shared() -> None:
    (one,) = mentors(Pupil(Tier.BRONZE, frozenset(), frozenset()), [a_guide(1, lines=TRADE)])
    assert one.factors["lines"] == 0
    assert one.reasons == (Why.TIER,)


@pytest.mark.parametrize("pupil", list(Tier))
def test_a_higher_tier_guides_and_an_ambassador_guides_anybody(pupil: Tier) -> None:
    for tier in Tier:
        assert may_guide(tier, pupil) == (tier is Tier.DIAMOND or not at_least(pupil, tier))


@given(
    st.lists(st.tuples(st.sampled_from(list(Tier)), parts, places, st.integers(0, 3), st.integers(0, 100)), max_size=12)
)
def test_the_order_is_ambassadors_then_score_then_id(
    drawn: list[tuple[Tier, frozenset[str], frozenset[str], int, int]],
) -> None:
    guides = [
        a_guide(n, tier, lines=lines, states=states, degrees=step or None, strength=Decimal(part if step else 0) / 100)
        for n, (tier, lines, states, step, part) in enumerate(drawn)
    ]
    found = mentors(PUPIL, guides)
    assert found == mentors(PUPIL, reversed(guides)), "the order in which they were read says nothing"
    assert {one.who for one in found} == {one.who for one in guides if may_guide(one.tier, PUPIL.tier)}
    ambassadors = [one.ambassador for one in found]
    assert ambassadors == sorted(ambassadors, reverse=True)
    for part in (True, False):
        scores = [one.score for one in found if one.ambassador is part]
        assert scores == sorted(scores, reverse=True)
    assert all(0 <= one.score <= 1 and one.reasons for one in found)
