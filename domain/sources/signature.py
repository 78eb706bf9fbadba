"""The signature of inbound requests: HMAC-SHA256 over the time and the raw bytes, before anything is parsed (DOMAIN T71)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

HEADER = "X-Leadwright-Signature"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}")
_AT_MOST = 10
_DUMMY = b"no such source"


@dataclass(frozen=True, slots=True)
class Signature:
    """What the header says: the sender's unix time as written, and one MAC or several while a secret is exchanged."""

    at: str
    macs: tuple[str, ...]


def read_signature(header: str) -> Signature | None:
    """``t=<unix seconds>,v1=<hex>[,v1=<hex>]``; None for anything else. Parts of versions unknown here are passed over."""
    at: str | None = None
    macs: list[str] = []
    for part in header.split(","):
        name, separator, value = part.strip().partition("=")
        if not separator or (name == "t" and (at is not None or not _SECONDS.fullmatch(value))):
            return None
        if name == "t":
            at = value
        elif name == "v1" and _HEX.fullmatch(value):
            macs.append(value)
    return Signature(at, tuple(macs)) if at is not None and 0 < len(macs) <= _AT_MOST else None


def mac(secret: bytes, at: str, body: bytes) -> str:
    """The hex HMAC-SHA256 of ``at``, a full stop and the raw body."""
    return hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def holds(signature: Signature, secrets: Sequence[bytes], body: bytes, now: datetime, tolerance: int) -> bool:
    """Whether one of the secrets made one of the MACs, ``tolerance`` seconds before or after ``now`` at the most.

    Every pair is compared, in constant time, and one MAC is computed where there is no secret, so that the time taken says
    neither which secret fitted nor whether there is such a source.
    """
    fits = False
    for secret in secrets or (_DUMMY,):
        expected = mac(secret, signature.at, body)
        for given in signature.macs:
            fits |= hmac.compare_digest(expected, given)
    in_time = abs(int(now.timestamp()) - int(signature.at)) <= tolerance
    return fits and in_time and bool(secrets)
