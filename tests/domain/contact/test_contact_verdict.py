"""The contact verdict: consent, registry, relationship, Medicare, licence (DOMAIN T15, T17, T18, T20)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.contact.channels import EVERY, Channel, Purpose
from domain.contact.consent import read_consent
from domain.contact.facts import (
    Asked,
    Facts,
    Relationship,
    RelationshipKind,
    Revocation,
    ScopeOfAppointment,
    Scrub,
)
from domain.contact.verdict import may_contact
from domain.lines import Line
from kernel.ids import digest
from tests.domain.contact.known import CALL, NOON, SELLER, TABLES, consent, facts, licence


def codes(
    known: Facts, channel: Channel = CALL, at: datetime = NOON, purpose: Purpose = Purpose.SOLICITATION
) -> list[str]:
    return [one.code for one in may_contact(known, Asked(channel, at, purpose), TABLES).refusals]


def test_a_person_on_no_list_may_be_called_at_noon() -> None:
    verdict = may_contact(facts(), Asked(CALL, NOON), TABLES)
    assert verdict.allowed
    assert verdict.next_at == NOON
    assert {one.rule for one in verdict.findings} == {"registry", "licence", "quiet_hours"}
    assert verdict.version == TABLES.version


def scrubbed(days: float, *, listed: bool = False, name: str = "national") -> Facts:
    return facts(scrubs=(Scrub(name, NOON - timedelta(days=days), listed),))


def test_a_scrub_of_thirty_two_days_ago_is_too_old() -> None:
    """DOMAIN T15: scrubbed 32 days ago, no; 31 days ago, yes."""
    assert codes(scrubbed(32)) == ["scrub_too_old"]
    assert codes(scrubbed(31)) == []
    assert codes(scrubbed(31 + 1 / 86_400)) == ["scrub_too_old"]


def test_a_number_that_was_never_compared_or_is_listed_is_not_called() -> None:
    """DOMAIN T15."""
    assert codes(facts(scrubs=())) == ["not_scrubbed"]
    assert codes(scrubbed(-1)) == ["not_scrubbed"]
    assert codes(scrubbed(3, listed=True)) == ["on_registry"]
    assert codes(scrubbed(3, name="TX")) == ["not_scrubbed"]
    both = facts(scrubs=(Scrub("national", NOON, listed=False), Scrub("TX", NOON, listed=True)))
    assert codes(both) == ["on_registry"]


@pytest.mark.parametrize(
    ("kind", "months_ago", "exempt"),
    [
        (RelationshipKind.TRANSACTION, datetime(2025, 5, 25, 18, tzinfo=UTC), True),
        (RelationshipKind.TRANSACTION, datetime(2025, 5, 24, 18, tzinfo=UTC), False),
        (RelationshipKind.INQUIRY, datetime(2026, 8, 25, 18, tzinfo=UTC), True),
        (RelationshipKind.INQUIRY, datetime(2026, 8, 24, 18, tzinfo=UTC), False),
    ],
)
def test_a_relationship_exempts_until_it_ages(kind: RelationshipKind, months_ago: datetime, exempt: bool) -> None:
    """DOMAIN T15: 18 months after a transaction, 3 months after an inquiry."""
    known = replace(scrubbed(3, listed=True), relationships=(Relationship(kind, months_ago),))
    assert codes(known) == ([] if exempt else ["on_registry"])


def test_a_stop_request_ends_the_relationship_on_every_channel() -> None:
    """DOMAIN T15: a stop request ends it."""
    held = Relationship(RelationshipKind.INQUIRY, NOON - timedelta(days=10))
    stop = Revocation(NOON - timedelta(days=1), frozenset({Channel.SMS}))
    known = replace(scrubbed(3, listed=True), relationships=(held,), revocations=(stop,))
    assert codes(known) == ["on_registry"]
    assert codes(replace(known, revocations=())) == []


def test_written_consent_that_names_the_seller_exempts_from_the_registry() -> None:
    """DOMAIN T15."""
    assert codes(replace(scrubbed(3, listed=True), consents=(consent(),))) == []
    assert codes(replace(scrubbed(3, listed=True), consents=(consent("You may call me."),))) == ["on_registry"]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.AUTODIALLED])
def test_machines_need_written_consent_that_names_channel_and_seller(channel: Channel) -> None:
    assert codes(facts(), channel) == ["no_consent"]
    assert codes(facts(consents=(consent(),)), channel) == []
    assert codes(facts(consents=(consent("Text and autodial me."),)), channel) == ["seller_not_named"]
    assert codes(facts(consents=(consent(f"{SELLER} may write to me by e-mail."),)), channel) == ["channel_not_named"]
    assert codes(facts(consents=(consent(at="2026-11-25T00:00:00+00:00"),)), channel) == ["channel_not_named"]


def test_a_call_scope_does_not_stretch_to_texts() -> None:
    only_calls = consent(f"{SELLER} may call me.")
    assert codes(facts(consents=(only_calls,)), Channel.SMS) == ["channel_not_named"]


@pytest.mark.parametrize(
    "changes",
    [
        {"at": "2026-11-01T10:00:00"},
        {"at": None},
        {"text_hash": "0" * 64},
        {"text": None},
        {"certificate": {"outcome": "mismatch"}},
    ],
)
def test_a_consent_without_instant_words_or_hash_is_no_evidence(changes: dict[str, object]) -> None:
    """DOMAIN T20, T19: UTC instant, exact text and its hash; a certificate that contradicts takes it away."""
    words = f"{SELLER} may text me."
    stored = {"text": words, "text_hash": digest(words), "at": "2026-11-01T10:00:00Z", **changes}
    found = read_consent(stored, [SELLER])
    assert found is not None
    assert codes(facts(consents=(found,)), Channel.SMS) == ["consent_incomplete"]


def test_words_that_changed_later_leave_the_old_consent_as_it_was() -> None:
    """DOMAIN T20: the hash belongs to the words that the person read."""
    old, new = consent(f"{SELLER} may text me."), consent(f"{SELLER} may text me and call me.")
    assert old.words_hash == digest(f"{SELLER} may text me.") != new.words_hash
    assert codes(facts(consents=(old,)), Channel.SMS) == []


def test_a_withheld_consent_is_none() -> None:
    assert read_consent({"granted": False, "text": "x"}, [SELLER]) is None
    assert read_consent(None, [SELLER]) is None


def test_a_name_within_another_is_not_the_name() -> None:
    shown = consent(f"{SELLER}man may text me.")
    assert not shown.names_seller
    assert not consent("Anyone may text me.").names_seller


def medicare(**changes: object) -> Facts:
    return facts(line=Line.MEDICARE, **changes)


def test_a_medicare_lead_goes_to_nobody_whom_the_beneficiary_did_not_name() -> None:
    """DOMAIN T17: shared to a second buyer without named consent, no."""
    assert codes(medicare()) == ["not_named"]
    assert codes(medicare(consents=(consent("Second Buyer Inc may call me."),))) == ["not_named"]
    assert codes(medicare(consents=(consent(),))) == []
    assert codes(medicare(collected_by_seller=True)) == []


def test_other_lines_may_name_several_sellers() -> None:
    """DOMAIN T17: the one-to-one rule was vacated on 24 January 2025."""
    several = consent(f"First Inc, {SELLER} and Third Inc may text me.")
    assert codes(facts(consents=(several,)), Channel.SMS) == []


def test_a_permission_of_a_beneficiary_ages() -> None:
    """DOMAIN T17, T18."""
    assert codes(medicare(consents=(consent(at="2025-11-01T00:00:00Z"),))) == ["permission_aged"]


@pytest.mark.parametrize(
    ("hours", "flagged"), [(None, "scope_missing"), (0, "scope_too_recent"), (47, "scope_too_recent"), (48, None)]
)
def test_a_scope_signed_at_the_appointment_is_flagged(hours: int | None, flagged: str | None) -> None:
    """DOMAIN T18: a scope of appointment 48 hours before, else a flag; the disclaimer and the recording are duties."""
    scope = None if hours is None else ScopeOfAppointment(NOON - timedelta(hours=hours))
    verdict = may_contact(medicare(collected_by_seller=True, scope=scope), Asked(CALL, NOON), TABLES)
    assert verdict.allowed
    assert [one.code for one in verdict.findings if one.weight == "flag"] == ([flagged] if flagged else [])
    (duty,) = [one for one in verdict.findings if one.weight == "duty"]
    assert "first 60 seconds" in duty.words
    assert "10 years" in duty.words


def test_medicare_rules_of_a_plan_year_without_rows_refuse() -> None:
    """DOMAIN T18: rules move every plan year; without a row nobody knows."""
    early = datetime(2022, 6, 1, 18, tzinfo=UTC)
    known = medicare(collected_by_seller=True, scrubs=(Scrub("national", early, listed=False),))
    assert "no_rule" in codes(known, at=early)


def test_a_seller_is_licensed_in_every_state_in_which_the_person_may_be() -> None:
    assert codes(facts(licences=())) == ["not_licensed"]
    assert codes(facts(licences=(licence("IN"),))) == ["not_licensed"]
    assert codes(facts(licences=(licence("IL", covers=False),))) == ["not_licensed"]
    assert codes(facts(licences=(licence("IL", active=False),))) == ["not_licensed"]
    assert codes(facts(licences=(licence("IL", expires=NOON.date() - timedelta(days=1)),))) == ["not_licensed"]
    assert codes(facts(states=("IL", "IN"))) == ["not_licensed"]
    assert codes(facts(line=Line.UNKNOWN)) == ["line_unknown"]


def test_what_is_not_known_is_a_no() -> None:
    assert codes(facts(states=(), zones=())) == ["state_unknown", "place_unknown"]
    assert codes(facts(reachable=frozenset())) == ["no_address"]
    assert codes(facts(confirmed=False)) == ["unconfirmed"]


def test_what_the_person_asked_for_needs_no_licence_but_respects_a_wish() -> None:
    known = facts(confirmed=False, licences=(), states=(), zones=())
    assert codes(known, Channel.EMAIL, purpose=Purpose.REQUESTED) == []
    wish = Revocation(NOON, EVERY)
    assert codes(replace(known, revocations=(wish,)), Channel.EMAIL, purpose=Purpose.REQUESTED) == ["revoked"]


def test_the_next_time_is_one_at_which_the_answer_is_yes() -> None:
    night = datetime(2026, 11, 25, 4, tzinfo=UTC)
    verdict = may_contact(facts(), Asked(CALL, night), TABLES)
    assert verdict.next_at == datetime(2026, 11, 25, 14, tzinfo=UTC)
    ageing = facts(scrubs=(Scrub("national", night - timedelta(days=31), listed=False),))
    assert may_contact(ageing, Asked(CALL, night), TABLES).next_at is None


def test_the_hash_of_the_facts_says_whether_they_were_the_same() -> None:
    assert facts().hash() == facts().hash()
    assert facts().hash() != facts(confirmed=False).hash()
