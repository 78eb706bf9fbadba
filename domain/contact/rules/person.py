"""Rules about the person: is there an address, a wish, a consent?"""

from __future__ import annotations

from datetime import UTC

from domain.contact.channels import Purpose
from domain.contact.facts import Asked, Consent, Facts
from domain.contact.findings import Finding, no_row, passed, refused
from domain.contact.tables import ContactTables


def channel(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """A channel without a row is closed."""
    del facts
    row = tables.channel(asked.channel, asked.at.astimezone(UTC).date())
    return no_row(f"the channel {asked.channel.value}") if row is None else None


def confirmed(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """Who has not confirmed the request is not sold to; asking for the confirmation is another purpose."""
    del tables
    if facts.confirmed or asked.purpose is Purpose.REQUESTED:
        return None
    return refused("unconfirmed", "the person has not confirmed the request yet")


def address(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """Nobody is reached without an address."""
    del tables
    if asked.channel in facts.reachable:
        return None
    return refused("no_address", f"there is no valid address for {asked.channel.value}")


def revoked(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """A wish not to be contacted stands from the moment it was said, whatever else is known (T16)."""
    del tables
    for wish in facts.revocations:
        if asked.channel in wish.channels:
            day = wish.at.date().isoformat()
            return refused("revoked", f"the person asked on {day} not to be contacted so", "47 CFR 64.1200(a)(10), (d)")
    return None


def consent(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """Automated calls and texts need prior express written consent whose words name channel and seller."""
    row = tables.channel(asked.channel, asked.at.astimezone(UTC).date())
    if row is None or not row.written_consent:
        return None
    if any(covers(one, asked) for one in facts.consents):
        return passed("consent", "the consent names the channel and the seller", row.cited.said)
    if not facts.consents:
        return refused("no_consent", "there is no consent", row.cited.said)
    if not any(one.complete for one in facts.consents):
        words = "the consent's words, instant or hash are missing, or its certificate contradicts it"
        return refused("consent_incomplete", words, row.cited.said)
    if not any(one.complete and one.names_seller for one in facts.consents):
        return refused("seller_not_named", "the consent does not name this seller", row.cited.said)
    return refused("channel_not_named", f"the consent's words do not name {asked.channel.value}", row.cited.said)


def covers(one: Consent, asked: Asked) -> bool:
    """Whether the consent is evidence for this contact by this seller."""
    given = one.at is not None and one.at <= asked.at
    return one.complete and given and one.names_seller and asked.channel in one.channels
