"""Finding the earlier lead that a lead repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.actor import Actor
from domain.leads.duplicates import matches, settle, windows
from domain.lines import Line
from kernel.settings import Settings
from services.lead_view import identity_of
from store.sql.repositories.leads import PersonKeys
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Found:
    """``suspects`` counts earlier leads of the same person; ``earlier`` is the one repeated, once that can be said."""

    waiting: bool
    suspects: int
    earlier: UUID | None = None
    why: str | None = None


class Duplicates:
    """Identity by e-mail, phone, or name and address, within each line's window."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def find(self, actor: Actor, lead_id: UUID, lines: Sequence[str] | None) -> Found:
        """Look for the lead that this one repeats.

        ``lines`` None means the line is not known yet: then suspects are counted and nothing is settled. While an earlier
        suspect is still being worked its line may change, so the answer is to wait; the earlier one never waits for the
        later, so two leads cannot wait for each other.
        """
        async with self._database.begin(actor) as uow:
            agency = await uow.agencies.mine()
            window = windows(self._settings.intake.duplicate_window_days, agency.settings.get("duplicate_days", {}))
            lead = await uow.leads.one(lead_id)
            longest = max(window.values(), default=timedelta(0))
            rows = await uow.leads.like_person(PersonKeys.of(lead), lead.received_at - longest)
        found = matches(identity_of(lead), [identity_of(row) for row in rows])
        if not found:
            return Found(waiting=False, suspects=0)
        if not all(match.earlier.settled for match in found):
            return Found(waiting=True, suspects=len(found))
        if lines is None:
            return Found(waiting=False, suspects=len(found))
        match = settle([Line(line) for line in lines], lead.received_at, found, window)
        if match is None:
            return Found(waiting=False, suspects=len(found))
        return Found(waiting=False, suspects=len(found), earlier=match.earlier.lead_id, why=match.why)
