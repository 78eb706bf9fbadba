"""Consent certificates (DOMAIN T19): which addresses are real ones, until when they can be claimed, what an answer means.

TrustedForm: every request carries the account's key, so it may go to nobody but the vendor. Its documentation: "Do not make a
request unless the URL starts with https://cert.trustedform.com" (TrustedForm API, overview); certificate ids have at most 255
characters; `match_lead` and `retain` are described at developers.activeprospect.com/docs/trustedform/api/v4.0. Jornaya's
LeadiD is a token without an address of its own and is not claimed by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kernel.errors import FieldError, Invalid

OFFICIAL_HOSTS: Mapping[str, str] = {"cert.trustedform.com": "trustedform"}
"""Host of a certificate's address -> vendor."""
CLAIM_HOURS = 72
CLAIM_DAYS_SUBMIT_SEEN = 90
_ADDRESS = re.compile(r"https://([A-Za-z0-9.-]{1,253})/([A-Za-z0-9_-]{1,255})/?", re.ASCII | re.IGNORECASE)


class Outcome(StrEnum):
    """How a certificate stands. ``WAITING`` is to be claimed; every other one is final."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    MISMATCH = "mismatch"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    REFUSED = "refused"
    NOT_CLAIMED = "not_claimed"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate's address in the one form in which it is asked: host in lower case, no query."""

    vendor: str
    host: str
    id: str

    @property
    def url(self) -> str:
        """Where it is claimed."""
        return f"https://{self.host}/{self.id}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the vendor answered. ``resold`` is True where the certificate had been retained before: a sign of a resale."""

    outcome: Outcome
    words: str
    resold: bool = False
    email_match: bool | None = None
    phone_match: bool | None = None
    kept_until: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without anything personal."""
        return {
            "outcome": self.outcome.value, "words": self.words, "previously_retained": self.resold,
            "email_match": self.email_match, "phone_match": self.phone_match, "kept_until": self.kept_until,
        }  # fmt: skip


def read_certificate(text: str) -> Certificate:
    """The certificate at an official host that ``text`` is exactly. Raises Invalid for anything else.

    The whole text must have the one form ``https://host/id``, so user names, ports, queries, escapes, other alphabets and a
    dot behind the host have no place in it, and the host is compared as a whole.
    """
    found = _ADDRESS.fullmatch(text.strip())
    host = found.group(1).lower() if found else ""
    vendor = OFFICIAL_HOSTS.get(host)
    if found is None or vendor is None:
        remedy = f"send https:// and one of {', '.join(OFFICIAL_HOSTS)}, then the certificate's id"
        fault = FieldError(
            "certificate_url", "not_official", "is no certificate at an official host", remedy, text[:80]
        )
        raise Invalid("the consent certificate cannot be used", fields=(fault,))
    return Certificate(vendor, host, found.group(2))


def claim_until(created_at: datetime, *, submit_seen: bool = False) -> datetime:
    """The end of the time in which a certificate made at ``created_at`` can be claimed: 72 hours, 90 days where the vendor
    saw the form being sent. Whether it did is not known before it is asked, so callers who do not know say it did not.
    """
    return created_at + (timedelta(days=CLAIM_DAYS_SUBMIT_SEEN) if submit_seen else timedelta(hours=CLAIM_HOURS))


def read_claim(body: Mapping[str, Any]) -> Claim:
    """A TrustedForm v4 answer of status 200. One of e-mail and phone must match (T19); what does not say so is a mismatch."""
    matched = _part(_part(body, "match_lead"), "result")
    retained = _part(_part(body, "retain"), "results")
    email, phone = _flag(matched.get("email_match")), _flag(matched.get("phone_match"))
    resold = _flag(retained.get("previously_retained")) is True
    until = retained.get("expires_at")
    kept_until = until if isinstance(until, str) else None
    if email is not True and phone is not True:
        words = "neither the e-mail nor the phone of the lead stands in the certificate"
        return Claim(Outcome.MISMATCH, words, resold, email, phone, kept_until)
    if body.get("outcome") != "success":
        return Claim(Outcome.REFUSED, "the vendor's overall answer was no success", resold, email, phone, kept_until)
    if not retained:
        return Claim(Outcome.REFUSED, "the vendor's answer does not say that it is kept", resold, email, phone, None)
    words = "claimed; it had been retained before, which is a sign of a resale" if resold else "claimed"
    return Claim(Outcome.CLAIMED, words, resold, email, phone, kept_until)


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _flag(value: object) -> bool | None:
    # The vendor's own example spells this flag as text.
    return (
        {"true": True, "false": False}.get(value.lower())
        if isinstance(value, str)
        else value is True or (None if value is None else False)
    )
