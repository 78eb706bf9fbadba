"""Wishes not to be contacted (DOMAIN T16)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.contact.channels import BY_PHONE, EVERY, Channel
from domain.contact.facts import Asked, Revocation
from domain.contact.revocation import closed_by, is_revocation, is_stop_word, revoke
from domain.contact.verdict import may_contact
from tests.domain.contact.known import CALL, NOON, TABLES, consent, facts

FRIDAY = datetime(2026, 11, 20, 22, tzinfo=UTC)


def test_a_voicemail_on_friday_blocks_at_once_and_has_a_deadline() -> None:
    """DOMAIN T16: voicemail "stop calling" on Friday, immediate block, deadline recorded (Thanksgiving is no business day)."""
    said = revoke(CALL, "Hi, please stop calling me", FRIDAY, TABLES)
    assert said.channels == BY_PHONE
    assert said.deadline == date(2026, 12, 7)
    assert said.version == TABLES.version
    known = facts(revocations=(Revocation(said.at, said.channels),), consents=(consent(),))
    for channel in BY_PHONE:
        verdict = may_contact(known, Asked(channel, FRIDAY + timedelta(hours=1)), TABLES)
        assert [one.code for one in verdict.refusals] == ["revoked"]
        assert verdict.next_at is None


def test_one_text_may_confirm_within_five_minutes() -> None:
    """DOMAIN T16."""
    assert revoke(Channel.SMS, "STOP", FRIDAY, TABLES).confirm_until == FRIDAY + timedelta(minutes=5)
    assert revoke(CALL, "stop calling", FRIDAY, TABLES).confirm_until is None


@pytest.mark.parametrize(
    ("said_on", "words", "closed"),
    [
        (CALL, "stop calling me", BY_PHONE),
        (CALL, "Don't call me, but you can text me", BY_PHONE - {Channel.SMS}),
        (Channel.SMS, "stop calling me, texts are fine", BY_PHONE - {Channel.SMS}),
        (CALL, "why do you text me, leave me alone", EVERY),
        (CALL, None, BY_PHONE),
        (CALL, "no me llamen más", BY_PHONE),
        (Channel.SMS, "STOP", {Channel.SMS}),
        (Channel.SMS, "don't text me", {Channel.SMS}),
        (Channel.SMS, "Alto.", {Channel.SMS}),
        (Channel.SMS, "no más mensajes", {Channel.SMS}),
        (Channel.SMS, "STOP ALL", EVERY),
        (Channel.EMAIL, "unsubscribe", {Channel.EMAIL}),
        (Channel.EMAIL, "Do not contact me again", EVERY),
        (Channel.EMAIL, "stop calling me", BY_PHONE),
        (Channel.MAIL, None, {Channel.MAIL}),
    ],
)
def test_the_words_say_how_far_a_wish_goes(said_on: Channel, words: str | None, closed: set[Channel]) -> None:
    """DOMAIN T16: a call revocation covers texts unless said otherwise."""
    assert closed_by(said_on, words, NOON, TABLES) == closed


def test_the_postponed_part_holds_from_its_day() -> None:
    """DOMAIN T16: "revoke all" was postponed; from 31 January 2027 a STOP covers automated calls too, and without a row now."""
    both = {Channel.SMS, Channel.AUTODIALLED}
    assert closed_by(Channel.SMS, "STOP", datetime(2027, 1, 30, 23, tzinfo=UTC), TABLES) == {Channel.SMS}
    assert closed_by(Channel.SMS, "STOP", datetime(2027, 1, 31, tzinfo=UTC), TABLES) == both
    unknown = replace(TABLES, numbers=tuple(row for row in TABLES.numbers if row.name != "revoke_all"))
    assert closed_by(Channel.SMS, "STOP", NOON, unknown) == both


def test_a_person_who_took_it_down_may_say_how_far_it_goes() -> None:
    assert closed_by(CALL, "stop", NOON, TABLES, EVERY) == EVERY


@pytest.mark.parametrize(
    "words",
    [
        "STOP",
        "Stop.",
        " stopall ",
        "Unsubscribe",
        "opt-out",
        "OPT OUT",
        "Cancel",
        "END",
        "quit",
        "revoke",
        "BAJA",
        "Parar",
        "pare",
    ],
)
def test_stop_words_are_known(words: str) -> None:
    """DOMAIN T16."""
    assert is_stop_word(words)
    assert is_revocation(words)


@pytest.mark.parametrize(
    "words",
    [
        "please take me off your list",
        "Deje de llamarme",
        "no more texts",
        "stop sending me emails",
        "do not ever contact me",
    ],
)
def test_any_reasonable_wording_is_understood(words: str) -> None:
    """DOMAIN T16: any reasonable means."""
    assert is_revocation(words)


@pytest.mark.parametrize(
    "words", ["Yes please call me", "When does my policy end?", "I need to cancel my old policy", "ok"]
)
def test_other_messages_are_none(words: str) -> None:
    assert not is_revocation(words)


def test_an_unknown_number_of_days_leaves_the_block_and_no_deadline() -> None:
    said = revoke(CALL, "stop calling", FRIDAY, replace(TABLES, numbers=()))
    assert (said.deadline, said.channels) == (None, BY_PHONE)
