"""What is kept of a person's consent (DOMAIN T20): the instant, the zone, the exact words and their hash, the page, the address,
and the sellers named.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kernel.ids import digest


def given_consent(
    words: str | None, at: datetime, *, zone: str, page_url: str | None, ip: str | None, sellers: Sequence[str]
) -> dict[str, Any]:
    """A consent given on a page, JSON-ready. Of ``sellers`` only those count that the words name."""
    named = [seller for seller in sellers if words and _folded(seller) in _folded(words)]
    return {
        "granted": True, "text": words, **({"text_hash": digest(words)} if words else {}),
        "at": at.astimezone(UTC).isoformat(), "zone": zone, "page_url": page_url and page_url[:2_000], "ip": ip,
        "sellers": named,
    }  # fmt: skip


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
