"""The services of this context on what they share: the sealed secrets and the limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.deliveries import Limits
from integrations.sealing import Sealer
from integrations.webhooks import WebhookSender
from kernel.webhook_settings import WebhookSettings
from services.webhooks.secrets import Secrets
from services.webhooks.sending import Deliveries
from services.webhooks.subscriptions import Subscriptions
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Who is told of events, and the telling."""

    secrets: Secrets
    subscriptions: Subscriptions
    deliveries: Deliveries

    @classmethod
    def on(
        cls, database: Database, sender: WebhookSender, sealer: Sealer | None, settings: WebhookSettings
    ) -> Webhooks:
        """Both services as ``settings`` want them."""
        secrets = Secrets(sealer, timedelta(hours=settings.overlap_hours))
        limits = Limits(
            settings.attempts, settings.circuit_failures, settings.circuit_seconds, settings.dead_in_row,
            settings.longest_wait_seconds,
        )  # fmt: skip
        return cls(
            secrets,
            Subscriptions(database, sender, secrets, limits),
            Deliveries(database, sender, secrets, settings, limits),
        )
