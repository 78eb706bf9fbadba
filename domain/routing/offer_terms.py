"""An agency's terms of offers: whether producers are asked, how long they have, and when a person takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.lines import Tier
from kernel.errors import FieldError, Invalid

SETTING = "offers"
"""The name among the agency's settings."""
_MOST_MINUTES = 60 * 24 * 14
_MOST_DECLINES = 50


class Drain(StrEnum):
    """In which order leads that wait for a producer are tried when one is free."""

    OLDEST = "oldest"
    BEST = "best"


class WhenStale(StrEnum):
    """What follows when an accepted lead was not contacted in time: a manager is told, or it also goes back to the queue."""

    TELL = "tell"
    QUEUE = "queue"


class WhenNoCall(StrEnum):
    """Where the person may not be called before a known hour: the lead waits for it, or is offered and the offer says so."""

    HOLD = "hold"
    TELL = "tell"


_ANSWER = {Tier.HOT: 10, Tier.WARM: 30, Tier.COOL: 120}


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """Minutes are contactable ones: they pass while the consumer may be contacted and the producer is on shift.

    ``required``: a claim waits for the producer's answer. ``answer_minutes`` and ``contact_minutes`` are by the lead's tier;
    a lead without one has those of the lowest, and a tier without ``contact_minutes`` is never stale. ``max_declines`` and
    ``max_minutes`` are how many may turn a lead down, and how long is searched, before a person gets it. ``when_no_call``: a lead
    for which waiting does not help is offered either way, and the offer says so.
    """

    required: bool = False
    answer_minutes: Mapping[Tier, int] = field(default_factory=lambda: dict(_ANSWER))
    contact_minutes: Mapping[Tier, int] = field(default_factory=dict)
    max_declines: int = 5
    max_minutes: int = 480
    drain: Drain = Drain.OLDEST
    when_stale: WhenStale = WhenStale.TELL
    when_no_call: WhenNoCall = WhenNoCall.HOLD

    def to_answer(self, tier: str | None) -> int:
        """Contactable minutes in which an offer of a lead of that tier is to be answered."""
        return self.answer_minutes[Tier(tier) if tier else Tier.COOL]

    def to_contact(self, tier: str | None) -> int | None:
        """Contactable minutes from acceptance to the first contact; None where the agency sets no limit."""
        return self.contact_minutes.get(Tier(tier) if tier else Tier.COOL)

    def as_dict(self) -> dict[str, Any]:
        """JSON types; round trip through :meth:`from_dict` is exact."""
        return {
            "required": self.required, "answer_minutes": {tier.value: least for tier, least in self.answer_minutes.items()},
            "contact_minutes": {tier.value: most for tier, most in self.contact_minutes.items()},
            "max_declines": self.max_declines, "max_minutes": self.max_minutes, "drain": self.drain.value,
            "when_stale": self.when_stale.value, "when_no_call": self.when_no_call.value,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> OfferTerms:
        """The terms as they are set; what is not named has its default. Raises :class:`~kernel.errors.Invalid` with one entry for
        each thing wrong.
        """
        known = {name: data[name] for name in _READ if name in data}
        usable = f"use any of {', '.join(_READ)}"
        wrong = [_fault(name, "unknown", data[name], usable) for name in sorted(set(data) - set(known))]
        read = {}
        for name, value in known.items():
            try:
                read[name] = _READ[name](value)
            except _WrongError as problem:
                wrong.append(_fault(name, "out_of_range", value, str(problem)))
        if wrong:
            raise Invalid("the terms of offers cannot be used", fields=tuple(wrong))
        answer = _ANSWER | read.pop("answer_minutes", {})
        return cls(answer_minutes=answer, **read)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> OfferTerms:
        """Those of an agency's settings."""
        found = settings.get(SETTING)
        return DEFAULT if found is None else cls.from_dict(found)


class _WrongError(Exception):
    """The remedy in words."""


def _fault(name: str, code: str, value: object, remedy: str) -> FieldError:
    shown = str(value)[:80]
    return FieldError(f"{SETTING}.{name}", code, f"{shown!r} is not possible", remedy, shown)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("say true or false")
    return value


def _whole(least: int, most: int, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _WrongError(f"give a whole number from {least} to {most}")
    return value


def _by_tier(value: object) -> dict[Tier, int]:
    tiers = {tier.value for tier in Tier}
    if not isinstance(value, Mapping) or not set(value) <= tiers:
        raise _WrongError(f"give minutes for any of {', '.join(tier.value for tier in Tier)}")
    return {Tier(name): _whole(1, _MOST_MINUTES, minutes) for name, minutes in value.items()}


def _one_of(kind: type[Drain | WhenStale | WhenNoCall], value: object) -> Any:
    try:
        return kind(str(value))
    except ValueError:
        raise _WrongError(f"use one of {', '.join(kind)}") from None


_READ: dict[str, Any] = {
    "required": _flag,
    "answer_minutes": _by_tier,
    "contact_minutes": _by_tier,
    "max_declines": lambda value: _whole(1, _MOST_DECLINES, value),
    "max_minutes": lambda value: _whole(1, _MOST_MINUTES, value),
    "drain": lambda value: _one_of(Drain, value),
    "when_stale": lambda value: _one_of(WhenStale, value),
    "when_no_call": lambda value: _one_of(WhenNoCall, value),
}
DEFAULT = OfferTerms()
