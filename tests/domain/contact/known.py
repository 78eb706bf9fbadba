"""A person who may be called: in Illinois, on no list, by a licensed seller; each test takes one of these away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.contact.channels import EVERY, Channel
from domain.contact.consent import read_consent
from domain.contact.facts import Consent, Facts, LicenceFact, Scrub
from domain.contact.tables import ContactTables, Holidays, contact_tables
from domain.lines import Line
from kernel.ids import digest

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
"""A Tuesday, 12:00 in Chicago."""
SELLER = "Lake Street Insurance"
WORDS = f"I agree that {SELLER} may call or text me, also with automated and prerecorded calls."
HOLIDAYS = Holidays(
    "test", date(2025, 1, 1), date(2027, 12, 31),
    {
        "US": frozenset({date(2026, 11, 26), date(2026, 12, 25)}), "UT": frozenset({date(2026, 11, 26)}), "RI": frozenset(),
        "MS": frozenset(),
    },
)  # fmt: skip
TABLES: ContactTables = replace(contact_tables(), holidays=HOLIDAYS)


def licence(state: str, **changes: Any) -> LicenceFact:
    return replace(LicenceFact(state, active=True, covers=True, effective=date(2020, 1, 1), expires=None), **changes)


def consent(words: str = WORDS, at: str = "2026-11-01T10:00:00-05:00", **changes: Any) -> Consent:
    stored = {"granted": True, "text": words, "text_hash": digest(words), "at": at, **changes}
    found = read_consent(stored, [SELLER])
    assert found is not None
    return found


def facts(state: str = "IL", zones: tuple[str, ...] = ("America/Chicago",), **changes: Any) -> Facts:
    known = Facts(
        line=Line.AUTO, confirmed=True, reachable=EVERY, states=(state,), zones=zones, collected_by_seller=False,
        scrubs=(Scrub("national", datetime(2026, 11, 20, tzinfo=UTC), listed=False),), licences=(licence(state),),
    )  # fmt: skip
    return replace(known, **changes)


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


CALL = Channel.CALL
