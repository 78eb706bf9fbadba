"""Moving a lead along its life cycle, by a person or by the pipeline."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.extraction.refusal import read_refusal, refusals_in_columns
from domain.leads.extraction.text import Text
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import VERBS, Happening
from domain.routing.offers import OfferState
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.ids import new_id
from kernel.money import Money
from services.lead_view import LeadView, require_version, view_of
from services.leads.qualify import case_of
from store.sql.models import LeadRow
from store.uow import Database

_NEEDS_REASON = frozenset({Happening.LOST, Happening.REJECTED})
_FOLLOWS = {
    Happening.CONTACTED: OfferState.WORKED,
    Happening.WON: OfferState.WON,
    Happening.LOST: OfferState.LOST,
}


class LeadStatus:
    """Status changes; each is one event under one key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(
        self,
        actor: Actor,
        lead_id: UUID,
        verb: str,
        *,
        reason: str | None,
        expected: int | None,
        premium: Money | None = None,
    ) -> LeadView:
        """Record what a person did (``contact``, ``win``, ``lose``, ``reject``, ``release``, ``reopen``).

        ``premium`` is the yearly one of a lead that is won.

        Raises Invalid for an unknown verb, a missing reason or a premium of what is not won, Conflict when the table forbids
        it, Stale when ``expected`` is not the present version.
        """
        actor.require(Scope.LEADS_WRITE)
        happening = VERBS.get(verb)
        if happening is None:
            remedy = f"use one of {', '.join(VERBS)}"
            raise Invalid(
                "unknown action", fields=(FieldError("action", "unknown", "no such action", remedy, verb[:80]),)
            )
        if happening in _NEEDS_REASON and not (reason or "").strip():
            remedy = "say why, for the history"
            raise Invalid("a reason is needed", fields=(FieldError("reason", "missing", "empty", remedy),))
        if premium is not None and (happening is not Happening.WON or premium.minor < 0):
            fault = FieldError(
                "premium", "not_won", "belongs to won leads, from 0 up", "leave it out", str(premium)[:80]
            )
            raise Invalid("only what is won has a premium", fields=(fault,))
        data: dict[str, Any] = {"reason": reason.strip()} if reason and reason.strip() else {}
        if premium is not None:
            data |= {"premium_minor": premium.minor, "currency": premium.currency}
        async with self._database.begin(actor) as uow:
            event = LeadEvent(happening, now(), data)
            require_version(await uow.history.locked(lead_id), expected)
            recorded = await uow.history.append(lead_id, f"{verb}:{new_id()}", event)
            if happening in _FOLLOWS:
                await uow.offers.follow(lead_id, _FOLLOWS[happening])
            if happening in {Happening.RELEASED, Happening.REJECTED}:
                await uow.routing.release(lead_id, event.at)
            await uow.audit.note("lead.status", "lead", lead_id, did=verb)
            return view_of(lead_id, recorded.state)

    async def queue(self, actor: Actor, lead_id: UUID, key: str, reason: str, receipt_id: UUID | None = None) -> None:
        """Leave the lead to a person, with the reason; once for ``key``."""
        async with self._database.begin(actor) as uow:
            data = {"reason": reason} | ({"receipt_id": str(receipt_id)} if receipt_id else {})
            await uow.history.append(lead_id, key, LeadEvent(Happening.QUEUED, now(), data))

    async def mark_duplicate(self, actor: Actor, lead_id: UUID, key: str, earlier: UUID, why: str) -> None:
        """Close the lead as a repeat of ``earlier``; once for ``key``. A wish not to be called is passed on to that one: whoever
        holds it must know at once (47 CFR 64.1200(a)(10)).
        """
        async with self._database.begin(actor) as uow:
            lead, kept = await uow.history.locked_pair(lead_id, earlier)
            if not kept.do_not_call and _refuses_calls(lead):
                event = LeadEvent(Happening.REFUSED_CALLS, now(), {"from": str(lead_id)})
                await uow.history.append(earlier, f"{key}:refusal", event)
            data = {"duplicate_of": str(earlier), "reason": why}
            await uow.history.append(lead_id, key, LeadEvent(Happening.FOUND_DUPLICATE, now(), data))


def _refuses_calls(lead: LeadRow) -> bool:
    case = case_of(lead)
    return any(wish.refused for wish in (read_refusal(Text.of(case.text)), *refusals_in_columns(case.fields)))
