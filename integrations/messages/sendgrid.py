"""E-mail by SendGrid, and the proof that its events come from there.

SendGrid has no idempotency key: a crash between its answer and our commit sends a mail again, under the same Message-ID
header of ours, by which mail programs fold the two.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from integrations.messages.answers import object_of, posted
from integrations.messages.port import Handed, Message, Refusal, Sent, on_one_line
from kernel.errors import FieldError, Invalid
from kernel.message_settings import MessageSettings

_MOST_EVENTS = 10_000


class SendgridMessenger:
    """One POST for each mail."""

    name = "sendgrid"

    def __init__(self, settings: MessageSettings, client: httpx.AsyncClient) -> None:
        key = settings.sendgrid.api_key
        self._head = {"Authorization": f"Bearer {key.get_secret_value() if key else ''}"}
        self._url = f"{settings.sendgrid.url}/v3/mail/send"
        self._sender = settings.sender
        self._client = client

    async def send(self, message: Message) -> Handed:
        """Send a mail."""
        if not on_one_line(message.to) or "@" not in message.to:
            return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
        sender = {"email": parseaddr(self._sender)[1] or self._sender} | (
            {"name": message.sender_name} if message.sender_name else {}
        )
        content = [{"type": "text/plain", "value": message.text}]
        if message.html is not None:
            content.append({"type": "text/html", "value": message.html})
        body = {
            "personalizations": [{"to": [{"email": message.to}]}], "from": sender, "subject": message.subject,
            "content": content, "custom_args": {"message": message.id, "agency": message.agency_id},
            "headers": {
                "Message-ID": f"<{message.id}@{self._sender.rpartition('@')[2]}>", "Auto-Submitted": "auto-generated",
            },
        }  # fmt: skip
        response = await posted(self._client, "SendGrid", self._url, json=body, headers=self._head)
        if response.is_success:
            return Handed(Sent.SENT, response.headers.get("X-Message-Id"))
        return Handed(Sent.REFUSED, refusal=_refusal(object_of(response)))


def _refusal(told: dict[str, Any]) -> Refusal:
    """``personalizations.0.to.0.email`` is the address; whatever else is wrong is ours."""
    errors = told.get("errors")
    fields = [str(one.get("field")) for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    return (
        Refusal.BAD_ADDRESS if any(".to." in field or field.endswith(".email") for field in fields) else Refusal.CONTENT
    )


def public_key(text: str) -> EllipticCurvePublicKey:
    """The key of the signed event webhook: base64 of DER. Raises Invalid for anything else."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        fault = FieldError(
            "webhook_key", "malformed", "is no P-256 public key", "copy it from SendGrid's mail settings"
        )
        raise Invalid("LEADWRIGHT_MESSAGES__SENDGRID__WEBHOOK_KEY cannot be used", fields=(fault,))
    return key


def holds(key: EllipticCurvePublicKey, timestamp: str, body: bytes, given: str) -> bool:
    """Whether ``given`` signs the timestamp and exactly these bytes (ECDSA over SHA-256)."""
    try:
        key.verify(base64.b64decode(given, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def events_of(body: bytes) -> list[dict[str, Any]]:
    """The events of a delivery."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) > _MOST_EVENTS:
        fault = FieldError("body", "malformed", "is no list of events", "send what SendGrid sends")
        raise Invalid("the events cannot be read", fields=(fault,))
    return [one for one in found if isinstance(one, dict)]


def moment_of(seconds: object, else_at: datetime) -> datetime:
    """A Unix time as SendGrid writes it."""
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return else_at
