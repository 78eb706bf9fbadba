"""Rows of a licence database's extract, in the words of NIPR and of state departments, as parts of a profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.geo import STATES
from domain.lines import Authority
from kernel.errors import FieldError

_NAMES = {
    "producer": ("producer", "external_id", "producer_id", "agent", "agent_id"),
    "state": ("state", "jurisdiction", "state_code"),
    "number": ("number", "license_number", "licence_number", "license_no", "licence_no"),
    "authorities": ("authorities", "lines_of_authority", "line_of_authority", "loa"),
    "status": ("status", "license_status", "licence_status"),
    "effective": ("effective", "effective_date", "issue_date", "license_issue_date"),
    "expires": ("expires", "expiration_date", "expiry_date", "license_expiration_date"),
}
_STATUS = {
    "active": "active", "inactive": "inactive", "expired": "inactive", "lapsed": "inactive", "cancelled": "inactive",
    "canceled": "inactive", "terminated": "inactive", "surrendered": "inactive", "suspended": "suspended",
    "revoked": "revoked",
}  # fmt: skip
_AUTHORITIES = {
    "property": {Authority.PROPERTY}, "casualty": {Authority.CASUALTY},
    "property and casualty": {Authority.PROPERTY, Authority.CASUALTY}, "p and c": {Authority.PROPERTY, Authority.CASUALTY},
    "personal lines": {Authority.PERSONAL}, "life": {Authority.LIFE}, "accident and health": {Authority.HEALTH},
    "accident and health or sickness": {Authority.HEALTH}, "health": {Authority.HEALTH},
    "life and health": {Authority.LIFE, Authority.HEALTH},
    "life accident and health": {Authority.LIFE, Authority.HEALTH}, "variable life and variable annuity": {Authority.VARIABLE},
    "variable": {Authority.VARIABLE},
} | {one.value.replace("_", " "): {one} for one in Authority}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExtractRow:
    """What a row says. ``licence`` is None where the source knows of the producer and lists nothing: unknown, not none (T2).

    ``doubts`` are words that nobody here knows; what they stand for is not permitted.
    """

    producer: str
    licence: dict[str, Any] | None
    doubts: tuple[FieldError, ...] = ()


def read_row(given: Mapping[str, Any], source: str, checked_at: datetime) -> tuple[ExtractRow | None, list[FieldError]]:
    """The row, or what is wrong with it, by the columns' usual names."""
    columns = {re.sub(r"[^a-z]+", "_", str(name).lower()).strip("_"): value for name, value in given.items()}
    said = {
        what: next((columns[name] for name in names if columns.get(name) not in (None, "", [])), None)
        for what, names in _NAMES.items()
    }
    if said["producer"] is None:
        return None, [FieldError("producer", "missing", "names nobody", "give the agency's id of the producer")]
    producer = str(said["producer"]).strip()
    if said["state"] is None and said["number"] is None:
        return ExtractRow(producer, None), []
    faults, doubts = [], []
    state = str(said["state"] or "").strip().upper()
    if state not in STATES:
        faults.append(FieldError("state", "unknown", "is no state", "give two letters, such as FL", state[:80]))
    if said["number"] is None:
        faults.append(FieldError("number", "missing", "is empty", "give the licence's number"))
    effective = _day(said["effective"])
    if effective is None:
        faults.append(_no_day("effective", said["effective"]))
    expires = _day(said["expires"])
    if said["expires"] is not None and expires is None:
        faults.append(_no_day("expires", said["expires"]))
    held, unknown = _authorities(said["authorities"])
    doubts += [FieldError("authorities", "unknown", "no such authority here", "", word[:80]) for word in unknown]
    status = _STATUS.get(str(said["status"] or "").strip().lower(), "unknown")
    if status == "unknown":
        doubts.append(FieldError("status", "unknown", "counts as unknown", "", str(said["status"] or "")[:80]))
    if faults:
        return None, faults
    assert effective is not None
    licence = {
        "state": state, "number": str(said["number"]).strip(), "status": status, "authorities": held,
        "effective": effective.isoformat(), "expires": expires.isoformat() if expires else None,
        "checked_at": checked_at.isoformat(), "source": source,
    }  # fmt: skip
    return ExtractRow(producer, licence, tuple(doubts)), []


def _authorities(given: Any) -> tuple[list[str], list[str]]:
    words = given if isinstance(given, list) else re.split(r"[;|]", str(given or ""))
    held: set[Authority] = set()
    unknown = []
    for word in (str(one).strip() for one in words):
        plain = re.sub(r"[^a-z]+", " ", word.lower().replace("&", " and ")).strip()
        if plain in _AUTHORITIES:
            held |= _AUTHORITIES[plain]
        elif plain:
            unknown.append(word)
    return sorted(one.value for one in held), unknown


def _day(given: Any) -> date | None:
    text = str(given or "").strip()
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text[:10], form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None


def _no_day(field: str, given: Any) -> FieldError:
    return FieldError(field, "no_day", "is no day", "give YYYY-MM-DD or MM/DD/YYYY", str(given or "")[:80])
