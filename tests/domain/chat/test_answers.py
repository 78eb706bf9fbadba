"""Answers one by one: numbers, ZIPs in two states, dates, ages, names, languages, and the words that are shown."""

from __future__ import annotations

import re

import pytest

from domain.chat.slots import Kind, kinds, slots_for
from domain.chat.state import Stage
from domain.chat.words import LANGUAGES, language_of, say, table
from domain.lines import Line
from tests.domain.chat.talking import AUTO, READER, Talk


def at(*words: str) -> Talk:
    talk = Talk()
    talk.say(*words)
    return talk


@pytest.mark.parametrize(
    ("kind", "words", "value"),
    [
        (Kind.PHONE, "512-555-0142", "+15125550142"), (Kind.PHONE, "(512) 555 0142", "+15125550142"),
        (Kind.PHONE, "+1 512.555.0142", "+15125550142"), (Kind.PHONE, "it's 512 555 0142 after six", "+15125550142"),
        (Kind.PHONE, "+44 20 7946 0958", "+442079460958"),
        (Kind.EMAIL, "ana.ruiz+ins@Example.COM", "ana.ruiz+ins@example.com"),
        (Kind.EMAIL, "it is ana@example.com ok?", "ana@example.com"),
        (Kind.ZIP, "78701", "78701"), (Kind.ZIP, "02138", "02138"), (Kind.ZIP, "78701-1234", "78701"),
        (Kind.ZIP, "it's 78701", "78701"),
        (Kind.STATE, "Texas", "TX"), (Kind.STATE, "tx", "TX"), (Kind.STATE, "the state of Kentucky", "KY"),
        (Kind.COUNT, "2", "2"), (Kind.COUNT, "two of us", "2"), (Kind.COUNT, "just me", "1"), (Kind.COUNT, "somos tres", "3"),
        (Kind.BIRTH, "3/14/1985", "1985-03-14"), (Kind.BIRTH, "1985-03-14", "1985-03-14"), (Kind.BIRTH, "41", "41"),
        (Kind.BIRTH, "41 years old", "41"), (Kind.BIRTH, "14 de marzo de 1985", "1985-03-14"),
        (Kind.BIRTH, "2/29/2000", "2000-02-29"), (Kind.YEAR, "built in 1985", "1985"),
        (Kind.YES_NO, "yes", "yes"), (Kind.YES_NO, "no", "no"), (Kind.TENURE, "I rent it", "rent"),
        (Kind.TENURE, "soy dueño", "own"),
        (Kind.NAME, "my name is ana ruiz", "Ana Ruiz"), (Kind.NAME, "O'Neil, Shaun", None),
    ],
)  # fmt: skip
def test_what_people_write_is_read(kind: Kind, words: str, value: str | None) -> None:
    found = READER.answer(kind, words)
    assert found.problem is None
    assert value is None or found.value == value


@pytest.mark.parametrize(
    ("kind", "words", "problem"),
    [
        (Kind.PHONE, "555-0142", "phone_invalid"), (Kind.PHONE, "512-555-014", "phone_invalid"),
        (Kind.PHONE, "call me", "phone_invalid"),
        (Kind.PHONE, "000-000-0000", "phone_invalid"), (Kind.EMAIL, "ana@example", "email_invalid"),
        (Kind.EMAIL, "ana", "email_invalid"),
        (Kind.ZIP, "7870l", "zip_invalid"), (Kind.ZIP, "787", "zip_invalid"), (Kind.ZIP, "787011", "zip_invalid"),
        (Kind.STATE, "Atlantis", "state_invalid"), (Kind.COUNT, "many", "count_invalid"),
        (Kind.BIRTH, "13/45/1985", "birth_invalid"),
        (Kind.BIRTH, "2/30/1985", "birth_invalid"), (Kind.BIRTH, "3/14/2085", "birth_future"), (Kind.BIRTH, "140", "birth_age"),
        (Kind.BIRTH, "1985", "birth_invalid"), (Kind.BIRTH, "3/14/1905", "birth_age"), (Kind.YEAR, "85", "year_invalid"),
        (Kind.YEAR, "1985 or 1986", "year_invalid"), (Kind.YES_NO, "perhaps", "yes_no_invalid"),
        (Kind.NAME, "12345", "name_invalid"),
        (Kind.TENURE, "both rent and own", "unclear"), (Kind.TEXT, "???", "unclear"),
        (Kind.CARRIER, "ana@example", "unclear"), (Kind.TEXT, "555-0142", "unclear"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_named(kind: Kind, words: str, problem: str) -> None:
    found = READER.answer(kind, words)
    assert (found.value, found.problem) == (None, problem)
    for language in LANGUAGES:
        assert problem in table(language)["say"]


@pytest.mark.parametrize("zip_code", ["42223", "59221", "63673", "73949", "84536", "86515"])
def test_a_zip_in_two_states_asks_which(zip_code: str) -> None:
    """DOMAIN T4."""
    states = READER.states_of(zip_code)
    assert states is not None
    assert len(states) > 1
    talk = at("auto", zip_code)
    assert talk.state.asking == "state"
    assert all(state in talk.turns[-1].says[-1] for state in states)
    talk.say("Hawaii")
    assert talk.state.asking == "state"
    assert "state" not in talk.state.slots
    talk.say(states[1])
    assert talk.state.slots["state"] == states[1]
    talk.say("no, my ZIP is 78701")
    assert "state" not in talk.state.slots, "another ZIP has another state"
    assert talk.state.asking == "drivers"


def test_a_zip_that_nobody_knows_is_asked_again_and_then_left_out() -> None:
    talk = at("auto", "00000")
    assert say("en", "zip_unknown", value="00000") in talk.turns[-1].says
    talk.say("00000", "00000")
    assert talk.state.slots["zip"] is None
    assert talk.state.asking == "state"


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("2008-11-26", False),
        ("2008-11-27", True),
        ("18", False),
        ("17", True),
        ("11/26/2008", False),
        ("11/27/2008", True),
    ],
)
def test_eighteen_is_reached_on_the_birthday(words: str, ends: bool) -> None:
    talk = at("life insurance", "60601", words)
    assert (talk.state.reason == "minor") is ends
    assert (talk.state.stage is Stage.REFUSED) is ends


@pytest.mark.parametrize(
    "words", ["I'm 16 and need car insurance", "soy menor de edad", "I am under 18", "tengo 15 años"]
)
def test_minors_are_heard_in_any_place(words: str) -> None:
    for ahead in ((), ("auto", "78701"), AUTO, (*AUTO, "yes", "Ana Ruiz")):
        assert at(*ahead).say(words).state.reason == "minor"


@pytest.mark.parametrize("words", ["2, me and my son who is 17", "my daughter is 16 and will drive too"])
def test_somebody_else_s_age_is_nobody_s_end(words: str) -> None:
    assert at("auto", "78701").say(words).state.stage is Stage.OPEN


def test_the_chat_goes_on_in_the_language_that_is_written_or_asked_for() -> None:
    assert at("necesito seguro de carro").state.language == "es"
    talk = at("car insurance", "78701")
    for words, language in (
        ("en español por favor", "es"),
        ("2", "es"),
        ("english please", "en"),
        ("Honda Civic", "en"),
    ):
        assert talk.say(words).state.language == language
    assert at("auto", "mi casa es la casa de mi mujer").state.language == "es"
    assert at("auto", "casa").state.language == "en", "one word is no change of language"


def test_a_change_of_language_shows_the_consent_again_before_a_yes_counts() -> None:
    talk = at(*AUTO)
    english = talk.state.consent
    talk.say("en español por favor")
    assert talk.state.consent is not None
    assert english is not None
    assert talk.state.consent["text_hash"] != english["text_hash"]
    assert talk.state.consent["language"] == "es"
    talk.say("sí")
    assert talk.state.granted


def test_languages_say_the_same_things_with_the_same_gaps() -> None:
    english = table("en")
    for language in LANGUAGES:
        other = table(language)
        assert set(other) | {"asked"} == set(english)
        for part, texts in other.items():
            if isinstance(texts, dict):
                assert set(texts) == set(english[part]), part
                for name, words in texts.items():
                    assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", english[part][name])), (
                        part,
                        name,
                    )


def test_every_line_has_questions_and_every_question_its_words() -> None:
    for line in Line:
        assert slots_for([line])
        for language in LANGUAGES:
            assert table(language)["line"][line.value]
    for language in LANGUAGES:
        for slot in kinds():
            assert table(language)["ask"][slot]
            assert table(language)["name"][slot]


def test_a_tie_tells_no_language() -> None:
    assert language_of("geico") is None
    assert language_of("") is None
