"""What every way to a person has in common, and the twin for ways that are not set up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import structlog

from kernel.errors import Unavailable

_log = structlog.get_logger("leadwright.integrations.messages")


class Sent(StrEnum):
    """What became of a message. ``NOT_SENT``: there is no vendor to send it by."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_SENT = "not_sent"


class Refusal(StrEnum):
    """Why a vendor refuses for good. ``GONE``: the device unsubscribed; ``CONTENT``: the message, not the address, is wrong."""

    BAD_ADDRESS = "bad_address"
    UNSUBSCRIBED = "unsubscribed"
    GONE = "gone"
    CONTENT = "content"

    @property
    def of_address(self) -> bool:
        """Whether the address takes nothing at all from us from now on."""
        return self is not Refusal.CONTENT


@dataclass(frozen=True, slots=True)
class PushKeys:
    """The keys of a browser's subscription, base64url: its P-256 point and its secret."""

    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one address. ``id`` goes along, so that a second sending is recognisable as one where the vendor can.

    ``to`` is an e-mail address, a number in E.164, or a push service's URL with ``keys``. ``report_to`` is where the vendor
    may report what became of it.
    """

    id: str
    to: str
    subject: str
    text: str
    html: str | None = None
    sender_name: str | None = None
    link: str | None = None
    keys: PushKeys | None = None
    agency_id: str = ""
    report_to: str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a vendor says a message costs; fractions of a cent are usual."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Handed:
    """How handing over ended; ``price`` is what the vendor said, if it did."""

    outcome: Sent
    provider_id: str | None = None
    refusal: Refusal | None = None
    price: Price | None = None


class Away(Unavailable):
    """Trying again may help: too fast, broken, slow, or not to be reached. ``retry_after`` in seconds, if the vendor asks."""

    def __init__(self, detail: str, *, retry_after: float | None = None, code: str = "vendor_away") -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class Locked(Away):
    """The vendor does not know us: a key is wrong or an account closed. No message is to blame; they wait as long as they may."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="vendor_auth")


class Messenger(Protocol):
    """Sends messages one way."""

    @property
    def name(self) -> str:
        """The vendor, as the ledger names it."""
        ...

    async def send(self, message: Message) -> Handed:
        """Hand the message over. Raises Unavailable where trying again may help, Away with how long to wait."""
        ...


class LogMessenger:
    """No vendor is configured: notes that there was a message, without its address and words."""

    name = "log"

    def __init__(self, setting: str = "LEADWRIGHT_MESSAGES__SMTP_HOST") -> None:
        self._setting = setting

    async def send(self, message: Message) -> Handed:
        """Log the id alone."""
        _log.warning("message not sent: a vendor is not set up", message=message.id, setting=self._setting)
        return Handed(Sent.NOT_SENT)


def on_one_line(text: str) -> bool:
    """Whether ``text`` can stand in a header or an envelope: no line end and no other control character."""
    return bool(text) and not any(ord(letter) < 32 or ord(letter) == 127 for letter in text)  # noqa: PLR2004 - ASCII controls
