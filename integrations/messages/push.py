"""Web Push: the body encrypted for the browser (RFC 8291, RFC 8188), ourselves named to the push service (RFC 8292).

A second sending of the same message replaces the first while that waits (``Topic``, RFC 8030 section 5.4).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import timedelta

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.deliveries import Attempt
from integrations.messages.port import Away, Handed, Locked, Message, PushKeys, Refusal, Sent
from integrations.webhooks import WebhookSender
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.message_settings import PushSettings

_RECORD = 4096  # RFC 8188: one record holds everything that a push may carry
_LONGEST = 3_000
_SECRET, _POINT = 16, 65
_TOKEN_LIFE = timedelta(hours=12)  # RFC 8292 allows a day
_GONE = frozenset({404, 410})
_KEY = frozenset({401, 403})
_PASSING = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class VapidKey:
    """The application server's key. ``public`` is what browsers subscribe with, base64url."""

    private: EllipticCurvePrivateKey

    @classmethod
    def read(cls, text: str) -> VapidKey:
        """From base64url of the private number. Raises Invalid for anything else."""
        try:
            return cls(derive_private_key(int.from_bytes(unpadded(text)), SECP256R1()))
        except ValueError:
            fault = FieldError(
                "vapid_key", "malformed", "is no P-256 private key", "make one: base64url of 32 random bytes"
            )
            raise Invalid("LEADWRIGHT_MESSAGES__PUSH__VAPID_KEY cannot be used", fields=(fault,)) from None

    @property
    def public(self) -> str:
        """The uncompressed point."""
        return padded(_point(self.private.public_key()))


def encrypt(
    body: bytes, keys: PushKeys, *, salt: bytes | None = None, key: EllipticCurvePrivateKey | None = None
) -> bytes:
    """``body`` for the browser alone, as aes128gcm. ``salt`` and ``key`` are fresh unless a test holds them still."""
    salt, own = salt or os.urandom(_SECRET), key or generate_private_key(SECP256R1())
    theirs, secret = _subscriber(keys)
    mine = _point(own.public_key())
    shared = own.exchange(ECDH(), theirs)
    ikm = _hkdf(secret, b"WebPush: info\x00" + _point(theirs) + mine, 32).derive(shared)
    content_key = _hkdf(salt, b"Content-Encoding: aes128gcm\x00", 16).derive(ikm)
    nonce = _hkdf(salt, b"Content-Encoding: nonce\x00", 12).derive(ikm)
    sealed = AESGCM(content_key).encrypt(nonce, body + b"\x02", None)
    return salt + _RECORD.to_bytes(4) + bytes([len(mine)]) + mine + sealed


def check_keys(keys: PushKeys) -> None:
    """Raise Invalid for keys that no browser made."""
    try:
        _subscriber(keys)
    except ValueError:
        fault = FieldError("keys", "malformed", "are no keys of a push subscription", "send what the browser gave")
        raise Invalid("the subscription cannot be used", fields=(fault,)) from None


class PushMessenger:
    """One POST for each push, by the sender of webhooks: the browser names the address, so it is checked as theirs are."""

    name = "web_push"

    def __init__(self, settings: PushSettings, key: VapidKey, sender: WebhookSender) -> None:
        self._settings = settings
        self._key = key
        self._sender = sender

    async def send(self, message: Message) -> Handed:
        """Send a push."""
        if message.keys is None:
            return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
        said = {"title": message.subject, "body": message.text[:_LONGEST], "url": message.link, "id": message.id}
        body = json.dumps(said, ensure_ascii=False).encode()
        if len(body) > _LONGEST:
            return Handed(Sent.REFUSED, refusal=Refusal.CONTENT)
        try:
            sealed = encrypt(body, message.keys)
        except ValueError:
            return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
        head = self._head(message)
        return _read(await self._sender.send(message.to, head, sealed, now()))

    def _head(self, message: Message) -> dict[str, str]:
        url, given = httpx.URL(message.to), self._settings
        audience = f"{url.scheme}://{url.netloc.decode('ascii')}"
        claims = {"aud": audience, "exp": int((now() + _TOKEN_LIFE).timestamp()), "sub": given.contact}
        token = jwt.encode(claims, self._key.private, algorithm="ES256")
        return {
            "Content-Type": "application/octet-stream", "Content-Encoding": "aes128gcm", "TTL": str(given.ttl_seconds),
            "Urgency": "high", "Topic": padded(hashlib.sha256(message.id.encode()).digest()[:24]),
            "Authorization": f"vapid t={token}, k={self._key.public}",
        }  # fmt: skip


def _read(attempt: Attempt) -> Handed:
    status = attempt.status
    if attempt.arrived:
        return Handed(Sent.SENT)
    if attempt.error == "refused_address" or (status in _GONE and attempt.error is None):
        return Handed(Sent.REFUSED, refusal=Refusal.GONE)
    if status in _KEY:
        raise Locked(f"a push service answers {status}: check the VAPID key")
    if attempt.error or status is None or status in _PASSING or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Away(
            "a push service does not answer as it should",
            retry_after=attempt.retry_after,
            code=attempt.error or f"http_{status}",
        )
    return Handed(Sent.REFUSED, refusal=Refusal.CONTENT)


def padded(raw: bytes) -> str:
    """Base64url without padding, as RFC 8291 writes it."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpadded(text: str) -> bytes:
    """The bytes of base64url with or without padding. Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError(str(problem)) from None


def _subscriber(keys: PushKeys) -> tuple[EllipticCurvePublicKey, bytes]:
    point, secret = unpadded(keys.p256dh), unpadded(keys.auth)
    if len(point) != _POINT or len(secret) != _SECRET:
        msg = "a point of 65 bytes and a secret of 16"
        raise ValueError(msg)
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point), secret


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, info: bytes, length: int) -> HKDF:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info)
