"""What ends a conversation, and when that is a wish for ever (DOMAIN T16)."""

from __future__ import annotations

import pytest

from domain.chat.conversation import Turn, concluded, resume, stop
from domain.chat.slots import CONTACT
from domain.chat.state import Effect, Stage
from tests.domain.chat.talking import AT, AUTO, READER, TERMS, Talk

ASKED = ("yes", "Ana Ruiz", "512-555-0142", "ana@example.com")
WISHES = {Effect.WITHDRAW, Effect.WITHDRAW_CALLS}
STOPS = ("stop", "STOP!", "quit", "cancel", "unsubscribe", "alto", "basta")
NO_CONTACT = ("stop contacting me", "do not contact me", "leave me alone", "take me off your list", "no me contacten")
NO_CALLS = ("don't call me", "please stop calling me", "no more calls", "no me llamen")


def at(*words: str) -> Talk:
    talk = Talk()
    talk.say(*words)
    return talk


def wished(turn: Turn) -> set[Effect]:
    return set(turn.effects & WISHES)


@pytest.mark.parametrize("word", STOPS)
def test_a_stop_word_before_an_agreement_ends_the_chat_and_no_more(word: str) -> None:
    for said in ((), ("auto", "78701"), ("auto, call 512-555-0142",), AUTO):
        turn = at(*said).say(word)
        assert (turn.state.stage, turn.state.reason) == (Stage.STOPPED, "stop")
        assert wished(turn) == set()


@pytest.mark.parametrize("word", STOPS)
def test_a_stop_word_after_the_agreement_takes_it_back_for_every_way_of_contact(word: str) -> None:
    turn = at(*AUTO, *ASKED).say(word)
    assert turn.state.stage is Stage.STOPPED
    assert wished(turn) == {Effect.WITHDRAW}
    assert dict(turn.reach) == {"phone": "+15125550142", "email": "ana@example.com"}
    assert not set(CONTACT) & set(turn.state.slots)


def test_the_button_means_what_the_word_means_and_a_closed_door_nothing() -> None:
    agreed = at(*AUTO, *ASKED).state
    assert wished(stop(agreed)) == {Effect.WITHDRAW}
    assert dict(stop(agreed).reach) == {"phone": "+15125550142", "email": "ana@example.com"}
    assert wished(stop(agreed, said=False)) == set()
    assert wished(stop(at(*AUTO).state)) == set()
    assert wished(stop(at(*AUTO, "yes").state)) == set(), "nobody is known who could be contacted"


@pytest.mark.parametrize("words", NO_CONTACT)
def test_who_forbids_contact_and_can_be_reached_is_never_contacted(words: str) -> None:
    for said in (("auto, call 512-555-0142",), (*AUTO, *ASKED)):
        turn = at(*said).say(words)
        assert turn.state.stage is Stage.STOPPED
        assert wished(turn) == {Effect.WITHDRAW}
    unknown = at("auto").say(words)
    assert unknown.state.stage is Stage.STOPPED
    assert wished(unknown) == set(), "there is nobody to write down"


def test_a_wish_with_the_number_in_it_is_written_down_for_that_number() -> None:
    turn = at("auto").say("do not contact me at 512-555-0142")
    assert wished(turn) == {Effect.WITHDRAW}
    assert turn.reach["phone"] == "+15125550142"


@pytest.mark.parametrize("words", NO_CALLS)
def test_who_refuses_calls_is_asked_for_e_mail_alone_and_the_number_is_closed(words: str) -> None:
    turn = at(*AUTO, "yes", "Ana Ruiz", "512-555-0142").say(words)
    assert turn.state.stage is Stage.OPEN
    assert turn.state.by_email_only
    assert turn.state.asking == "consent"
    assert not turn.state.granted
    assert wished(turn) == {Effect.WITHDRAW_CALLS}
    assert dict(turn.reach) == {"phone": "+15125550142"}
    assert wished(at("auto").say(words)) == set()


def test_starting_over_takes_no_refusal_back() -> None:
    talk = at("auto", "78701", "don't call me", "start over", *AUTO)
    assert talk.state.by_email_only
    assert "e-mail and in no other way" in talk.turns[-1].says[-1]
    assert at("idiot", "start over", "idiot", "start over", "idiot").state.stage is Stage.REFUSED


@pytest.mark.parametrize(
    ("words", "wish"),
    [*((one, {Effect.WITHDRAW}) for one in (*STOPS, *NO_CONTACT)), *((one, {Effect.WITHDRAW_CALLS}) for one in NO_CALLS),
     ("thank you", set()), ("how much is it", set())],
)  # fmt: skip
def test_after_the_request_was_sent_every_such_wish_is_heard(words: str, wish: set[Effect]) -> None:
    talk = at(*AUTO, *ASKED, "yes")
    talk.turns.append(concluded(talk.state, None))
    turn = talk.say(words)
    assert turn.state.stage is Stage.SENT
    assert wished(turn) == wish


@pytest.mark.parametrize(("words", "wish"), [("delete my data", set()), ("forget me", {Effect.WITHDRAW})])
def test_to_be_forgotten_erases_and_keeps_a_wish_against_contact(words: str, wish: set[Effect]) -> None:
    """DOMAIN T21: what is erased is the words; the suppression stays."""
    turn = at(*AUTO, *ASKED).say(words)
    assert turn.state.stage is Stage.ERASED
    assert Effect.ERASE in turn.effects
    assert wished(turn) == wish


def test_who_only_ended_it_can_go_on_with_what_was_said_and_agrees_anew() -> None:
    stopped = at(*AUTO[:3]).say("stop").state
    assert stopped.resumable
    turn = resume(stopped, READER, TERMS, AT)
    assert (turn.state.stage, turn.state.asking, turn.state.slots["drivers"]) == (Stage.OPEN, "vehicles", "2")
    refused = at(*AUTO, "yes").say("quit").state
    again = resume(refused, READER, TERMS, AT).state
    assert (again.asking, again.granted) == ("consent", False)


@pytest.mark.parametrize("words", ["stop", "do not contact me", "forget me"])
def test_nothing_goes_on_behind_a_wish_not_to_be_contacted(words: str) -> None:
    talk = at(*AUTO, *ASKED)
    assert not talk.say(words).state.resumable
    assert not stop(at(*AUTO, *ASKED).state).state.resumable


def test_no_other_end_can_be_taken_back() -> None:
    for words in (("I am 16",), ("delete my data",), (*AUTO, "no", "no"), ("idiot", "idiot", "idiot")):
        talk = at(*words)
        assert talk.state.stage is not Stage.OPEN
        assert not talk.state.resumable
