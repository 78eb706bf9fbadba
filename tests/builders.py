"""Readable test data: an agency whose producers are on shift around the clock, and leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.geo import STATES
from services.container import Services
from services.leads.schemas import LeadIn

ALWAYS = [{"weekday": day, "start": "00:00:00", "end": "00:00:00"} for day in range(7)]
AUTHORITIES = ["property", "casualty", "personal_lines", "life", "accident_and_health"]


def a_licence(state: str, **changes: Any) -> dict[str, Any]:
    """An active licence for everything in one state."""
    return {
        "state": state, "number": f"{state}-1", "status": "active", "authorities": AUTHORITIES, "effective": "2020-01-01",
        "expires": "2039-12-31", "checked_at": "2026-01-01T00:00:00+00:00", **changes,
    }  # fmt: skip


def a_producer(
    external_id: str, *, states: Iterable[str] = STATES, team: str | None = None, **profile: Any
) -> dict[str, Any]:
    """A producer who may take anything anywhere, at any hour; ``profile`` changes parts of that."""
    return {
        "external_id": external_id, "name": f"Producer {external_id}", "email": f"{external_id}@producers.example",
        "phone": None, "team": team,
        "profile": {
            "active": True,
            "lines": ["auto", "home", "renters", "life", "health", "medicare", "commercial", "pet", "umbrella"],
            "licences": [a_licence(state) for state in sorted(states)], "appointments": [], "eo_expires": "2039-01-01",
            "languages": ["en"], "zip_code": "60601", "time_zone": "America/Chicago", "schedule": ALWAYS,
            "capacity_daily": 100, "capacity_monthly": 3000, "joined_on": "2020-01-01", **profile,
        },
    }  # fmt: skip


def an_agency(
    slug: str, producers: Sequence[dict[str, Any]], connections: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """An agency file."""
    return {"slug": slug, "name": f"Agency {slug}", "producers": list(producers), "connections": list(connections)}


def a_lead(**changes: Any) -> dict[str, Any]:
    """A lead that can be assigned: an auto quote in Illinois."""
    return {
        "full_name": "Ann Lee", "email": "ann.lee@leads.example", "phone": "312-555-0142", "zip": "60614", "state": "IL",
        "line": "auto", "message": "I need a quote for car insurance this week, I just bought a 2021 Honda Civic.",
        "source": "web", **changes,
    }  # fmt: skip


async def a_sent_lead(services: Services, actor: Actor) -> UUID:
    """The id of a lead that was taken in."""
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    return UUID(answer.body["lead_id"])
