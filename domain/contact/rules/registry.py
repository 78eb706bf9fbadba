"""The do-not-call registry and what exempts from it (T15)."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

from domain.contact.channels import Purpose
from domain.contact.facts import Asked, Facts, Relationship, RelationshipKind
from domain.contact.findings import Finding, no_row, passed, refused
from domain.contact.rules.person import covers
from domain.contact.tables import ContactTables, NumberRow

_MONTHS = {RelationshipKind.TRANSACTION: "transaction_months", RelationshipKind.INQUIRY: "inquiry_months"}
NATIONAL = "national"


def registry(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """The number was compared with the registry at most 31 days ago and is not on it, or the person is exempt: by written
    consent that names this seller and channel, or by a relationship that has neither aged nor been ended by a wish.
    """
    day = asked.at.astimezone(UTC).date()
    bound = tables.channel(asked.channel, day)
    if bound is None or not bound.registry or asked.purpose is Purpose.REQUESTED:
        return None
    oldest = tables.number("registry_days", day)
    if oldest is None:
        return no_row("the age of a scrub")
    if any(covers(one, asked) for one in facts.consents):
        return passed("exempt_by_consent", "the person agreed in writing", "47 CFR 64.1200(c)(2)(ii)")
    exempt = next((found for held in facts.relationships if (found := _exempt(held, facts, asked, tables))), None)
    if exempt is not None:
        return exempt
    return _compared(facts, asked, oldest)


def _compared(facts: Facts, asked: Asked, oldest: NumberRow) -> Finding:
    seen = [one for one in facts.scrubs if one.at <= asked.at]
    lists = {one.list for one in seen}
    latest = [max((one for one in seen if one.list == name), key=lambda one: one.at) for name in sorted(lists)]
    if any(one.listed for one in latest):
        return refused("on_registry", "the number is on a do-not-call list", oldest.cited.said)
    national = next((one for one in latest if one.list == NATIONAL), None)
    if national is None:
        return refused("not_scrubbed", "the number was never compared with the registry", oldest.cited.said)
    if asked.at - national.at > timedelta(days=oldest.value):
        words = f"the number was last compared with the registry on {national.at.date()}, more than {oldest.value} days before"
        return refused("scrub_too_old", words, oldest.cited.said)
    return passed("scrubbed", f"not on the registry on {national.at.date()}", oldest.cited.said)


def _exempt(held: Relationship, facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    row = tables.number(_MONTHS[held.kind], asked.at.astimezone(UTC).date())
    if row is None or held.at > asked.at or asked.at >= months_after(held.at, row.value):
        return None
    if any(wish.at >= held.at for wish in facts.revocations):
        return None
    return passed("exempt_by_relationship", f"{held.kind.value} on {held.at.date()}", row.cited.said)


def months_after(at: datetime, months: int) -> datetime:
    """The same day so many months later, or the month's last where it is shorter."""
    year, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + year, month + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
