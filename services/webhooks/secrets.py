"""Secrets that sign deliveries: made, kept sealed, opened to sign."""

from __future__ import annotations

import base64
import secrets as randomness
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from integrations.sealing import Sealer
from kernel.errors import Conflict, Unavailable
from kernel.ids import new_id
from services.webhooks.schemas import SecretMade
from store.sql.models import WebhookSecretRow
from store.uow import UnitOfWork

NO_KEY = "no_secret_key"
PREFIX = "whsec_"
MOST = 5
_BYTES = 32


class Secrets:
    """Signing secrets of subscriptions. Without a sealer (no key is set) they can be neither made nor used."""

    def __init__(self, sealer: Sealer | None, overlap: timedelta) -> None:
        self._sealer = sealer
        self._overlap = overlap

    async def make(self, uow: UnitOfWork, subscription_id: UUID, at: datetime) -> SecretMade:
        """A new secret, shown this once; those in force sign along for the overlap. Raises Conflict past five."""
        if len(await uow.webhooks.secrets(subscription_id, at)) >= MOST:
            raise Conflict(f"{MOST} secrets are in force; wait until one has ended", code="too_many_secrets")
        key, secret_id = randomness.token_bytes(_BYTES), new_id()
        row = {
            "id": secret_id, "subscription_id": subscription_id, "created_at": at, "expires_at": None,
            "sealed": self._sealing().seal(key, _about(uow.actor.agency_id, secret_id)),
        }  # fmt: skip
        await uow.webhooks.add_secret(row, at + self._overlap)
        return SecretMade(id=secret_id, created_at=at, secret=PREFIX + base64.b64encode(key).decode())

    def opened(self, rows: Sequence[WebhookSecretRow]) -> list[bytes]:
        """The keys. Raises Unavailable where they were sealed with a key that is no longer configured."""
        return [self._sealing().open(row.sealed, _about(row.agency_id, row.id)) for row in rows]

    def _sealing(self) -> Sealer:
        if self._sealer is None:
            raise Unavailable("subscribers' secrets need LEADWRIGHT_INBOUND__SECRET_KEY; set it", code=NO_KEY)
        return self._sealer


def _about(agency_id: UUID, secret_id: UUID) -> str:
    return f"webhook {agency_id}/{secret_id}"
