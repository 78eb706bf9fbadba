"""What CMS asks of those who sell Medicare plans (T17, T18). The rules move every plan year; the table has their days."""

from __future__ import annotations

from datetime import UTC, timedelta

from domain.contact.channels import Channel, Purpose
from domain.contact.facts import Asked, Facts
from domain.contact.findings import Finding, Weight, no_row, passed, refused
from domain.contact.rules.registry import months_after
from domain.contact.tables import ContactTables
from domain.lines import Line

_SPOKEN = frozenset({Channel.CALL, Channel.AUTODIALLED})


def sharing(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """Data that another collected are used only with the beneficiary's prior express written consent that names this seller."""
    if not _concerns(facts, asked):
        return None
    day = asked.at.astimezone(UTC).date()
    named, age = tables.number("medicare_named_consent", day), tables.number("medicare_contact_months", day)
    if named is None or age is None:
        return no_row("sharing the data of Medicare beneficiaries")
    if facts.collected_by_seller:
        return passed("not_shared", "the beneficiary asked this seller", named.cited.said)
    for one in facts.consents:
        if one.complete and one.names_seller and one.at is not None and one.at <= asked.at:
            if asked.at < months_after(one.at, age.value):
                return passed("named", "the beneficiary's written consent names this seller", named.cited.said)
            return refused("permission_aged", f"the permission is older than {age.value} months", age.cited.said)
    return refused("not_named", "no written consent of the beneficiary names this seller", named.cited.said)


def scope(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """A scope of appointment that is missing, or was signed too shortly before, is flagged: plans may not be spoken of."""
    if not _concerns(facts, asked) or asked.channel not in _SPOKEN:
        return None
    row = tables.number("soa_hours", asked.at.astimezone(UTC).date())
    if row is None:
        return no_row("the scope of appointment")
    signed = facts.scope.signed_at if facts.scope else None
    if signed is None or signed > asked.at:
        words = "no scope of appointment is known: arrange one, and speak of no plan"
        return Finding(Weight.FLAG, "scope_missing", words, (row.cited.said,))
    if asked.at - signed < timedelta(hours=row.value) or signed == asked.at:
        words = f"the scope of appointment was signed less than {row.value} hours before"
        return Finding(Weight.FLAG, "scope_too_recent", words, (row.cited.said,))
    return passed("scope", "the scope of appointment is old enough", row.cited.said)


def call(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """What a sales call must contain, and how long its recording is kept."""
    if not _concerns(facts, asked) or asked.channel not in _SPOKEN:
        return None
    day = asked.at.astimezone(UTC).date()
    seconds, years = tables.number("tpmo_seconds", day), tables.number("recording_years", day)
    if seconds is None or years is None:
        return no_row("sales calls to Medicare beneficiaries")
    words = (
        f"speak the TPMO disclaimer in the first {seconds.value} seconds, record the call, keep it {years.value} years"
    )
    return Finding(Weight.DUTY, "record_and_disclaim", words, (seconds.cited.said, years.cited.said))


def _concerns(facts: Facts, asked: Asked) -> bool:
    return facts.line is Line.MEDICARE and asked.purpose is Purpose.SOLICITATION
