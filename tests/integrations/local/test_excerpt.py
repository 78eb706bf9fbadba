"""What is embedded of a long message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integrations.local.excerpt import BUDGET, excerpt
from integrations.local.shipped import embedded_part

LONG = (
    "Hello there, hope you are all doing well this week. My landlord wants proof of renters insurance by Friday. "
    "Thanks a lot and have a great weekend, talk to you soon. By the way the office was closed when I passed by."
)


def by_landlord(text: str) -> float:
    return float("landlord" in text)


def test_short_text_stays_whole() -> None:
    assert excerpt("  need  a quote\n please ", by_landlord) == "need a quote please"


def test_most_telling_clause_of_a_long_text_is_kept() -> None:
    part = excerpt(LONG, by_landlord, budget=70)
    assert part == "My landlord wants proof of renters insurance by Friday."


def test_clauses_stay_in_their_order() -> None:
    part = excerpt(
        "I rent a flat. " + "x" * 60 + ". The landlord asks for proof.", lambda text: float("x" not in text), 60
    )
    assert part == "I rent a flat. The landlord asks for proof."


def test_one_endless_word_is_cut() -> None:
    assert excerpt("y" * 500, by_landlord, budget=40) == "y" * 40


def test_shipped_model_finds_the_clause_about_insurance() -> None:
    assert "renters insurance" in embedded_part(LONG)


@given(st.text(max_size=900))
def test_it_fits_the_budget_and_keeps_something(text: str) -> None:
    part = excerpt(text, len)
    assert len(part) <= BUDGET
    assert bool(part.strip()) or not any(char.isalpha() for char in text)
