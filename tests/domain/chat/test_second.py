"""A second reader completes what the rules read, and takes nothing back."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat.conversation import concluded, doubt, take
from domain.chat.intents import Handover
from domain.chat.second import ASKS, FORMS, INFERRED, Doubt, Second, Wish
from domain.chat.slots import CONTACT, kinds
from domain.chat.state import Effect, Stage
from domain.chat.words import say
from domain.lines import Line
from tests.domain.chat.talking import AT, AUTO, READER, TERMS, Talk


def second(**parts: Any) -> Second:
    facts = MappingProxyType(parts.pop("facts", {}))
    return Second("chat_reader/v1@test/model", facts=facts, **parts)


def left(talk: Talk, words: str) -> Doubt | None:
    return doubt(talk.state, words, READER, TERMS, AT)


def at(*words: str) -> Talk:
    talk = Talk()
    talk.say(*words)
    return talk


def test_what_the_rules_missed_is_filled_told_and_marked() -> None:
    talk = at("auto", "78701")
    words = "me and the missus, nobody else"
    assert left(talk, words) == Doubt(words, "en", "drivers", ("drivers", "vehicles", "current_carrier"), lines=False)
    turn = talk.say(words, second=second(facts={"drivers": "2"}))
    assert turn.state.slots["drivers"] == "2"
    assert turn.says[0] == say("en", "understood", facts="Drivers: 2")
    assert (turn.note.read_by, turn.note.filled) == ("chat_reader/v1@test/model", ("drivers",))
    assert turn.state.misses == 0


def test_without_an_answer_the_rules_answer_as_they_always_did() -> None:
    one, other = at("auto", "78701"), at("auto", "78701")
    assert one.say("me and the missus, nobody else") == other.say("me and the missus, nobody else", second=second())


def test_the_rules_value_stands_against_the_model_s() -> None:
    talk = at("auto")
    turn = talk.say(
        "we live in 78701 with three drivers at home", second=second(facts={"zip": "78702", "drivers": "5"})
    )
    assert turn.state.slots["zip"] == "78701"
    assert turn.state.slots["drivers"] == "3"
    assert turn.note.read_by is None


def test_what_was_answered_before_is_changed_only_by_who_corrects_and_aloud() -> None:
    talk = at("auto", "78701", "2")
    ignored = talk.say("we have the 2019 Honda Civic since a long time", second=second(facts={"drivers": "4"}))
    assert ignored.state.slots["drivers"] == "2"
    turn = talk.say("sorry, I meant me, my wife and the boy drive", second=second(facts={"drivers": "3"}))
    assert turn.state.slots["drivers"] == "3"
    assert say("en", "changed", name="Drivers", value="3") in turn.says


def test_the_kind_of_insurance_is_read_where_the_rules_found_none() -> None:
    talk = Talk()
    words = "the bank wants us to protect the place before closing"
    found = left(talk, words)
    assert found is not None
    assert found.lines
    turn = talk.say(words, second=second(lines=(Line.HOME,)))
    assert turn.state.lines == (Line.HOME,)
    assert turn.says[0] == say("en", "understood", facts="Insurance: home")
    named = at().say("car insurance for my new truck please now", second=second(lines=(Line.LIFE,)))
    assert named.state.lines == (Line.AUTO,)


@pytest.mark.parametrize("wish", [Wish.NO_CALLS, Wish.NO_CONTACT, Wish.ENDS])
def test_a_wish_that_no_pattern_hears_is_heard(wish: Wish) -> None:
    talk = at(*AUTO, "yes", "Ana Ruiz", "512-555-0142", "skip")
    words = "on second thought my phone shall stay silent"
    assert talk.state.asking == "confirm"
    turn = talk.say(words, second=second(wish=wish))
    if wish is Wish.NO_CALLS:
        assert turn.state.by_email_only
        assert "phone" not in turn.state.slots
    else:
        assert turn.state.stage is Stage.STOPPED
    wanted = {Wish.NO_CALLS: Effect.WITHDRAW_CALLS, Wish.NO_CONTACT: Effect.WITHDRAW}.get(wish)
    assert turn.effects & {Effect.WITHDRAW, Effect.WITHDRAW_CALLS, Effect.SUBMIT} == ({wanted} if wanted else set())


def test_a_wish_after_the_request_was_sent_is_heard() -> None:
    talk = at(*AUTO, "yes", "Ana Ruiz", "512-555-0142", "skip", "yes")
    sent = [turn for turn in talk.turns if Effect.SUBMIT in turn.effects]
    assert len(sent) == 1
    talk.turns.append(concluded(talk.state, None))
    words = "I would be glad about a quiet evening from you people"
    assert left(talk, words) is not None
    assert Effect.WITHDRAW not in talk.say(words).effects
    assert Effect.WITHDRAW not in talk.say(words, second=second(wish=Wish.ENDS)).effects, "who leaves has not said that"
    assert Effect.WITHDRAW in talk.say(words, second=second(wish=Wish.NO_CONTACT)).effects


def test_a_question_for_a_licensed_person_is_no_answer() -> None:
    talk = at("life insurance", "60601", "41", "no")
    words = "wondering if hang gliding would void the thing"
    turn = talk.say(words, second=second(asks=Handover.COVERAGE))
    assert turn.note.handover == "coverage"
    assert "cover_wish" not in turn.state.slots
    assert turn.state.questions == (("coverage", words),)


@pytest.mark.parametrize(
    "words",
    [
        "yes",
        "no",
        "stop",
        "skip",
        "delete my data",
        "why",
        "hello",
        "start over",
        "2",
        "asdf qwe",
        "yes, I agree, go ahead",
        "no, I do not want that",
    ],
)
def test_what_is_settled_or_short_is_shown_to_nobody(words: str) -> None:
    for talk in (at("auto", "78701"), at(*AUTO), Talk()):
        assert left(talk, words) is None


def test_while_the_chat_asks_how_to_reach_the_person_nothing_is_shown() -> None:
    talk = at(*AUTO, "yes")
    for answer in (
        "people call me Ana of the Ruiz family",
        "five one two five five five oh one four two",
        "ana at example",
    ):
        assert talk.state.asking in CONTACT
        assert left(talk, answer) is None
        talk.say(answer)


def test_how_the_person_is_reached_and_named_is_masked() -> None:
    talk = at("auto", "78701")
    said = "well my name is Ana Ruiz and my wife drives, ana@example.com or 512-555-0142 or 512 555 01"
    found = left(talk, said)
    assert found is not None
    for secret in ("Ana", "Ruiz", "example", "555"):
        assert secret not in found.text
    done = at(*AUTO, "yes", "Ana Ruiz", "512-555-0142", "skip")
    later = left(done, "everybody calls me ruiz but fine whatever")
    assert later is not None
    assert "ruiz" not in later.text


@pytest.mark.parametrize("age", ["16", "2012-05-01"])
def test_a_minor_s_age_is_asked_and_not_taken_from_it(age: str) -> None:
    talk = at("life insurance", "60601")
    turn = talk.say("sweet sixteen was just the other day", second=second(facts={"birth": age}))
    assert turn.state.stage is Stage.OPEN
    assert turn.state.asking == "birth"


def test_a_value_that_our_rules_cannot_read_is_none() -> None:
    talk = at("auto", "78701")
    turn = talk.say("there is quite a crowd behind the wheel", second=second(facts={"drivers": "many", "vehicles": ""}))
    assert "drivers" not in turn.state.slots


def test_every_slot_but_the_contact_has_a_form_and_every_hand_over_a_meaning() -> None:
    assert {slot for slot, kind in kinds().items() if kind not in FORMS} == set(CONTACT)
    assert set(ASKS) == set(Handover)
    assert set(FORMS) >= INFERRED


WORDS = st.sampled_from((
    "auto", "home insurance please", "78701", "42223", "two of us drive", "2019 Honda Civic", "Geico", "yes", "no",
    "yes but not yet", "I agree", "skip", "stop", "do not contact me",
    "please don't call me", "start over", "Ana Ruiz", "512-555-0142",
    "ana@example.com", "how much is it?", "en español por favor", "delete my data", "I am 16", "whatever you think is right then",
    "me and the missus, nobody else really", "sorry, change my zip", "life insurance", "1985-03-14", "",
))  # fmt: skip
SECONDS = st.builds(
    Second, by=st.just("model"), lines=st.lists(st.sampled_from(Line), max_size=2).map(tuple),
    facts=st.dictionaries(st.sampled_from(sorted(kinds())), st.sampled_from(("2", "78702", "yes", "no", "own", "16", "TX",
                          "512-555-0199", "Mallory", "evil@example.com", "x")), max_size=6),
    wish=st.sampled_from(Wish), asks=st.none() | st.sampled_from(Handover),
)  # fmt: skip


@given(st.lists(st.tuples(WORDS, SECONDS), max_size=14))
def test_whatever_a_model_says_it_gives_no_consent_sends_nothing_and_reaches_nobody(
    said: list[tuple[str, Second]],
) -> None:
    """For any conversation and any answers of a model: consent, confirmation and contact data are the person's own."""
    talk = Talk()
    for words, opinion in said:
        before = talk.state
        if before.stage is not Stage.OPEN:
            return
        plain = take(before, words, READER, TERMS, AT)
        turn = talk.say(words, second=opinion)
        assert turn.state.granted <= plain.state.granted
        assert (Effect.SUBMIT in turn.effects) <= (Effect.SUBMIT in plain.effects)
        if plain.state.stage is not Stage.OPEN:
            assert turn == plain
        for slot in CONTACT:
            if turn.state.stage is Stage.OPEN and turn.state.slots.get(slot):
                assert turn.state.slots[slot] == plain.state.slots.get(slot)
        for slot, value in plain.state.slots.items():
            changed = turn.state.slots.get(slot) != value
            if changed and value and turn.state.stage is Stage.OPEN and not turn.state.by_email_only:
                # Taken for a question of a licensed person, or corrected aloud; never silently.
                assert turn.note.handover or any("changed" in reply or "cambiado" in reply for reply in turn.says)
