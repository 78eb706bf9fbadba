"""A message made ready: whom it goes to, its words filled, its address found. Nothing here is kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.messages.kinds import KINDS, Audience, Channel, Kind
from domain.messages.segments import segments
from domain.messages.shipped import DEFAULT_LANGUAGE, SHIPPED_VERSION, shipped
from domain.messages.words import Words, fill, one_line
from integrations.messages.port import Message, PushKeys
from integrations.sealing import Sealer
from kernel.errors import Unavailable
from services.messages.outgoing import address_hash, sealed_about
from store.sql.models import LeadRow, MessageRow, PersonRow, ProducerRow
from store.uow import UnitOfWork

# Words that another context alone can give, such as a signed link; None where there is nothing to say any more.
Asked = Callable[[UnitOfWork, LeadRow, UUID], Awaitable[Mapping[str, str] | None]]


class Unsendable(Exception):
    """There is nothing to send or nowhere to send it to; ``code`` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Parties:
    """The rows that a message is about and for."""

    kind: Kind
    lead: LeadRow | None
    producer: ProducerRow | None
    person: PersonRow | None
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed over, and what the ledger notes of it."""

    message: Message
    language: str
    version: int
    segments: int | None
    address_hash: str


class Letters:
    """Reads rows anew at every attempt: what changed or went meanwhile counts."""

    def __init__(self, sealer: Sealer | None, public_url: str, asked: Mapping[str, Asked]) -> None:
        self._sealer = sealer
        self._public_url = public_url
        self._asked = asked

    async def parties(self, uow: UnitOfWork, row: MessageRow) -> Parties:
        """Who it is about and for."""
        kind = KINDS.get(row.template)
        if kind is None:
            raise Unsendable("unknown_template")
        lead = (await uow.leads.by_ids([row.lead_id])).get(row.lead_id) if row.lead_id else None
        producer = await uow.agencies.producer(row.producer_id) if row.producer_id else None
        person = await uow.people.one(row.person_id) if row.person_id else None
        given: dict[str, str] = {}
        if row.sealed is not None:
            given = json.loads(self._opened(row.sealed, sealed_about(row.agency_id, row.key)))
        return Parties(kind, lead, producer, person, given)

    async def letter(self, uow: UnitOfWork, row: MessageRow, parties: Parties) -> Letter:
        """The message for its address. Raises Unsendable."""
        channel = Channel(row.channel)
        address, keys = await self._address(uow, row, parties, channel)
        agency = await uow.agencies.mine()
        values = await self._values(uow, row, parties, agency.name)
        wanted = row.language or _language(parties)
        words, language, version = await words_in_force(uow, parties.kind.name, wanted)
        filled = fill(words, values)
        text = filled.text if channel is Channel.EMAIL else filled.short
        message = Message(
            str(row.id), address, filled.subject, text, html=filled.html if channel is Channel.EMAIL else None,
            sender_name=one_line(agency.name) if parties.kind.name != "opt_in" else None, link=values.get("link"),
            keys=keys, agency_id=str(row.agency_id),
            report_to=f"{self._public_url}/api/v1/messages/in/{agency.slug}/twilio/status?message={row.id}"
            if channel is Channel.SMS and self._public_url.startswith("https://") else None,
        )  # fmt: skip
        count = segments(text).count if channel is Channel.SMS else None
        return Letter(message, language, version, count, address_hash(row.agency_id, row.channel, address))

    async def _address(
        self, uow: UnitOfWork, row: MessageRow, parties: Parties, channel: Channel
    ) -> tuple[str, PushKeys | None]:
        if row.push_id is not None:
            device = await uow.messages.device(row.push_id)
            if device is None:
                raise Unsendable("device_removed")
            said = json.loads(self._opened(device.sealed, f"push {device.agency_id}/{device.endpoint_hash}"))
            return str(said["endpoint"]), PushKeys(str(said["p256dh"]), str(said["auth"]))
        if "to" in parties.given:
            return parties.given["to"], None
        if parties.producer is not None and not parties.producer.active:
            raise Unsendable("producer_inactive")
        if parties.person is not None and not parties.person.active:
            raise Unsendable("person_inactive")
        whom: Any = parties.producer or parties.person or parties.lead
        found = getattr(whom, "email" if channel is Channel.EMAIL else "phone", None)
        if not found or (
            channel is Channel.SMS and whom is parties.lead and parties.lead and not parties.lead.phone_valid
        ):
            raise Unsendable("no_address")
        return str(found), None

    async def _values(self, uow: UnitOfWork, row: MessageRow, parties: Parties, agency: str) -> dict[str, str]:
        lead, whom = parties.lead, parties.producer or parties.person
        values = {"agency": agency}
        if whom is not None:
            values["producer"] = whom.name
        if lead is not None:
            values |= {
                "name": lead.name or "", "line": lead.line or lead.declared_line or "insurance", "state": lead.state or "—",
                "tier": lead.tier or "new", "link": f"{self._public_url}/leads/{lead.id}",
            }  # fmt: skip
        if row.about_id is not None and lead is not None and (ask := self._asked.get(parties.kind.name)) is not None:
            said = await ask(uow, lead, row.about_id)
            if said is None:
                raise Unsendable("obsolete")
            values |= said
        values |= {name: value for name, value in parties.given.items() if name != "to"}
        missing = sorted(parties.kind.variables - set(values))
        if missing:
            raise Unsendable("obsolete" if parties.kind.asked_for else "value_missing")
        return values

    def _opened(self, sealed: bytes, about: str) -> bytes:
        if self._sealer is None:
            raise Unavailable("messages are sealed; set LEADWRIGHT_INBOUND__SECRET_KEY", code="no_secret_key")
        return self._sealer.open(sealed, about)


async def words_in_force(uow: UnitOfWork, name: str, language: str | None) -> tuple[Words, str, int]:
    """The agency's own words in this language, else the shipped ones in it, else the same in the default language."""
    for one in dict.fromkeys([language or DEFAULT_LANGUAGE, DEFAULT_LANGUAGE]):
        row = await uow.messages.template(name, one)
        if row is not None:
            return Words(row.subject, row.text, row.short, row.html), one, row.version
        if (name, one) in shipped():
            return shipped()[name, one], one, SHIPPED_VERSION
    raise Unsendable("unknown_template")


def _language(parties: Parties) -> str | None:
    if parties.kind.audience is Audience.CONSUMER:
        return parties.lead.language if parties.lead else None
    return None
