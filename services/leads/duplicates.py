"""Finding the earlier lead that a lead repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.duplicates import Match, matches, same_person, settle, windows
from domain.leads.likeness import likeness
from domain.lines import Line
from kernel.settings import Settings
from services.lead_view import identity_of
from services.leads.schemas import Lookalike, view_of
from store.sql.models import LeadRow
from store.sql.repositories.leads import PersonKeys
from store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Found:
    """``suspects`` counts earlier leads of the same person; ``earlier`` is the one repeated, once that can be said."""

    waiting: bool
    suspects: int
    earlier: UUID | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Suspects:
    """Earlier leads of the same person as they stood when they were read, and how long each line looks back."""

    received_at: datetime
    matches: Sequence[Match]
    window: Mapping[Line, timedelta]

    def settled(self, lines: Sequence[str] | None) -> Found:
        """The lead that this one repeats.

        ``lines`` None means the line is not known yet: then suspects are counted and nothing is settled. While an earlier
        suspect is still being worked its line may change, so the answer is to wait; the earlier one never waits for the
        later, so two leads cannot wait for each other.
        """
        count = len(self.matches)
        if not all(match.earlier.settled for match in self.matches):
            return Found(waiting=True, suspects=count)
        match = (
            settle([Line(line) for line in lines], self.received_at, self.matches, self.window)
            if lines is not None
            else None
        )
        if match is None:
            return Found(waiting=False, suspects=count)
        return Found(waiting=False, suspects=count, earlier=match.earlier.lead_id, why=match.why)


class Duplicates:
    """Identity by domain.leads.duplicates, within each line's window."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def find(self, actor: Actor, lead_id: UUID, lines: Sequence[str] | None) -> Found:
        """Look now for the lead that this one repeats; see :meth:`Suspects.settled`."""
        async with self._database.begin(actor) as uow:
            return (await self.suspects(uow, await uow.leads.one(lead_id))).settled(lines)

    async def suspects(self, uow: UnitOfWork, lead: LeadRow) -> Suspects:
        """Earlier leads of the lead's person within the longest window."""
        agency = await uow.agencies.mine()
        window = windows(self._settings.intake.duplicate_window_days, agency.settings.get("duplicate_days", {}))
        longest = max(window.values(), default=timedelta(0))
        rows = await uow.leads.like_person(PersonKeys.of(lead), lead.received_at - longest)
        return Suspects(lead.received_at, matches(identity_of(lead), [identity_of(row) for row in rows]), window)

    async def lookalikes(self, actor: Actor, lead_id: UUID) -> list[Lookalike]:
        """Other leads that could be of the same person, the likeliest first, for a person to judge; nothing is closed by it.

        Looks among those that share a key of domain.leads.lookup. NotFound for another agency's lead.
        """
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            rows = await uow.leads.lookalikes(PersonKeys.of(lead))
        mine = identity_of(lead).who
        found = []
        for row in rows:
            theirs = identity_of(row).who
            why, like = same_person(mine, theirs), likeness(mine, theirs)
            if why is not None or like.suspect:
                parts = [why] if why else list(like.why)
                found.append(
                    Lookalike(lead=view_of(row.id, row.as_state()), same=why is not None, bits=like.bits, why=parts)
                )
        return sorted(found, key=lambda one: (not one.same, -one.bits))
