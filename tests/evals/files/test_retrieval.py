"""The measures of retrieval on cases small enough to work out by hand."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.knowledge.ranking import Candidate
from evals.files.retrieval import SHIPPED, SYSTEMS, Asked, chosen_share, compared, halved, measure, place


def an_id(number: int) -> UUID:
    return UUID(int=number)


def test_figures_of_four_places() -> None:
    found = measure([1, 2, 10, None])
    assert (found.n, found.hit_at_1, found.hit_at_10) == (4, 0.25, 0.75)
    assert found.mrr_at_10 == pytest.approx((1 + 0.5 + 0.1) / 4)
    with pytest.raises(ValueError, match="no questions"):
        measure([])


def test_a_place_past_the_tenth_does_not_count() -> None:
    order = [an_id(n) for n in range(12)]
    assert place(order, frozenset([an_id(9), an_id(11)])) == 10
    assert place(order, frozenset([an_id(10)])) is None
    assert place(order, frozenset()) is None


def questions(n: int) -> list[Asked]:
    """Questions whose right document is first by words and second by meaning."""
    right, wrong = Candidate(an_id(1), an_id(1), 0.80, 0.9), Candidate(an_id(2), an_id(2), 0.81, 0.1)
    return [Asked(f"q{number}", [wrong, right], frozenset([an_id(1)])) for number in range(n)]


def test_systems_are_measured_on_the_same_questions() -> None:
    found = compared(questions(8))
    assert list(found) == list(SYSTEMS)
    assert found["sparse (words)"].hit_at_1 == 1
    assert found["dense (meaning)"].hit_at_1 == 0
    assert found["dense (meaning)"].mrr_at_10 == pytest.approx(0.5)
    assert SHIPPED in found


def test_the_share_is_chosen_on_one_half_and_measured_on_the_other() -> None:
    asked = questions(40)
    one, two = halved(asked)
    assert {item.key for item in one} | {item.key for item in two} == {item.key for item in asked}
    assert not {item.key for item in one} & {item.key for item in two}
    assert halved(asked[::-1])[0] == one[::-1]
    found = chosen_share(asked)
    assert found is not None
    assert found.share < 1
    assert (found.chosen_on.n, found.measured_on.n) == (len(one), len(two))
    assert found.measured_on.hit_at_1 == 1
    assert chosen_share(asked[:2]) is None
