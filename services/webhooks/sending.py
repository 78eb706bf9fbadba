"""Sending what subscribers wait for: at least once, one at a time and in order for each, the same bytes at every attempt."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from domain.actor import Actor, system_actor
from domain.deliveries import Attempt, Limits, Next, State, after_attempt
from integrations.retries import backoff
from integrations.sealing import SEALED_BY_ANOTHER_KEY
from integrations.webhooks import WebhookSender, headers
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.ids import canonical_json
from kernel.telemetry.metrics import WEBHOOK_ATTEMPTS
from kernel.webhook_settings import WebhookSettings
from services.lead_view import view_of
from services.webhooks.secrets import NO_KEY, Secrets
from store.sql.models import LeadEventRow, PolicyEventRow
from store.sql.repositories.history import message_of, subject_of
from store.sql.repositories.platform import ClaimedDelivery
from store.sql.repositories.policies import SUBJECT as POLICIES
from store.sql.repositories.policies import TOLD, policy_message
from store.uow import Database, UnitOfWork

_log = structlog.get_logger("leadwright.webhooks")


@dataclass(frozen=True, slots=True)
class _Ready:
    """What one attempt needs, and how the subscriber stands before it."""

    url: str
    event: str
    body: bytes
    keys: list[bytes]
    failures: int
    dead_in_row: int


class Deliveries:
    """The work of :mod:`workers.webhooks`. Any number of these, in any number of processes, share it."""

    def __init__(
        self, database: Database, sender: WebhookSender, secrets: Secrets, settings: WebhookSettings, limits: Limits,
        chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._database = database
        self._sender = sender
        self._secrets = secrets
        self._settings = settings
        self._limits = limits
        self._chance = chance

    async def work(self) -> bool:
        """One attempt at the next delivery of any agency; False when none is due.

        The attempt is counted and the body kept before anything is sent, so that whoever takes over after a crash sends the
        same. What was sent and not written down is sent again under the same id.
        """
        async with self._database.platform() as platform:
            claimed = await platform.claim_delivery(timedelta(seconds=self._settings.lease_seconds))
        if claimed is None:
            return False
        actor = system_actor(claimed.agency_id, "webhooks")
        try:
            ready = await self._ready(actor, claimed)
        except Unavailable as problem:
            if problem.code in {SEALED_BY_ANOTHER_KEY, NO_KEY}:
                await self._put_back(actor, claimed, problem.code)
            raise
        if ready is None:
            return True
        moment = now()
        head = headers(claimed.delivery_id, ready.event, ready.keys, moment, ready.body)
        if claimed.attempts > self._limits.attempts:
            attempt = Attempt(error="ended_early")  # every attempt ended with its worker
        else:
            attempt = await self._sender.send(ready.url, head, ready.body, moment)
        await self._settle(actor, claimed, ready, attempt)
        return True

    async def _ready(self, actor: Actor, claimed: ClaimedDelivery) -> _Ready | None:
        async with self._database.begin(actor) as uow:
            found = await uow.webhooks.held_delivery(claimed.delivery_id, claimed.token)
            if found is None:
                return None
            delivery, subscription, event = found
            body = delivery.body
            if body is None:
                body = await _body(uow, event, include_lead=subscription.include_lead)
                await uow.webhooks.freeze(delivery.id, body, hashlib.sha256(body).hexdigest(), now())
            keys = self._secrets.opened(await uow.webhooks.secrets(subscription.id, now()))
            return _Ready(
                subscription.url, _subject(event), body, keys, subscription.failures, subscription.dead_in_row
            )

    async def _put_back(self, actor: Actor, claimed: ClaimedDelivery, code: str) -> None:
        """Wait without counting an attempt: the subscriber has no part in a key of ours that is missing."""
        wait = timedelta(seconds=self._limits.circuit_seconds)
        delivery = {"state": State.FAILED.value, "attempts": claimed.attempts - 1, "last_error": code}
        async with self._database.begin(actor) as uow:
            await uow.webhooks.settle(claimed.subscription_id, claimed.token, wait, {}, claimed.delivery_id, delivery)

    async def _settle(self, actor: Actor, claimed: ClaimedDelivery, ready: _Ready, attempt: Attempt) -> None:
        settings = self._settings
        wait = backoff(
            claimed.attempts, attempt.retry_after, self._chance,
            base=settings.first_wait_seconds, cap=settings.longest_wait_seconds,
        )  # fmt: skip
        following = after_attempt(attempt, claimed.attempts, ready.failures, ready.dead_in_row, wait, self._limits)
        subscription: dict[str, Any] = {"failures": following.failures, "dead_in_row": following.dead_in_row}
        delivery: dict[str, Any] = {
            "state": following.state.value, "last_status": attempt.status, "last_error": attempt.error,
        }  # fmt: skip
        if following.state in {State.DELIVERED, State.DEAD}:
            delivery |= {"settled_at": now(), "body": None}
        async with self._database.begin(actor) as uow:
            held = await uow.webhooks.settle(
                claimed.subscription_id, claimed.token, timedelta(seconds=following.wait), subscription,
                claimed.delivery_id, delivery,
            )  # fmt: skip
            if held and following.pause is not None:
                await uow.webhooks.pause_unless_paused(claimed.subscription_id, following.pause.value, now())
        _tell(claimed, attempt, following, held=held)


def _subject(event: LeadEventRow | PolicyEventRow) -> str:
    return f"{POLICIES}.{event.kind}" if isinstance(event, PolicyEventRow) else subject_of(event.kind)


async def _body(uow: UnitOfWork, event: LeadEventRow | PolicyEventRow, *, include_lead: bool) -> bytes:
    if isinstance(event, PolicyEventRow):  # nothing of a policy is personal in its events
        return canonical_json(policy_message({name: getattr(event, name) for name in TOLD})).encode()
    message = message_of(event)
    if include_lead:
        lead = await uow.leads.one(event.lead_id)
        message["lead"] = view_of(lead.id, lead.as_state()).model_dump(mode="json")
    return canonical_json(message).encode()


def _tell(claimed: ClaimedDelivery, attempt: Attempt, following: Next, *, held: bool) -> None:
    outcome = following.state.value if held else "lease_lost"
    WEBHOOK_ATTEMPTS.labels(outcome).inc()
    if not attempt.arrived:
        _log.warning(
            "webhook attempt failed", delivery_id=str(claimed.delivery_id), attempt=claimed.attempts, outcome=outcome,
            status=attempt.status, error=attempt.error, paused=following.pause,
        )  # fmt: skip
