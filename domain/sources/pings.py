"""A ping: what may be asked about a lead without saying who it is, and whether the post is the lead that was pinged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import FieldError, Invalid

# What names or reaches a person, alone or together with little else. A date of birth is one; an age is none.
IDENTITY = frozenset((
    "full_name", "first_name", "last_name", "email", "email_alt", "phone", "phone_alt", "contact", "street", "address",
    "date_of_birth", "external_id", "message", "consent_ip", "certificate_url",
))  # fmt: skip
ASKED = frozenset(
    ("state", "zip", "line", "age", "city", "language", "current_carrier", "premium", "budget", "employees")
)
"""Fields a ping may have; anything else is refused, since it could name a person under a name of its own."""


@dataclass(frozen=True, slots=True)
class PingFacts:
    """What the ping's answer rested on: possible states, lines, ZIP."""

    states: tuple[str, ...]
    lines: tuple[str, ...]
    zip: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"states": list(self.states), "lines": list(self.lines), "zip": self.zip}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PingFacts:
        """Out of :meth:`as_dict`."""
        return cls(tuple(data["states"]), tuple(data["lines"]), data["zip"])


def require_anonymous(fields: Mapping[str, str]) -> None:
    """Raise Invalid for each field that names a person, and for each that a ping does not have."""
    faults = []
    for name, text in fields.items():
        if not text.strip() or name in ASKED:
            continue
        if name in IDENTITY:
            faults.append(FieldError(name, "identity_in_ping", "names a person", "send it with the post only"))
        else:
            remedy = f"a ping may have {', '.join(sorted(ASKED))}"
            faults.append(FieldError(name[:80], "unknown", "is no field of a ping", remedy))
    if faults:
        raise Invalid("the ping cannot be accepted", fields=tuple(faults), code="ping_refused")


def differences(pinged: PingFacts, posted: PingFacts) -> tuple[FieldError, ...]:
    """What the post changed of that which the price was given for; more detail where nothing was said is no change."""
    found = []
    pairs = (("state", pinged.states, posted.states), ("line", pinged.lines, posted.lines),
             ("zip", _one(pinged.zip), _one(posted.zip)))  # fmt: skip
    for name, before, after in pairs:
        narrowed = name == "state" and after and set(after) <= set(before)
        if before and before != after and not narrowed:
            said = ", ".join(before)
            found.append(
                FieldError(name, "differs_from_ping", f"the ping said {said}", "post what was pinged, or ping again",
                           ", ".join(after) or None)
            )  # fmt: skip
    return tuple(found)


def _one(text: str | None) -> tuple[str, ...]:
    return (text[:5],) if text else ()
