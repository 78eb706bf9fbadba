"""What is known of a person's wishes, agency-wide: a wish binds whoever asks, also a producer who sees only some leads."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor
from domain.leads.lifecycle import Happening
from store.sql.models import (
    ContactRevocationRow,
    ContactSaltRow,
    ContactScrubRow,
    ContactVerdictRow,
    LeadEventRow,
    LeadRow,
    ProducerRow,
    SourceRow,
)
from store.sql.repositories.base import Repository

_SALT = 32


@dataclass(frozen=True, slots=True)
class Addresses:
    """A person's phones (E.164, or as far as known) and e-mail addresses, as they are matched."""

    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lead: LeadRow | Mapping[str, Any]) -> Addresses:
        """Those of a lead, further ones included."""
        get = lead.get if isinstance(lead, Mapping) else lambda name: getattr(lead, name)
        extras = get("extras") or {}
        phones = {get("phone_key"), get("phone"), *_texts(extras.get("other_phones"))}
        emails = {get("email_key"), get("email"), *_texts(extras.get("other_emails"))}
        return cls(frozenset(filter(None, phones)), frozenset(filter(None, emails)))


@dataclass(frozen=True, slots=True)
class LeadOfPerson:
    """A lead with one of the person's addresses: what it says of wishes and of dealings with the agency."""

    id: UUID
    status: str
    do_not_call: bool
    received_at: datetime
    updated_at: datetime
    source_kind: str | None


class Contact(Repository):
    """Rows of the ``contact_`` tables."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        super().__init__(session, actor)
        self._salt: bytes | None = None

    async def hashes(self, who: Addresses) -> list[str]:
        """The hashes by which the person is on the list."""
        salt = await self._agency_salt()
        return sorted({*(_phone(salt, one) for one in who.phones), *(_email(salt, one) for one in who.emails)})

    async def phone_hashes(self, phones: Iterable[str]) -> list[str]:
        """The hash of each phone, in order."""
        salt = await self._agency_salt()
        return [_phone(salt, one) for one in phones]

    async def name_hash(self, name: str) -> str:
        """The hash of a seller's name."""
        return _hash(await self._agency_salt(), "seller", " ".join(name.casefold().split()))

    async def revocations(self, people: Sequence[str], lead_id: UUID | None) -> list[ContactRevocationRow]:
        """Wishes of the person or about the lead, oldest first."""
        theirs = self._revoked_by(people)
        about = theirs if lead_id is None else or_(theirs, ContactRevocationRow.lead_id == lead_id)
        found = await self.session.scalars(
            select(ContactRevocationRow)
            .where(ContactRevocationRow.agency_id == self.actor.agency_id, about)
            .order_by(ContactRevocationRow.at, ContactRevocationRow.id)
        )
        return list(found)

    async def revocation(self, key: str) -> ContactRevocationRow | None:
        """The wish recorded under ``key``."""
        row: ContactRevocationRow | None = await self.session.scalar(
            select(ContactRevocationRow).where(
                ContactRevocationRow.agency_id == self.actor.agency_id, ContactRevocationRow.key == key
            )
        )
        return row

    async def add_revocation(self, row: Mapping[str, Any]) -> bool:
        """Write a wish down; False where its key was used."""
        made = await self.session.scalar(
            insert(ContactRevocationRow)
            .values(agency_id=self.actor.agency_id, **row)
            .on_conflict_do_nothing(index_elements=["agency_id", "key"])
            .returning(ContactRevocationRow.id)
        )
        return made is not None

    async def scrubs(self, people: Sequence[str]) -> list[ContactScrubRow]:
        """The newest comparison of each number with each list."""
        if not people:
            return []
        found = await self.session.scalars(
            select(ContactScrubRow)
            .ext(distinct_on(ContactScrubRow.person, ContactScrubRow.list))
            .where(ContactScrubRow.agency_id == self.actor.agency_id, ContactScrubRow.person.in_(people))
            .order_by(ContactScrubRow.person, ContactScrubRow.list, ContactScrubRow.at.desc())
        )
        return list(found)

    async def add_scrubs(self, rows: Sequence[dict[str, Any]]) -> int:
        """Write comparisons down in one statement; how many were new."""
        values = [{"agency_id": self.actor.agency_id, **row} for row in rows]
        made = await self.session.scalars(
            insert(ContactScrubRow).on_conflict_do_nothing().returning(ContactScrubRow.id), values
        )
        return len(list(made))

    async def add_verdicts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep answers, in one statement."""
        if rows:
            values = [{"agency_id": self.actor.agency_id, **row} for row in rows]
            # Without it rows that lack a time to come are a statement of their own wherever they alternate with others.
            await self.session.execute(insert(ContactVerdictRow).execution_options(render_nulls=True), values)

    async def verdict(self, verdict_id: UUID) -> ContactVerdictRow | None:
        """One answer."""
        row: ContactVerdictRow | None = await self.session.scalar(
            select(ContactVerdictRow).where(
                ContactVerdictRow.agency_id == self.actor.agency_id, ContactVerdictRow.id == verdict_id
            )
        )
        return row

    async def verdicts(self, lead_id: UUID, before: UUID | None, at_most: int) -> list[ContactVerdictRow]:
        """Answers about a lead that the actor may see, newest first."""
        query = select(ContactVerdictRow).where(
            ContactVerdictRow.lead_id == lead_id,
            self.of_seen_lead(ContactVerdictRow.agency_id, ContactVerdictRow.lead_id),
        )
        if before is not None:
            query = query.where(ContactVerdictRow.id < before)
        return list(await self.session.scalars(query.order_by(ContactVerdictRow.id.desc()).limit(at_most)))

    async def leads_of(self, who: Addresses, lead_id: UUID | None) -> list[LeadOfPerson]:
        """Every lead of the agency with one of these addresses, and the lead itself."""
        mine = LeadRow.agency_id == self.actor.agency_id
        parts = [
            select(LeadRow.id).where(mine, condition)
            for condition in (
                LeadRow.phone_key.in_(who.phones) if who.phones else None,
                LeadRow.email_key.in_(who.emails) if who.emails else None,
                LeadRow.id == lead_id if lead_id else None,
            )
            if condition is not None
        ]
        if not parts:
            return []
        rows = await self.session.execute(
            select(
                LeadRow.id, LeadRow.status, LeadRow.do_not_call, LeadRow.received_at, LeadRow.updated_at,
                SourceRow.settings["kind"].astext,
            )
            .outerjoin(SourceRow, SourceRow.id == LeadRow.source_id)
            .where(LeadRow.id.in_(union(*parts).scalar_subquery()))
            .order_by(LeadRow.id)
        )  # fmt: skip
        return [LeadOfPerson(*row) for row in rows]

    async def won_at(self, lead_ids: Sequence[UUID]) -> list[datetime]:
        """When each of these leads became a customer."""
        found = await self.session.scalars(
            select(LeadEventRow.at).where(
                LeadEventRow.agency_id == self.actor.agency_id,
                LeadEventRow.lead_id.in_(lead_ids),
                LeadEventRow.kind == Happening.WON.value,
            )
        )
        return list(found)

    async def licensed_in(self, states: Sequence[str], at_most: int = 50) -> list[dict[str, Any]]:
        """Profiles of active producers with an active licence in all of the states, some of them where there are many."""
        held = [{"state": state, "status": "active"} for state in states]
        found = await self.session.scalars(
            select(ProducerRow.profile)
            .where(
                ProducerRow.agency_id == self.actor.agency_id, ProducerRow.active,
                ProducerRow.profile["licences"].contains(held),
            )
            .order_by(ProducerRow.id)
            .limit(at_most)
        )  # fmt: skip
        return list(found)

    async def _agency_salt(self) -> bytes:
        if self._salt is None:
            query = select(ContactSaltRow.salt).where(ContactSaltRow.agency_id == self.actor.agency_id)
            found = await self.session.scalar(query)
            if found is None:
                made = insert(ContactSaltRow).values(agency_id=self.actor.agency_id, salt=os.urandom(_SALT))
                await self.session.execute(made.on_conflict_do_nothing())
                found = await self.session.scalar(query)
            assert found is not None, "the agency's salt was just written"
            self._salt = bytes(found)
        return self._salt

    @staticmethod
    def _revoked_by(people: Sequence[str]) -> ColumnElement[bool]:
        return ContactRevocationRow.people.op("&&")(cast(list(people), ARRAY(Text())))


def _phone(salt: bytes, phone: str) -> str:
    return _hash(salt, "phone", phone)


def _email(salt: bytes, email: str) -> str:
    local, _, host = email.strip().casefold().rpartition("@")
    return _hash(salt, "email", f"{local.partition('+')[0] or local}@{host}")


def _hash(salt: bytes, kind: str, text: str) -> str:
    return hmac.new(salt, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


def _texts(found: object) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
