"""Reading the ledger, putting dead letters back, and trying a vendor out."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor, Scope
from domain.messages.kinds import KINDS, Channel
from kernel.ids import new_id
from services.messages.outgoing import Outgoing
from services.messages.schemas import MessagePage, MessageView, message_view
from store.uow import Database


class Ledger:
    """Every message that was ever queued, with its states."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

    async def page(
        self, actor: Actor, *, states: Sequence[str] = (), lead_id: UUID | None = None, cursor: int | None = None,
        limit: int = 50,
    ) -> MessagePage:  # fmt: skip
        """Messages, newest first; a producer's own and those to the persons of their leads."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            rows = await uow.messages.page(states=states, lead_id=lead_id, before=cursor, at_most=limit + 1)
        more = rows[limit - 1].seq if len(rows) > limit else None
        return MessagePage(items=[message_view(row) for row in rows[:limit]], next_cursor=more)

    async def one(self, actor: Actor, message_id: UUID) -> MessageView:
        """A message; NotFound for one that the actor may not see."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            return message_view(await uow.messages.one(message_id))

    async def write_to_lead(
        self, actor: Actor, lead_id: UUID, channel: Channel, words: str, *, key: str, language: str | None = None
    ) -> MessageView:
        """Queue a producer's own words to the person of a lead; once for ``key``. The contact rules are asked when it is sent."""
        actor.require(Scope.LEADS_WRITE)
        async with self._database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            agency = await uow.agencies.mine()
            names = await uow.agencies.names([actor.producer_id]) if actor.producer_id else {}
            values = {
                "words": words,
                "producer": names.get(actor.producer_id, agency.name) if actor.producer_id else agency.name,
            }
            await self._outgoing.to_lead(uow, lead_id, "personal", channel, key=key, values=values, language=language)
            await uow.audit.note("message.write", "lead", lead_id, channel=channel.value)
            return message_view(await uow.messages.of_key(key))

    async def try_out(self, actor: Actor, address: str, channel: Channel, language: str | None) -> UUID:
        """Queue sample words to an address of the administrator's own; the id of the message."""
        actor.require(Scope.AGENCY_ADMIN)
        key = f"try:{new_id()}"
        async with self._database.begin(actor) as uow:
            values = dict(KINDS["lead_assigned"].sample)
            await self._outgoing.to_address(
                uow, address, "lead_assigned", channel, key=key, values=values, language=language
            )
            return (await uow.messages.of_key(key)).id
