"""What vendors tell us: what became of messages, and what people wrote back. Signed, or not heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from domain.actor import system_actor
from domain.messages.life import State, Step, after
from domain.messages.stop_words import stop_words
from integrations.messages import sendgrid, twilio
from integrations.messages.port import Refusal
from kernel.clock import now
from kernel.errors import Unauthenticated, Unavailable
from kernel.message_settings import MessageSettings
from services.messages.contact import Revoke
from services.messages.outgoing import address_hash
from services.messages.schemas import Taken
from store.uow import Database

_log = structlog.get_logger("leadwright.messages")
_TWILIO = {"delivered": Step.ARRIVE, "undelivered": Step.BOUNCE, "failed": Step.BOUNCE, "read": Step.ARRIVE}
_SENDGRID = {"delivered": Step.ARRIVE, "bounce": Step.BOUNCE, "dropped": Step.BOUNCE}
_ENDS = {
    "bounce": "bad_address",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}

_REVOKES = frozenset({"spamreport", "unsubscribe", "group_unsubscribe"})


class Reports:
    """A report that comes again, late or out of order changes nothing: the life of a message is a table."""

    def __init__(
        self, database: Database, settings: MessageSettings, public_url: str, revoke: Revoke | None,
        stops: Callable[[str], str | None] = stop_words,
    ) -> None:  # fmt: skip
        self._database = database
        self._settings = settings
        self._public_url = public_url
        self._revoke = revoke
        self._stops = stops

    async def twilio_status(self, agency: str, path: str, body: bytes, given: str, message: str) -> Taken:
        """What became of a text. ``path`` is the path and query that were asked, as they were signed."""
        agency_id = await self._twilio(agency, path, body, given)
        said = dict(twilio.fields_of(body))
        step = _TWILIO.get(said.get("MessageStatus", ""))
        message_id = _uuid(message)
        if step is None or message_id is None:
            return Taken(changed=0)
        error = said.get("ErrorCode", "")
        refusal = twilio.REFUSALS.get(int(error)) if error.isascii() and error.isdigit() else None
        if step is Step.BOUNCE and refusal is None:
            step = Step.GIVE_UP  # a carrier's trouble, not the number's
        code = None if step is Step.ARRIVE else (refusal.value if refusal else "undelivered")
        reason = code if refusal is not None and refusal is not Refusal.CONTENT else None
        price = twilio.price_of(said.get("Price"), said.get("PriceUnit"))
        more: dict[str, Any] = {"price": price.amount, "currency": price.currency} if price else {}
        if sid := said.get("MessageSid"):
            more["provider_id"] = sid[:100]
        return Taken(
            changed=await self._changed(agency_id, message_id, step, code, reason, said.get("To"), now(), more)
        )

    async def twilio_inbound(self, agency: str, path: str, body: bytes, given: str) -> str | None:
        """A text that somebody wrote to us: words that end messages are honoured before this returns. The words found, if any."""
        agency_id = await self._twilio(agency, path, body, given)
        said = dict(twilio.fields_of(body))
        sender, words = said.get("From", ""), self._stops(said.get("Body", ""))
        # Twilio's own opt-out handling says what it did in OptOutType
        if words is None and said.get("OptOutType") == "STOP":
            words = "STOP"
        if not words or not sender:
            return None
        moment, actor = now(), system_actor(agency_id, "messages")
        async with self._database.begin(actor) as uow:
            await uow.messages.suppress("sms", address_hash(agency_id, "sms", sender), "revoked", moment)
        if self._revoke is None:
            _log.warning("a revocation came and no contact rules are there: the number is suppressed")
        else:
            await self._revoke(actor, sender, "sms", words, moment, f"twilio:{said.get('MessageSid', '')}")
        return words

    async def sendgrid_events(self, timestamp: str, body: bytes, given: str) -> Taken:
        """What became of mails. Bounces, complaints and unsubscribes end mail to the address."""
        key = self._settings.sendgrid.webhook_key
        if not key or not sendgrid.holds(sendgrid.public_key(key), timestamp, body, given):
            raise Unauthenticated("the signature does not hold")
        changed = 0
        for event in sendgrid.events_of(body):
            changed += await self._mailed(event)
        return Taken(changed=changed)

    async def _mailed(self, event: Mapping[str, Any]) -> int:
        agency_id, message_id = _uuid(event.get("agency")), _uuid(event.get("message"))
        kind = str(event.get("event"))
        if agency_id is None or message_id is None:
            return 0
        step, reason = _SENDGRID.get(kind), _ENDS.get(kind)
        if kind == "bounce" and event.get("type") == "blocked":
            reason = None  # the mail was refused, not the address
        code = None if step is Step.ARRIVE else str(event.get("type") or kind)[:40]
        at = sendgrid.moment_of(event.get("timestamp"), now())
        address = event.get("email")
        address = address if isinstance(address, str) else None
        if kind in _REVOKES and address and self._revoke is not None and await self._known(agency_id, message_id):
            key = f"sendgrid:{event.get('sg_event_id') or f'{message_id}:{kind}'}"
            await self._revoke(system_actor(agency_id, "messages"), address, "email", kind, at, key)
        return await self._changed(agency_id, message_id, step, code, reason, address, at, {})

    async def _known(self, agency_id: UUID, message_id: UUID) -> bool:
        async with self._database.begin(system_actor(agency_id, "messages")) as uow:
            return await uow.messages.reported(message_id) is not None

    async def _changed(
        self, agency_id: UUID, message_id: UUID, step: Step | None, code: str | None, reason: str | None,
        address: str | None, at: datetime, more: Mapping[str, Any],
    ) -> int:  # fmt: skip
        async with self._database.begin(system_actor(agency_id, "messages")) as uow:
            row = await uow.messages.reported(message_id)
            if row is None:
                return 0
            if reason is not None and address:
                await uow.messages.suppress(row.channel, address_hash(agency_id, row.channel, address), reason, at)
            following = after(State(row.state), step) if step is not None else None
            if following is None:
                return 0
            noted = {"state": following.value, "at": at.isoformat()} | ({"code": code} if code else {})
            row.state, row.code, row.steps = following.value, code, [*row.steps, noted]
            row.sent_at = row.sent_at or at
            for name, value in more.items():
                setattr(row, name, value)
            await uow.session.flush()
        return 1

    async def _twilio(self, agency: str, path: str, body: bytes, given: str) -> UUID:
        """The agency of the path, once the signature holds. Who does not sign learns nothing, nor which agencies there are."""
        token = self._settings.twilio.auth_token
        url = self._public_url + path
        if token is None or not twilio.holds(token.get_secret_value(), url, body, given):
            raise Unauthenticated("the signature does not hold")
        async with self._database.platform() as platform:
            found = await platform.agency_of(agency)
        if found is None:
            raise Unavailable("no such agency; correct the address at Twilio", code="no_agency")
        return found


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
