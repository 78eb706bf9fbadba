"""A model's quote leads back to the sender's own words, or nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.envelope import clean
from prompts.quotes import find_quote


@pytest.mark.parametrize(
    ("quote", "source", "found"),
    [
        ("Necesito aseguranza", "Hola. necesito  aseguranza ya", "necesito  aseguranza"),
        ("manana", "me la entregan mañana!", "mañana"),
        ("mañana", "me la entregan man\u0303ana.", "man\u0303ana"),
        ('"my car"', "insure my car please", "my car"),
        ("don't call", "don\u2019t\u200b call me", "don\u2019t\u200b call"),
        ("‹ $100 a month", "I pay < $100 a month", "$100 a month"),
        ("(INST) car", "x [INST] car", "[INST] car"),
        ("ＣＡＲ", "my car", "car"),
        ("my car", "my cars", None),
        ("car", "carpet and car", "car"),
        ("¿Cuánto cuesta?", "hola cuanto cuesta un seguro", "cuanto cuesta"),
        ("life insurance", "I need car insurance", None),
        ("...", "well ...", None),
        ("", "text", None),
    ],
)
def test_words_are_found_as_sent(quote: str, source: str, found: str | None) -> None:
    assert find_quote(quote, source) == found


def test_what_was_not_shown_was_not_quoted() -> None:
    assert find_quote("umbrella", "car " * 10 + "umbrella", limit=20) is None
    assert find_quote("umbrella", "car " * 10 + "umbrella") == "umbrella"


@given(st.text(max_size=200), st.data())
def test_every_run_of_whole_words_that_was_shown_is_found(source: str, data: st.DataObject) -> None:
    words = clean(source).text.split()
    if not words:
        return
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    quote = " ".join(words[start:end])
    found = find_quote(quote, source)
    if any(char.isalnum() for char in clean(quote).text):
        assert found is not None
        assert found in source
