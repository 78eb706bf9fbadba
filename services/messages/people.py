"""What producers wish, and the devices that they are pushed to."""

from __future__ import annotations

import json
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.messages.kinds import KINDS, Audience
from integrations.messages.port import PushKeys
from integrations.messages.push import check_keys
from integrations.sealing import Sealer
from integrations.webhooks import checked_url
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale, Unavailable
from kernel.ids import digest, new_id
from services.messages.schemas import DeviceIn, DeviceList, DeviceView, WishesIn, WishesView
from services.messages.wishes import wishes_of, written
from store.uow import Database, UnitOfWork

MOST_DEVICES = 10


class Producers:
    """A producer's own; for others of the agency only with ``agency:admin``."""

    def __init__(
        self, database: Database, sealer: Sealer | None, public_key: str | None, *, allow_private: bool
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._public_key = public_key
        self._allow_private = allow_private

    async def wishes(self, actor: Actor, producer_id: UUID) -> WishesView:
        """What the producer wishes."""
        async with self._database.begin(actor) as uow:
            await _own(uow, producer_id)
            return await self._view(uow, producer_id)

    async def wish(self, actor: Actor, producer_id: UUID, body: WishesIn, *, expected: int | None) -> WishesView:
        """Replace what the producer wishes."""
        unknown = sorted(
            name for name in body.by_kind if name not in KINDS or KINDS[name].audience is not Audience.PRODUCER
        )
        async with self._database.begin(actor) as uow:
            await _own(uow, producer_id)
            if unknown:
                known = ", ".join(name for name, kind in KINDS.items() if kind.audience is Audience.PRODUCER)
                fault = FieldError(f"by_kind.{unknown[0]}", "unknown", "is no message to producers", f"use {known}")
                raise Invalid(f"{unknown[0]} is no message to producers", fields=(fault,))
            row = await uow.messages.preference(producer_id, lock=True)
            version = row.version if row else 0
            if expected is not None and expected != version:
                current = (await self._view(uow, producer_id)).model_dump(mode="json")
                raise Stale(
                    f"the preferences are at version {version}, not {expected}; read them again", current=current
                )
            await uow.messages.wish(producer_id, written(body.preferences()), version + 1, now())
            return await self._view(uow, producer_id)

    async def devices(self, actor: Actor, producer_id: UUID) -> DeviceList:
        """The producer's devices."""
        async with self._database.begin(actor) as uow:
            await _own(uow, producer_id)
            rows = await uow.messages.devices(producer_id)
        items = [DeviceView(id=row.id, device=row.device, created_at=row.created_at) for row in rows]
        return DeviceList(items=items, public_key=self._public_key)

    async def register(self, actor: Actor, producer_id: UUID, body: DeviceIn) -> DeviceView:
        """Push to this device from now on. The same subscription again changes only whose it is."""
        keys = PushKeys(body.keys.p256dh, body.keys.auth)
        async with self._database.begin(actor) as uow:
            await _own(uow, producer_id)
            check_keys(keys)
            endpoint = checked_url(body.endpoint, allow_private=self._allow_private)
            if self._sealer is None:
                raise Unavailable("devices are sealed; set LEADWRIGHT_INBOUND__SECRET_KEY", code="no_secret_key")
            devices = await uow.messages.devices(producer_id)
            known = digest(endpoint)
            if len(devices) >= MOST_DEVICES and known not in {row.endpoint_hash for row in devices}:
                raise Conflict(f"a producer has {MOST_DEVICES} devices at most; remove one", code="too_many_devices")
            said = json.dumps({"endpoint": endpoint, "p256dh": keys.p256dh, "auth": keys.auth}).encode()
            moment = now()
            push_id = await uow.messages.add_device(
                id=new_id(), producer_id=producer_id, endpoint_hash=known, device=body.device, created_at=moment,
                sealed=self._sealer.seal(said, f"push {actor.agency_id}/{known}"),
            )  # fmt: skip
        return DeviceView(id=push_id, device=body.device, created_at=moment)

    async def remove(self, actor: Actor, producer_id: UUID, push_id: UUID) -> None:
        """Push to this device no more; what waits for it is not sent."""
        async with self._database.begin(actor) as uow:
            await _own(uow, producer_id)
            if not await uow.messages.remove_device(push_id, producer_id):
                raise NotFound(f"no device {push_id} of this producer")

    async def _view(self, uow: UnitOfWork, producer_id: UUID) -> WishesView:
        wishes, version = await wishes_of(uow, producer_id)
        return WishesView.model_validate({**written(wishes), "producer_id": producer_id, "version": version})


async def _own(uow: UnitOfWork, producer_id: UUID) -> None:
    """Raise NotFound for a producer who is not the actor, nor one whom the actor may act for."""
    actor = uow.actor
    actor.require(Scope.LEADS_READ)
    if actor.kind in {ActorKind.PRODUCER, ActorKind.PARTNER}:
        if actor.producer_id != producer_id:
            raise NotFound(f"no producer {producer_id} in this agency")
        return
    await uow.agencies.producer(producer_id)
    actor.require(Scope.AGENCY_ADMIN)
