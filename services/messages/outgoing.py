"""Queueing messages in the transaction that makes them necessary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from domain.messages.drafts import Draft
from domain.messages.kinds import KINDS, Audience, Channel, Kind
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.errors import FieldError, Invalid, Unavailable
from kernel.ids import digest
from services.messages.wishes import wishes_of
from store.uow import UnitOfWork


def address_hash(agency_id: UUID, channel: str, address: str) -> str:
    """What stands for an address on the suppression list and in the order of messages; it outlives an erasure (DOMAIN T21)."""
    return digest([str(agency_id), channel, address.strip().casefold()])


def sealed_about(agency_id: UUID, key: str) -> str:
    """What binds sealed values to their message."""
    return f"message {agency_id}/{key}"


class Outgoing:
    """Every method works in the caller's unit of work; the same ``key`` again queues nothing."""

    def __init__(self, sealer: Sealer | None) -> None:
        self._sealer = sealer

    async def to_lead(
        self, uow: UnitOfWork, lead_id: UUID, kind: str, channel: Channel, *, key: str,
        values: Mapping[str, str] | None = None, language: str | None = None,
    ) -> int:  # fmt: skip
        """To the person of a lead. Whether they may be written to is asked when it is sent."""
        known = _kind(kind, Audience.CONSUMER, channel)
        sealed = self._seal(uow, known, key, values)
        draft = Draft(key, known, channel, now(), lead_id=lead_id, language=language, sealed=sealed)
        return await uow.messages.queue([draft])

    async def to_address(
        self, uow: UnitOfWork, address: str, kind: str, channel: Channel, *, key: str,
        values: Mapping[str, str] | None = None, lead_id: UUID | None = None, language: str | None = None,
    ) -> int:  # fmt: skip
        """To an address that stands in no row of ours, such as the number that a revocation came from; it is sealed."""
        known = _kind(kind, None, channel)
        sealed = self._seal(uow, known, key, {**(values or {}), "to": address})
        draft = Draft(
            key, known, channel, now(), lead_id=lead_id, language=language, sealed=sealed,
            address_hash=address_hash(uow.actor.agency_id, channel.value, address),
        )  # fmt: skip
        return await uow.messages.queue([draft])

    async def to_producer(
        self, uow: UnitOfWork, producer_id: UUID, kind: str, *, key: str, lead_id: UUID | None = None,
        values: Mapping[str, str] | None = None,
    ) -> int:  # fmt: skip
        """To a producer, by each way that they want for this kind: one message a way, and for push one a device."""
        known = _kind(kind, Audience.PRODUCER, None)
        wishes, _ = await wishes_of(uow, producer_id)
        drafts = []
        for way in wishes.ways(known):
            devices = [one.id for one in await uow.messages.devices(producer_id)] if way is Channel.PUSH else [None]
            for device in devices:
                one = f"{key}:{way.value}" + (f":{device}" if device else "")
                drafts.append(
                    Draft(
                        one,
                        known,
                        way,
                        now(),
                        lead_id=lead_id,
                        producer_id=producer_id,
                        push_id=device,
                        language=wishes.language,
                        sealed=self._seal(uow, known, one, values),
                    )
                )
        return await uow.messages.queue(drafts)

    async def to_person(
        self, uow: UnitOfWork, person_id: UUID, kind: str, *, key: str, lead_id: UUID | None = None,
        values: Mapping[str, str] | None = None,
    ) -> int:  # fmt: skip
        """To somebody who signs in, by e-mail."""
        known = _kind(kind, Audience.PRODUCER, Channel.EMAIL)
        sealed = self._seal(uow, known, key, values)
        draft = Draft(key, known, Channel.EMAIL, now(), lead_id=lead_id, person_id=person_id, sealed=sealed)
        return await uow.messages.queue([draft])

    def _seal(self, uow: UnitOfWork, kind: Kind, key: str, values: Mapping[str, str] | None) -> bytes | None:
        if not values:
            return None
        unknown = sorted(set(values) - kind.variables - {"to"})
        if unknown:
            known = ", ".join(sorted(kind.variables))
            fault = FieldError(
                f"values.{unknown[0]}", "unknown_variable", f"is no variable of {kind.name}", f"use {known}"
            )
            raise Invalid(f"{unknown[0]} is no variable of {kind.name}", fields=(fault,))
        if self._sealer is None:
            raise Unavailable(
                "addresses and values of messages are sealed; set LEADWRIGHT_INBOUND__SECRET_KEY", code="no_secret_key"
            )
        return self._sealer.seal(json.dumps(dict(values)).encode(), sealed_about(uow.actor.agency_id, key))


def _kind(name: str, audience: Audience | None, channel: Channel | None) -> Kind:
    kind = KINDS.get(name)
    if kind is None or (audience is not None and kind.audience is not audience):
        known = ", ".join(one.name for one in KINDS.values() if audience in {None, one.audience})
        fault = FieldError("template", "unknown", "is no kind of message for them", f"use {known}", name[:80])
        raise Invalid(f"{name} is no kind of message for them", fields=(fault,))
    if channel is not None and channel not in kind.channels:
        ways = ", ".join(kind.channels)
        fault = FieldError(
            "channel", "not_permitted", f"{name} does not go by {channel.value}", f"use {ways}", channel.value
        )
        raise Invalid(f"{name} does not go by {channel.value}", fields=(fault,))
    return kind
