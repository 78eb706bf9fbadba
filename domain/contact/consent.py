"""What a stored consent allows: the channels that its words name, whether they name the seller, whether the evidence is whole.

The words decide (T20). A channel or a seller that the sender lists beside them, but that the person did not read, counts for
nothing. That a consent names several sellers takes nothing from it: the one-to-one rule was vacated on 24 January 2025
(Insurance Marketing Coalition v. FCC, 11th Cir.); see T17 for Medicare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.contact.channels import Channel
from domain.contact.facts import Consent
from kernel.ids import digest

_NAMES = {
    Channel.CALL: re.compile(r"\b(?:tele)?(?:phone|call)(?:s|ed|ing)?\b|\bllam\w+|\btelef\w+"),
    Channel.AUTODIALLED: re.compile(
        r"\b(?:auto-?(?:matic(?:ally)?|mated)?[ -]?(?:telephone )?dial\w*|automated|pre-?recorded|artificial|robo-?calls?)\b|"
        r"\bautom[aá]tic\w+|\bpregrabad\w+|\bartificial\w*"
    ),
    Channel.SMS: re.compile(r"\b(?:sms|text(?:s|ed|ing)?(?: messages?)?|text messages?)\b|\bmensajes? de texto\b"),
    Channel.EMAIL: re.compile(r"\be-?mail(?:s|ed|ing)?\b|\bcorreos? electr[oó]nicos?\b"),
    Channel.MAIL: re.compile(r"\b(?:postal|regular|direct) mail\b|\bcorreo postal\b"),
}
_CONTRADICTED = frozenset({"mismatch", "not_found", "expired", "refused"})
"""Answers of a certificate's vendor that take the consent's evidence away (domain.consent.certificates)."""


def read_consent(stored: Mapping[str, Any] | None, sellers: Iterable[str]) -> Consent | None:
    """The consent as stored with a lead, for a seller known under these names; None where there is none or it was withheld."""
    if not stored or stored.get("granted", True) is not True:
        return None
    words = stored.get("text")
    words = words if isinstance(words, str) and words.strip() else None
    low = _folded(words or "")
    at = _instant(stored.get("at"))
    kept = stored.get("text_hash")
    whole = words is not None and at is not None and kept == digest(words)
    certificate = stored.get("certificate")
    outcome = certificate.get("outcome") if isinstance(certificate, Mapping) else None
    return Consent(
        channels=frozenset(channel for channel, named in _NAMES.items() if named.search(low)),
        names_seller=any(_says(low, name) for name in sellers),
        at=at,
        words_hash=kept if isinstance(kept, str) else None,
        complete=whole and outcome not in _CONTRADICTED,
    )


def _says(low: str, name: str) -> bool:
    wanted = _folded(name)
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", low) is not None


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _folded(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split())
