"""The services of this context on what they share: the vendors, the sealer and the contact rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.messages.opening import Messengers
from integrations.messages.push import VapidKey
from integrations.sealing import Sealer
from kernel.settings import Settings
from services.messages.contact import ContactCheck, Revoke, without_rules
from services.messages.ledger import Ledger
from services.messages.letters import Asked, Letters
from services.messages.notices import Notices
from services.messages.outgoing import Outgoing
from services.messages.people import Producers
from services.messages.reports import Reports
from services.messages.sending import Sending
from services.messages.templates import Templates
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Messages:
    """Queueing, sending, following; words, wishes and devices."""

    outgoing: Outgoing
    sending: Sending
    notices: Notices
    reports: Reports
    ledger: Ledger
    templates: Templates
    producers: Producers

    @classmethod
    def on(
        cls, database: Database, messengers: Messengers, sealer: Sealer | None, settings: Settings, *,
        asked: Mapping[str, Asked], contact: ContactCheck = without_rules, revoke: Revoke | None = None,
    ) -> Messages:  # fmt: skip
        """All of it. ``asked`` gives words that another context alone has, by kind of message."""
        given, public_url = settings.messages, settings.inbound.public_url
        outgoing = Outgoing(sealer)
        key = given.push.vapid_key
        return cls(
            outgoing,
            Sending(database, messengers, Letters(sealer, public_url, asked), given, contact),
            Notices(database, outgoing),
            Reports(database, given, public_url, revoke),
            Ledger(database, outgoing),
            Templates(database),
            Producers(
                database, sealer, VapidKey.read(key.get_secret_value()).public if key else None,
                allow_private=settings.webhooks.allow_private,
            ),
        )  # fmt: skip

    async def work(self) -> bool:
        """One attempt at the message that is due; False when none is."""
        return await self.sending.work()
