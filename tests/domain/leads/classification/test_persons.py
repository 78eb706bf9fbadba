"""Names and congregations reach nobody who says what a lead is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.classification.persons import alike, without_names


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hi, this is Emily Walsh. I need a quote", "Hi, this is . I need a quote"),
        ("Lakisha Washington here, closing next week", "here, closing next week"),
        ("My name is Nguyen Thi Hoa and I own a bakery", "My name is and I own a bakery"),
        ("my name is Ana, life cover", "my name is , life cover"),
        ("soy Guadalupe Hern\u00e1ndez, necesito seguro", "soy , necesito seguro"),
        ("me llamo Jos\u00e9 de la Cruz y quiero un seguro", "me llamo y quiero un seguro"),
        ("hello Jamal Jones here, is it active", "hello here, is it active"),
    ],
)
def test_a_name_that_people_give_themselves_is_blanked(text: str, kept: str) -> None:
    assert alike(without_names(text)) == kept
    assert len(without_names(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "I need General Liability for my Ford Transit", "this is urgent, I'm moving to New York", "I am a Medicare client",
        "Auto insurance please",
        "Commercial Auto - 5 trucks", "2019 Honda Civic, full cover", "I'm with State Farm", "Need Workers Comp, six people",
    ],
)  # fmt: skip
def test_other_words_in_capitals_stay(text: str) -> None:
    assert without_names(text) == text


def test_congregations_are_one_word() -> None:
    assert alike("the van of our mosque") == alike("the van of our synagogue") == alike("the van of our church")


@given(st.text(max_size=300))
def test_offsets_stay_valid(text: str) -> None:
    kept = without_names(text)
    assert len(kept) == len(text)
    assert all(one in {other, " "} for one, other in zip(kept, text, strict=True))


def test_a_full_stop_at_the_end_says_nothing() -> None:
    assert alike("a boat on the lake. ") == alike("a boat on the lake") == "a boat on the lake"
    assert alike("a boat? a lake!") == "a boat? a lake!"
