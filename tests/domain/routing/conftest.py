"""Readable worlds: a producer who passes every gate, and a lead for them; each test changes the one thing it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.geo import StateSource
from domain.lines import Authority, Line
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad, Relations
from domain.routing.profile import Licence, LicenceStatus, ProducerProfile, Shift
from domain.routing.tables import standard_tables

AGENCY = UUID(int=1)
NOON = datetime(2025, 3, 12, 16, tzinfo=UTC)  # Wednesday noon in New York
BOTH = frozenset({Authority.PROPERTY, Authority.CASUALTY})


def licence(state: str = "FL", **changes: Any) -> Licence:
    facts: dict[str, Any] = {
        "state": state, "number": "W1", "status": LicenceStatus.ACTIVE, "authorities": BOTH,
        "effective": date(2020, 1, 1), "expires": date(2026, 12, 31), "checked_at": NOON - timedelta(hours=6),
    }  # fmt: skip
    return Licence(**{**facts, **changes})


def producer(
    number: int = 10, load: ProducerLoad | None = None, relations: Relations | None = None, **changes: Any
) -> ProducerFacts:
    facts: dict[str, Any] = {
        "producer_id": UUID(int=number), "agency_id": AGENCY, "active": True, "licences": (licence(),),
        "appointments": (), "eo_expires": date(2026, 6, 1), "time_zone": "America/New_York",
        "schedule": tuple(Shift(day, time(9), time(17)) for day in range(7)), "capacity_daily": 10, "capacity_monthly": 200,
    }  # fmt: skip
    profile = ProducerProfile(**{**facts, **changes})
    return ProducerFacts(profile, load or ProducerLoad(), relations or Relations())


def lead(number: int = 5, **changes: Any) -> LeadFacts:
    facts: dict[str, Any] = {
        "lead_id": UUID(int=number), "agency_id": AGENCY, "line": Line.AUTO, "received_at": NOON,
        "risk_states": ("FL",), "states_from": StateSource.ADDRESS,
    }  # fmt: skip
    return LeadFacts(**{**facts, **changes})


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """``make.lead(...)``, ``make.producer(...)``, ``make.licence(...)`` and the instant, agency and tables they suit."""
    return SimpleNamespace(
        lead=lead, producer=producer, licence=licence, now=NOON, agency=AGENCY, tables=standard_tables(), both=BOTH
    )
