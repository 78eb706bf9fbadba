"""Time-ordered ids and derived keys."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import uuid
from typing import Any

_NAMESPACE = uuid.UUID("6c0a6f0e-9a53-5e5b-8a0c-6c656164776d")
_lock = threading.Lock()
_last = 0


def new_id() -> uuid.UUID:
    """A UUID version 7 (RFC 9562): sorts by creation time, strictly increasing within a process."""
    global _last  # noqa: PLW0603 - the counter is the point: two ids of one millisecond must keep their order
    with _lock:
        stamp = max(time.time_ns() * 4096 // 1_000_000, _last + 1)  # milliseconds with a 12-bit fraction
        _last = stamp
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62
    return uuid.UUID(int=value | int.from_bytes(os.urandom(8), "big") >> 2)


def derived_id(*parts: object) -> uuid.UUID:
    """The same id for the same parts, for ever: what makes a repeated step find its first result."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts))


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, for hashing; values must already be JSON types."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 in hex over :func:`canonical_json`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
