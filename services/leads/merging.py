"""Merging two leads of one person, and taking it back."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening, Status
from domain.leads.merging import fill, given_back, offer
from domain.routing.offers import OfferState
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import new_id
from services.lead_view import LeadView, require_version, view_of
from services.leads.intake import GRAPH
from services.leads.rebuild import event_of
from store.uow import Database, UnitOfWork

_RESTORED = ("duplicate_of", "producer_id", "receipt_id", "reason")


class Merging:
    """A merge is two events, one on each lead, in one transaction; undoing it is two more. Nothing is ever deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def merge(self, actor: Actor, lead_id: UUID, into: UUID, *, expected: int | None) -> LeadView:
        """Make the lead one with ``into``, which takes over what it lacks; the lead's producer is released.

        Raises Invalid for a lead and itself, NotFound for another agency's, Stale for an old version, Conflict where the life
        cycle of either forbids it.
        """
        actor.require(Scope.LEADS_WRITE)
        if lead_id == into:
            fault = FieldError("into", "itself", "a lead cannot be merged into itself", "name the lead that stays")
            raise Invalid("the lead cannot be merged", fields=(fault,))
        async with self._database.begin(actor) as uow:
            lead, stays = await uow.history.locked_pair(lead_id, into)
            require_version(lead, expected)
            moment, step = now(), new_id()
            offered = offer(lead.as_state())
            filled = fill(stays.as_state(), offered, lead_id)
            released = await uow.routing.release(lead_id, moment)
            was = {"status": lead.status, **{name: _text(getattr(lead, name)) for name in _RESTORED}}
            data = {
                "duplicate_of": str(into), "reason": "merged by a person", "was": was, "assignment_id": _text(released),
            }  # fmt: skip
            merged = await uow.history.append(lead_id, f"merge:{step}", LeadEvent(Happening.MERGED, moment, data))
            event = LeadEvent(
                Happening.ABSORBED, moment, {"from": str(lead_id), "columns": sorted(filled)},
                {"filled": filled, "offered": offered},
            )  # fmt: skip
            await uow.history.append(into, f"absorb:{step}", event)
            await uow.audit.note("lead.merge", "lead", lead_id, into=str(into))
            return view_of(lead_id, merged.state)

    async def unmerge(self, actor: Actor, lead_id: UUID, *, expected: int | None) -> LeadView:
        """Take a merge back, or a finding that the lead is a duplicate: from then on the two are told apart.

        The lead stands where it stood, with its producer if that one is still active and the lead free; a lead that was
        found to be a duplicate goes through the pipeline again. Raises Conflict where there is nothing to take back.
        """
        actor.require(Scope.LEADS_WRITE)
        async with self._database.begin(actor) as uow:
            other = (await uow.leads.one(lead_id)).duplicate_of
            if other is None:
                raise Conflict("the lead is neither merged nor a duplicate; there is nothing to take back")
            lead, stays = await uow.history.locked_pair(lead_id, other)
            require_version(lead, expected)
            if lead.duplicate_of != other:
                raise Conflict("the lead has just been changed; read it again")
            moment, step = now(), new_id()
            if lead.status == Status.MERGED:
                data = await self._restored(uow, lead_id)
                history = [event_of(row) for row in await uow.history.of(stays.id)]
                back = given_back(history, lead_id)
                event = LeadEvent(
                    Happening.GAVE_BACK, moment, {"from": str(lead_id), "columns": sorted(back)}, {"restored": back}
                )
                await uow.history.append(stays.id, f"give_back:{step}", event)
            else:
                data = {"status": Status.RECEIVED.value}
            data |= {"from": str(other)}
            undone = await uow.history.append(lead_id, f"unmerge:{step}", LeadEvent(Happening.UNMERGED, moment, data))
            if undone.state["status"] == Status.RECEIVED:
                await uow.runs.admit(lead_id, moment, GRAPH, epoch=undone.state["version"])
            await uow.audit.note("lead.unmerge", "lead", lead_id, other=str(other))
            return view_of(lead_id, undone.state)

    async def _restored(self, uow: UnitOfWork, lead_id: UUID) -> dict[str, str | None]:
        """What the lead was before it was merged, with its assignment in force again."""
        merged = [row for row in await uow.history.of(lead_id) if row.kind == Happening.MERGED][-1].data
        was: dict[str, str | None] = dict(merged["was"])
        if was["status"] == Status.OFFERED:  # its time has passed; a person decides whom to ask
            return was | {"status": Status.QUEUED.value, "producer_id": None, "reason": "offer_over"}
        state = OfferState.WORKED if was["status"] == Status.CONTACTED else OfferState.ACCEPTED
        if merged["assignment_id"] is None or await uow.routing.restore(UUID(merged["assignment_id"]), state):
            return was
        return was | {"status": Status.QUEUED.value, "producer_id": None, "reason": "producer_gone"}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
