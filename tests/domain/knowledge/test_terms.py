"""Words as weighted terms: what BM25 promises holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge.terms import (
    K1,
    LEAD_WEIGHT,
    PAIR_WEIGHT,
    passage_terms,
    question_terms,
    weighted,
    word_term,
    words,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Policies cover losses", ["policy", "cover", "loss"]),
        ("claim's CLAIMS", ["claim", "s", "claim"]),
        ("Prótesis dental, año 2024", ["protesis", "dental", "ano", "2024"]),
        ("bus gas basis business", ["bus", "gas", "basis", "business"]),
        ("\x00—!", []),
    ],
)
def test_words_are_folded_and_singular(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


def test_a_rare_word_weighs_more_and_an_unknown_one_is_left_out() -> None:
    asked = question_terms("annuity insurance zzz")
    rare, common, unknown = (word_term(one) for one in ("annuity", "insurance", "zzz"))
    found = weighted(asked, {rare: 3, common: 900}, 1000)
    assert found[rare] > found[common] > 0
    assert unknown not in found


def test_more_of_a_word_counts_less_each_time_and_a_longer_passage_less() -> None:
    term = word_term("flood")
    once, twice, often = (passage_terms(" ".join(["flood"] * n + ["x"] * (90 - n)), "")[term] for n in (1, 2, 40))
    assert once < twice < 2 * once
    assert often < K1 + 1
    assert passage_terms("flood " + "x " * 400, "")[term] < once


def test_neighbours_and_the_lead_are_terms_of_their_own() -> None:
    asked = question_terms("elimination period")
    assert sorted(asked.values()) == [LEAD_WEIGHT, LEAD_WEIGHT, PAIR_WEIGHT, 1.0, 1.0]
    together = passage_terms("the elimination period ends", "")
    apart = passage_terms("the period of elimination ends", "")
    pair = next(term for term, weight in asked.items() if weight == PAIR_WEIGHT)
    assert pair in together
    assert pair not in apart
    leads = [term for term, weight in asked.items() if weight == LEAD_WEIGHT]
    assert all(term in passage_terms("text", "Elimination period") for term in leads)


@given(st.text(), st.text())
def test_terms_fit_32_bits_and_are_positive(text: str, lead: str) -> None:
    for term, weight in passage_terms(text, lead).items():
        assert 0 <= term < 2**32
        assert 0 < weight < K1 + 1


def test_a_count_past_the_passages_is_no_negative_rarity() -> None:
    assert all(
        weight > 0 for weight in weighted(question_terms("a"), dict.fromkeys(question_terms("a"), 99), 5).values()
    )
