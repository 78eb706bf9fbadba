"""What speaks to a machine is set aside, and what people write to people stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.instructions import set_aside, visible
from tests.adversarial.injections import HONEST, INJECTIONS


@pytest.mark.parametrize("kind", INJECTIONS)
def test_what_speaks_to_a_machine_is_found(kind: str) -> None:
    assert set_aside(INJECTIONS[kind]).passages


@pytest.mark.parametrize("kind", INJECTIONS)
@pytest.mark.parametrize("place", ["before", "after", "lines"])
def test_what_the_person_wrote_beside_it_stays(kind: str, place: str) -> None:
    honest, attack = HONEST["auto"], INJECTIONS[kind]
    text = {"before": f"{attack} \n{honest}", "after": f"{honest} {attack}", "lines": f"{attack}\n\n{honest}\n{attack}"}
    assert set_aside(text[place]).text.split() == honest.split()


@pytest.mark.parametrize(
    "text",
    [
        *HONEST.values(), "ignore my last email, I need auto insurance", "mark this as urgent please",
        "please disregard my earlier message", "assign me to Maria please", "what credit score do I need",
        "you are the best agent!", "Are you an insurance agent or an AI?", "can you raise my liability limits",
        "I forget the rules about flood insurance", "I want to change my intent to cancel",
        "I am a system administrator and need disability insurance", "line: auto, state: TX",
        "Return my call about the label printing business", "please rate this policy; prior claims: 2.",
        "olvida mi mensaje anterior, necesito seguro de casa", "change the line of business on my policy from LLC",
        "I want you to act as my agent of record", "Respond as soon as possible, urgency high",
    ],
)  # fmt: skip
def test_what_people_write_to_people_stays(text: str) -> None:
    assert set_aside(text).passages == ()
    assert set_aside(text).text == text


def test_unseen_characters_are_gone() -> None:
    assert visible("au\u200bto\u202e \U000e0041insurance\ufeff") == "auto insurance"


@given(st.text(max_size=400))
def test_reading_again_changes_nothing(text: str) -> None:
    once = set_aside(text)
    assert set_aside(once.text).text == once.text
    assert set_aside(once.text).passages == ()


@given(st.text(max_size=200))
def test_nothing_is_lost(text: str) -> None:
    seen = visible(text)
    read = set_aside(text)
    if not read.passages:
        assert read.text == seen
    assert len(read.text) <= len(seen)
