"""Subscriptions: who is told of events. Everything here needs ``agency:admin``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor, Scope
from domain.deliveries import Circuit, Limits, Pause, circuit
from integrations.webhooks import WebhookSender, checked_url, headers
from kernel.clock import now
from kernel.errors import Conflict, Stale
from kernel.ids import new_id
from services.webhooks.schemas import (
    DeliveryPage,
    PingResult,
    Replayed,
    ReplayIn,
    SecretMade,
    SecretView,
    SubscriptionIn,
    SubscriptionList,
    SubscriptionMade,
    SubscriptionView,
    delivery_view,
)
from services.webhooks.secrets import Secrets
from store.sql.models import SubscriptionRow, WebhookSecretRow
from store.sql.repositories.webhooks import Backlog
from store.uow import Database, UnitOfWork

MOST = 50
MOST_REPLAYED = 10_000
PING = "webhook.ping"


class Subscriptions:
    """Use cases of an administrator."""

    def __init__(self, database: Database, sender: WebhookSender, secrets: Secrets, limits: Limits) -> None:
        self._database = database
        self._sender = sender
        self._secrets = secrets
        self._limits = limits

    async def all(self, actor: Actor) -> SubscriptionList:
        """Every subscription of the agency."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return SubscriptionList(items=await self._views(uow, await uow.webhooks.subscriptions()))

    async def one(self, actor: Actor, subscription_id: UUID) -> SubscriptionView:
        """A subscription; NotFound for another agency's."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return await self._view(uow, subscription_id)

    async def create(self, actor: Actor, body: SubscriptionIn) -> SubscriptionMade:
        """Subscribe to what happens from now on. Raises Invalid for a URL that cannot be sent to, Conflict past fifty."""
        actor.require(Scope.AGENCY_ADMIN)
        values, moment, subscription_id = self._checked(actor, body), now(), new_id()
        async with self._database.begin(actor) as uow:
            if len(await uow.webhooks.subscriptions()) >= MOST:
                raise Conflict(f"an agency has {MOST} subscriptions at most; delete one", code="too_many_subscriptions")
            await uow.webhooks.add({
                **values, "id": subscription_id, "paused_reason": None, "version": 1, "created_by": actor.subject,
                "created_at": moment, "updated_at": moment,
            })  # fmt: skip
            secret = await self._secrets.make(uow, subscription_id, moment)
            return SubscriptionMade(subscription=await self._view(uow, subscription_id), secret=secret)

    async def change(
        self, actor: Actor, subscription_id: UUID, body: SubscriptionIn, *, expected: int | None
    ) -> SubscriptionView:
        """Replace the settings. A delivery that was tried before keeps its bytes; it goes to the new URL."""
        actor.require(Scope.AGENCY_ADMIN)
        return await self._changed(actor, subscription_id, expected, self._checked(actor, body), anew=True)

    async def pause(self, actor: Actor, subscription_id: UUID, *, expected: int | None) -> SubscriptionView:
        """Send nothing until resumed; events wait."""
        actor.require(Scope.AGENCY_ADMIN)
        return await self._changed(actor, subscription_id, expected, {"paused_reason": Pause.PERSON.value}, anew=False)

    async def resume(self, actor: Actor, subscription_id: UUID, *, expected: int | None) -> SubscriptionView:
        """Send what waits, in order, with the record of failures forgotten."""
        actor.require(Scope.AGENCY_ADMIN)
        return await self._changed(actor, subscription_id, expected, {"paused_reason": None}, anew=True)

    async def remove(self, actor: Actor, subscription_id: UUID, *, expected: int | None) -> None:
        """Delete the subscription, its secrets and its deliveries, those that wait included."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            await self._locked(uow, subscription_id, expected)
            await uow.webhooks.remove(subscription_id)

    async def rotate(self, actor: Actor, subscription_id: UUID) -> SecretMade:
        """A new secret; the one before it signs along for the overlap, so that the receiver can change over."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await self._locked(uow, subscription_id, None)
            moment = now()
            await uow.webhooks.change(subscription_id, version=row.version + 1, updated_at=moment)
            return await self._secrets.make(uow, subscription_id, moment)

    async def ping(self, actor: Actor, subscription_id: UUID) -> PingResult:
        """Send a test message now, beside the order of events, paused or not, once; it is not kept."""
        actor.require(Scope.AGENCY_ADMIN)
        moment, message_id = now(), new_id()
        async with self._database.begin(actor) as uow:
            row = await uow.webhooks.subscription(subscription_id)
            keys = self._secrets.opened(await uow.webhooks.secrets(subscription_id, moment))
        message = {
            "id": str(message_id), "agency_id": str(actor.agency_id), "kind": "ping", "at": moment.isoformat(), "data": {},
        }  # fmt: skip
        body = json.dumps(message, separators=(",", ":")).encode()
        attempt = await self._sender.send(row.url, headers(message_id, PING, keys, moment, body), body, moment)
        return PingResult(id=message_id, arrived=attempt.arrived, status=attempt.status, error=attempt.error)

    async def deliveries(
        self, actor: Actor, subscription_id: UUID, states: list[str], cursor: int | None, limit: int
    ) -> DeliveryPage:
        """Deliveries, newest first, in these states or in any."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            await uow.webhooks.subscription(subscription_id)
            rows = await uow.webhooks.deliveries(subscription_id, states, cursor, limit + 1)
        more = rows[limit - 1].seq if len(rows) > limit else None
        return DeliveryPage(items=[delivery_view(row) for row in rows[:limit]], next_cursor=more)

    async def replay(self, actor: Actor, subscription_id: UUID, body: ReplayIn) -> Replayed:
        """Deliver events again, in their order, as new deliveries of the same event ids behind what waits.

        Events from before the subscription, or that were never due, are delivered too; what still waits to arrive is left
        alone, as are kinds that the subscription does not ask for. Raises NotFound for an event of nobody's.
        """
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            await self._locked(uow, subscription_id, None)
            if body.event_id is not None:
                await uow.webhooks.require_event(body.event_id)
            added = await uow.webhooks.replay(subscription_id, body.event_id, body.since, body.until, MOST_REPLAYED)
        return Replayed(added=added, more=added == MOST_REPLAYED)

    def _checked(self, actor: Actor, body: SubscriptionIn) -> dict[str, object]:
        if body.include_lead:
            actor.require(Scope.LEADS_READ)
        return {
            "url": checked_url(body.url, allow_private=self._sender.allow_private),
            "kinds": sorted(set(body.kinds)), "include_lead": body.include_lead,
            "description": body.description,
        }  # fmt: skip

    async def _changed(
        self, actor: Actor, subscription_id: UUID, expected: int | None, values: dict[str, object], *, anew: bool
    ) -> SubscriptionView:
        async with self._database.begin(actor) as uow:
            row = await self._locked(uow, subscription_id, expected)
            await uow.webhooks.change(subscription_id, version=row.version + 1, updated_at=now(), **values)
            if anew:
                await uow.webhooks.begin_anew(subscription_id)
            return await self._view(uow, subscription_id)

    async def _locked(self, uow: UnitOfWork, subscription_id: UUID, expected: int | None) -> SubscriptionRow:
        row = await uow.webhooks.subscription(subscription_id, lock=True)
        if expected is not None and expected != row.version:
            current = (await self._view(uow, subscription_id)).model_dump(mode="json")
            raise Stale(f"the subscription is at version {row.version}, not {expected}; read it again", current=current)
        return row

    async def _view(self, uow: UnitOfWork, subscription_id: UUID) -> SubscriptionView:
        return (await self._views(uow, [await uow.webhooks.subscription(subscription_id)]))[0]

    async def _views(self, uow: UnitOfWork, rows: list[SubscriptionRow]) -> list[SubscriptionView]:
        backlogs, moment = await uow.webhooks.backlog([row.id for row in rows]), now()
        views = []
        for row in rows:
            secrets = await uow.webhooks.secrets(row.id, moment)
            stands = circuit(row.failures, self._limits, waits=row.next_at > moment)
            views.append(_view(row, secrets, backlogs.get(row.id, Backlog(0, None)), stands))
        return views


def _view(
    row: SubscriptionRow, secrets: Sequence[WebhookSecretRow], backlog: Backlog, stands: Circuit
) -> SubscriptionView:
    same = ("id", "version", "url", "include_lead", "description", "created_by", "created_at", "updated_at", "failures",
            "next_at")  # fmt: skip
    return SubscriptionView(
        **{name: getattr(row, name) for name in same},
        kinds=row.kinds,
        paused=Pause(row.paused_reason) if row.paused_reason else None,
        secrets=[SecretView(id=one.id, created_at=one.created_at, expires_at=one.expires_at) for one in secrets],
        waiting=backlog.waiting,
        waiting_since=backlog.since,
        circuit=stands,
    )
