"""SMS by Twilio, and the proof that what comes to us comes from there.

Twilio has no idempotency key for messages: a crash between its answer and our commit sends a text again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

import httpx

from integrations.messages.answers import object_of, posted
from integrations.messages.port import Away, Handed, Locked, Message, Price, Refusal, Sent, on_one_line
from kernel.errors import FieldError, Invalid
from kernel.message_settings import TwilioSettings

# https://www.twilio.com/docs/api/errors
REFUSALS: Mapping[int, Refusal] = {
    21211: Refusal.BAD_ADDRESS, 21214: Refusal.BAD_ADDRESS, 21217: Refusal.BAD_ADDRESS, 21614: Refusal.BAD_ADDRESS,
    21612: Refusal.BAD_ADDRESS, 21408: Refusal.BAD_ADDRESS, 30003: Refusal.BAD_ADDRESS, 30005: Refusal.BAD_ADDRESS,
    30006: Refusal.BAD_ADDRESS, 21610: Refusal.UNSUBSCRIBED, 30004: Refusal.UNSUBSCRIBED,
}  # fmt: skip
_KEY = frozenset({20003, 20005, 20404})
_FAST = frozenset({20429, 14107, 30001})
_MOST_FIELDS = 200


class TwilioMessenger:
    """One POST for each text; what it costs is told later, if at all."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings, client: httpx.AsyncClient) -> None:
        token = settings.auth_token.get_secret_value() if settings.auth_token else ""
        self._auth = httpx.BasicAuth(settings.account_sid or "", token)
        self._url = f"{settings.url}/2010-04-01/Accounts/{settings.account_sid}/Messages.json"
        self._sender = settings.sender or ""
        self._client = client

    async def send(self, message: Message) -> Handed:
        """Send a text."""
        if not on_one_line(message.to):
            return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
        sender = "MessagingServiceSid" if self._sender.startswith("MG") else "From"
        body = {"To": message.to, sender: self._sender, "Body": message.text}
        if message.report_to:
            body["StatusCallback"] = message.report_to
        response = await posted(self._client, "Twilio", self._url, data=body, auth=self._auth)
        told = object_of(response)
        if response.is_success:
            return Handed(
                Sent.SENT, str(told.get("sid") or "") or None, price=price_of(told.get("price"), told.get("price_unit"))
            )
        return _refused(told, response.status_code)


def _refused(told: Mapping[str, object], status: int) -> Handed:
    code = told.get("code")
    number = code if isinstance(code, int) else 0
    if number in _KEY or status == httpx.codes.NOT_FOUND:
        raise Locked("Twilio does not know our account: check its SID, token and sender")
    if number in _FAST:
        raise Away(f"Twilio is overrun ({number})", code=f"twilio_{number}")
    return Handed(Sent.REFUSED, refusal=REFUSALS.get(number, Refusal.CONTENT))


def price_of(amount: object, unit: object) -> Price | None:
    """Twilio tells prices as negative decimals; None where it tells none yet."""
    with suppress(InvalidOperation, ValueError, TypeError):
        value = abs(Decimal(str(amount)))
        if value.is_finite() and isinstance(unit, str) and len(unit) == 3:  # noqa: PLR2004 - ISO 4217
            return Price(value, unit.upper())
    return None


def signature(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the URL and the sorted fields (https://www.twilio.com/docs/usage/security)."""
    content = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), content.encode(), hashlib.sha1).digest()).decode()


def holds(token: str, url: str, body: bytes, given: str) -> bool:
    """Whether ``given`` signs exactly these bytes as sent to ``url``; compared in constant time."""
    try:
        made = signature(token, url, fields_of(body))
    except Invalid:
        return False
    return hmac.compare_digest(made.encode(), given.encode())


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The form's fields as they were sent, in order."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        fault = FieldError("body", "malformed", "is no form", "send application/x-www-form-urlencoded")
        raise Invalid("the form cannot be read", fields=(fault,)) from None
