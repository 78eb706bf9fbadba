"""Messages to people, and what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert

from domain.messages.drafts import Draft
from domain.messages.life import State
from kernel.errors import NotFound
from kernel.ids import new_id
from store.sql.models import MessageRow, NoticeRow, PersonRow, PreferenceRow, PushRow, SuppressionRow, TemplateRow
from store.sql.repositories.base import Repository


class Messages(Repository):
    """Rows of ``outgoing_message`` and of the tables beside it."""

    async def queue(self, drafts: Sequence[Draft]) -> int:
        """Queue messages in the transaction that makes them necessary, each once by its key; how many are new."""
        if not drafts:
            return 0
        rows = [
            {
                "id": new_id(), "agency_id": self.actor.agency_id, "key": one.key, "lead_id": one.lead_id,
                "producer_id": one.producer_id, "person_id": one.person_id, "push_id": one.push_id,
                "recipient": one.recipient, "template": one.kind.name, "language": one.language,
                "channel": one.channel.value, "purpose": one.kind.purpose.value, "about_id": one.about_id,
                "sealed": one.sealed, "state": State.QUEUED.value, "due_at": one.at, "created_at": one.at,
                "steps": [{"state": State.QUEUED.value, "at": one.at.isoformat()}], "expires_at": one.expires_at,
                "attempts": 0, "token": 0,
            }
            for one in drafts
        ]  # fmt: skip
        added = await self.session.scalars(
            insert(MessageRow)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["agency_id", "key"])
            .returning(MessageRow.id)
        )
        return len(added.all())

    async def of_key(self, key: str) -> MessageRow:
        """The message that was queued under this key."""
        query = select(MessageRow).where(MessageRow.agency_id == self.actor.agency_id, MessageRow.key == key)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound("no message of this key in this agency")
        return row

    async def held(self, message_id: UUID, token: int) -> MessageRow | None:
        """A message that a worker holds; None when ``token`` no longer holds it."""
        return await self.session.scalar(select(MessageRow).where(self._holds(message_id, token)))

    async def settle(self, message_id: UUID, token: int, step: dict[str, Any], **values: Any) -> bool:
        """Write how an attempt ended; False when ``token`` no longer holds it, and nothing is written."""
        done = await self.session.scalar(
            update(MessageRow)
            .where(self._holds(message_id, token))
            .values(**values, steps=MessageRow.steps.concat(cast([step], JSONB)))
            .returning(MessageRow.id)
        )
        return done is not None

    async def reported(self, message_id: UUID) -> MessageRow | None:
        """A message that a vendor reports on, locked."""
        return await self.session.scalar(
            select(MessageRow)
            .where(MessageRow.id == message_id, MessageRow.agency_id == self.actor.agency_id)
            .with_for_update()
        )

    async def page(
        self, *, states: Sequence[str], lead_id: UUID | None, before: int | None, at_most: int
    ) -> list[MessageRow]:
        """Messages that the actor may see, newest first, those before the place ``before``."""
        query = select(MessageRow).where(self._seen())
        if states:
            query = query.where(MessageRow.state.in_(states))
        if lead_id is not None:
            query = query.where(MessageRow.lead_id == lead_id)
        if before is not None:
            query = query.where(MessageRow.seq < before)
        return list(await self.session.scalars(query.order_by(MessageRow.seq.desc()).limit(at_most)))

    async def one(self, message_id: UUID) -> MessageRow:
        """A message that the actor may see."""
        row = await self.session.scalar(select(MessageRow).where(MessageRow.id == message_id, self._seen()))
        if row is None:
            raise NotFound(f"no message {message_id} in this agency")
        return row

    # words
    async def template(self, name: str, language: str) -> TemplateRow | None:
        """The agency's own words in force."""
        return await self.session.scalar(
            select(TemplateRow)
            .where(
                TemplateRow.agency_id == self.actor.agency_id,
                TemplateRow.name == name,
                TemplateRow.language == language,
            )
            .order_by(TemplateRow.version.desc())
            .limit(1)
        )

    async def templates(self) -> list[TemplateRow]:
        """The agency's own words in force, of every kind and language."""
        found = await self.session.scalars(
            select(TemplateRow)
            .ext(distinct_on(TemplateRow.name, TemplateRow.language))
            .where(TemplateRow.agency_id == self.actor.agency_id)
            .order_by(TemplateRow.name, TemplateRow.language, TemplateRow.version.desc())
        )
        return list(found)

    async def add_template(self, **values: Any) -> bool:
        """Add a version; False when somebody else added it at the same time."""
        added = await self.session.scalar(
            insert(TemplateRow)
            .values(id=new_id(), agency_id=self.actor.agency_id, **values)
            .on_conflict_do_nothing(index_elements=["agency_id", "name", "language", "version"])
            .returning(TemplateRow.id)
        )
        return added is not None

    # producers
    async def preference(self, producer_id: UUID, *, lock: bool = False) -> PreferenceRow | None:
        """What the producer wishes; None as long as they have said nothing."""
        query = select(PreferenceRow).where(
            PreferenceRow.agency_id == self.actor.agency_id, PreferenceRow.producer_id == producer_id
        )
        return await self.session.scalar(query.with_for_update() if lock else query)

    async def wish(self, producer_id: UUID, wishes: dict[str, Any], version: int, at: datetime) -> None:
        """Write what the producer wishes."""
        values = {"wishes": wishes, "version": version, "updated_at": at}
        await self.session.execute(
            insert(PreferenceRow)
            .values(producer_id=producer_id, agency_id=self.actor.agency_id, **values)
            .on_conflict_do_update(index_elements=["producer_id"], set_=values)
        )

    async def devices(self, producer_id: UUID) -> list[PushRow]:
        """The producer's devices, oldest first."""
        found = await self.session.scalars(
            select(PushRow)
            .where(PushRow.agency_id == self.actor.agency_id, PushRow.producer_id == producer_id)
            .order_by(PushRow.created_at, PushRow.id)
        )
        return list(found)

    async def device(self, push_id: UUID) -> PushRow | None:
        """One device."""
        return await self.session.scalar(
            select(PushRow).where(PushRow.agency_id == self.actor.agency_id, PushRow.id == push_id)
        )

    async def add_device(self, **values: Any) -> UUID:
        """Add a device; one whose endpoint is known goes to whoever registered it last, under its old id."""
        fresh = {name: value for name, value in values.items() if name not in {"id", "endpoint_hash"}}
        found: UUID | None = await self.session.scalar(
            insert(PushRow)
            .values(agency_id=self.actor.agency_id, **values)
            .on_conflict_do_update(index_elements=["agency_id", "endpoint_hash"], set_=fresh)
            .returning(PushRow.id)
        )
        assert found is not None, "an upsert without a condition always returns"
        return found

    async def device_id(self, endpoint_hash: str) -> UUID | None:
        """The device with this endpoint."""
        return await self.session.scalar(
            select(PushRow.id).where(PushRow.agency_id == self.actor.agency_id, PushRow.endpoint_hash == endpoint_hash)
        )

    async def remove_device(self, push_id: UUID, producer_id: UUID | None = None) -> bool:
        """Remove a device, of this producer if one is named; False when there was none."""
        query = delete(PushRow).where(PushRow.agency_id == self.actor.agency_id, PushRow.id == push_id)
        if producer_id is not None:
            query = query.where(PushRow.producer_id == producer_id)
        return await self.session.scalar(query.returning(PushRow.id)) is not None

    async def managers(self) -> list[PersonRow]:
        """The managers who sign in; the administrators where there is none."""
        found = await self.session.scalars(
            select(PersonRow).where(
                PersonRow.agency_id == self.actor.agency_id, PersonRow.active, PersonRow.role.in_(["manager", "admin"])
            )
        )
        people = list(found)
        return [one for one in people if one.role == "manager"] or people

    # addresses
    async def suppress(self, channel: str, address_hash: str, reason: str, at: datetime) -> None:
        """Send nothing more there by this channel; the first reason stays."""
        await self.session.execute(
            insert(SuppressionRow)
            .values(agency_id=self.actor.agency_id, channel=channel, address_hash=address_hash, reason=reason, at=at)
            .on_conflict_do_nothing()
        )

    async def suppressed(self, channel: str, address_hash: str) -> str | None:
        """Why nothing is sent there; None where something may be."""
        return await self.session.scalar(
            select(SuppressionRow.reason).where(
                SuppressionRow.agency_id == self.actor.agency_id, SuppressionRow.channel == channel,
                SuppressionRow.address_hash == address_hash,
            )
        )  # fmt: skip

    async def take_notice(self, event_id: UUID) -> bool:
        """Take the notice away with what is queued for it; False when another worker did."""
        taken = await self.session.scalar(
            delete(NoticeRow)
            .where(NoticeRow.agency_id == self.actor.agency_id, NoticeRow.event_id == event_id)
            .returning(NoticeRow.event_id)
        )
        return taken is not None

    def _holds(self, message_id: UUID, token: int) -> ColumnElement[bool]:
        return and_(
            MessageRow.id == message_id, MessageRow.agency_id == self.actor.agency_id, MessageRow.token == token,
            MessageRow.state == State.SENDING.value,
        )  # fmt: skip

    def _seen(self) -> ColumnElement[bool]:
        """The agency's for who sees every lead; else those to oneself, and those to the persons of one's own leads."""
        mine = MessageRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        to_person = and_(
            MessageRow.producer_id.is_(None), MessageRow.person_id.is_(None),
            self.of_seen_lead(MessageRow.agency_id, MessageRow.lead_id),
        )  # fmt: skip
        if self.actor.producer_id is None:
            return to_person
        return or_(to_person, and_(mine, func.coalesce(MessageRow.producer_id == self.actor.producer_id, False)))
