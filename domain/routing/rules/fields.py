"""The facts that conditions may ask, by the name under which a rule writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.geo import STATES
from domain.lines import Line, Tier, Urgency
from domain.routing.facts import LeadFacts
from domain.routing.profile import Appointment, Licence, LicenceStatus, ProducerProfile

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Weekdays, Monday first."""
AMOUNT = "lead.amount."
"""Before the sender's own name of a declared amount, as in ``lead.amount.coverage``."""

NETWORK_TIER = "producer.network_tier"
NETWORK_TIERS = ("bronze", "silver", "gold", "platinum", "diamond")
"""Tiers of the broker network, lowest first, as that context names them."""


class Shape(StrEnum):
    """How a field is asked: one of several, a number in a range, yes or no, hours, dates."""

    ONE_OF = "one_of"
    BETWEEN = "between"
    IS = "is"
    HOURS = "hours"
    DATES = "dates"


@dataclass(frozen=True, slots=True)
class Field:
    """``written`` is what a value must look like, and ``like`` tells so in words; ``read`` brings it to the form in which the
    fact is held. ``single`` says that the fact has one value at most, so that two conditions on it can exclude each other.
    """

    shape: Shape
    written: re.Pattern[str] = re.compile(r".{1,200}", re.DOTALL)
    like: str = "text"
    read: Callable[[str], str] = str
    single: bool = True


def _words(kind: type[StrEnum]) -> Field:
    words = [one.value for one in kind if one.value != "unknown"]
    return Field(Shape.ONE_OF, re.compile("|".join(words)), f"one of {', '.join(words)}")


def _folded(text: str) -> str:
    return text.strip().casefold()


_STATE = Field(Shape.ONE_OF, re.compile("|".join(sorted(STATES))), "a state's two capital letters, such as FL")
_LANGUAGE = Field(
    Shape.ONE_OF, re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"), "a language tag such as es or pt-BR", _folded
)
_ID = Field(
    Shape.ONE_OF,
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "an id such as 01a213f9-4925-71ba-9f4f-cc4875e4113a",
)
_CARRIER = Field(Shape.ONE_OF, like="a carrier's name", read=_folded)


def _several(field: Field) -> Field:
    return Field(field.shape, field.written, field.like, field.read, single=False)


OF_LEAD: dict[str, Field] = {
    "lead.line": _words(Line),
    "lead.tier": _words(Tier),
    "lead.score": Field(Shape.BETWEEN),
    "lead.state": _STATE,
    # Values of these two overlap: 33602 is also 336*, and es-MX also es.
    "lead.zip": _several(
        Field(Shape.ONE_OF, re.compile(r"[0-9]{5}|[0-9]{3}\*"), "five digits, or three and a star: 336*")
    ),
    "lead.language": _several(_LANGUAGE),
    "lead.source": Field(Shape.ONE_OF, like="a source's name"),
    "lead.urgency": _words(Urgency),
    "lead.carrier": _CARRIER,
    "lead.test": Field(Shape.IS),
}
OF_TIME: dict[str, Field] = {
    "time.weekday": Field(Shape.ONE_OF, re.compile("|".join(DAYS)), f"one of {', '.join(DAYS)}"),
    "time.hours": Field(Shape.HOURS),
    "time.dates": Field(Shape.DATES),
}
OF_PRODUCER: dict[str, Field] = {
    "producer.id": _ID,
    "producer.line": _several(_words(Line)),
    "producer.language": _several(_LANGUAGE),
    "producer.state": _several(_STATE),
    "producer.rank": Field(Shape.BETWEEN),
    "producer.carrier": _several(_CARRIER),
    "producer.team": _ID,
    NETWORK_TIER: Field(Shape.ONE_OF, re.compile("|".join(NETWORK_TIERS)), f"one of {', '.join(NETWORK_TIERS)}"),
}
PROFILE_FIELDS: dict[str, tuple[str, ...]] = {
    "producer.id": ("producer_id",), "producer.line": ("lines",), "producer.language": ("languages",),
    "producer.state": ("licences",), "producer.rank": ("rank",), "producer.carrier": ("appointments",),
    "producer.team": ("team_id",), NETWORK_TIER: ("network_tier",),
}  # fmt: skip
"""What each field reads of a profile, so that producers alike in it are asked once."""
DATED = frozenset({"producer.state", "producer.carrier"})
"""Fields whose answer may change with the date."""


def field_of(name: str, among: dict[str, Field]) -> Field | None:
    """The field of that name, or None; a declared amount is one whatever it is called."""
    if among is not OF_PRODUCER and name.startswith(AMOUNT) and len(name) > len(AMOUNT):
        return Field(Shape.BETWEEN)
    return among.get(name)


def of_lead(name: str, lead: LeadFacts) -> Any:
    """The lead's fact as conditions take it; None is unknown."""
    if name.startswith(AMOUNT):
        return lead.amounts.get(name.removeprefix(AMOUNT))
    return _OF_LEAD[name](lead)


def of_producer(name: str, profile: ProducerProfile, day: date) -> Any:
    """The producer's fact as conditions take it, on the date ``day``; None is unknown."""
    return _OF_PRODUCER[name](profile, day)


def amount(text: object) -> Decimal | None:
    """A declared amount as a number: ``$250,000`` is 250000; None for what is no single number."""
    found = re.fullmatch(r"\s*\$?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,6})?\s*", str(text))
    return None if found is None else Decimal(found[1].replace(",", "") + (found[2] or ""))


def _tags(tags: Any) -> frozenset[str]:
    folded = [_folded(tag) for tag in tags]
    return frozenset(folded) | {tag.split("-")[0] for tag in folded}


def _one(value: str | None) -> frozenset[str] | None:
    return None if not value or value == "unknown" else frozenset({str(value)})


def _zip_codes(code: str | None) -> frozenset[str] | None:
    return frozenset({code[:5], f"{code[:3]}*"}) if code else None


def _holds_on(part: Licence | Appointment, day: date) -> bool:
    return part.effective <= day and (part.expires is None or day <= part.expires)


def _states(profile: ProducerProfile, day: date) -> frozenset[str] | None:
    if not profile.licences:
        return None
    return frozenset(
        one.state for one in profile.licences if one.status is LicenceStatus.ACTIVE and _holds_on(one, day)
    )


def _carriers(profile: ProducerProfile, day: date) -> frozenset[str] | None:
    if profile.appointments is None:
        return None
    return frozenset(_folded(one.carrier) for one in profile.appointments if _holds_on(one, day))


_OF_LEAD: dict[str, Callable[[LeadFacts], Any]] = {
    "lead.line": lambda lead: _one(lead.line),
    "lead.tier": lambda lead: _one(lead.tier),
    "lead.score": lambda lead: lead.score,
    "lead.state": lambda lead: _one(lead.risk_states[0]) if len(lead.risk_states) == 1 else None,
    "lead.zip": lambda lead: _zip_codes(lead.zip_code),
    "lead.language": lambda lead: _tags([lead.language]) if lead.language else None,
    "lead.source": lambda lead: _one(lead.source),
    "lead.urgency": lambda lead: _one(lead.urgency),
    "lead.carrier": lambda lead: _one(_folded(lead.carrier)) if lead.carrier else None,
    "lead.test": lambda lead: lead.test,
}
_OF_PRODUCER: dict[str, Callable[[ProducerProfile, date], Any]] = {
    "producer.id": lambda one, _: frozenset({str(one.producer_id)}),
    "producer.line": lambda one, _: None if one.lines is None else frozenset(line.value for line in one.lines),
    "producer.language": lambda one, _: None if one.languages is None else _tags(one.languages),
    "producer.state": _states,
    "producer.rank": lambda one, _: one.rank,
    "producer.carrier": _carriers,
    "producer.team": lambda one, _: None if one.team_id is None else frozenset({str(one.team_id)}),
    NETWORK_TIER: lambda one, _: _one(one.network_tier),
}
assert set(_OF_LEAD) == set(OF_LEAD), "every field has a reader"
assert set(_OF_PRODUCER) == set(OF_PRODUCER) == set(PROFILE_FIELDS), "every field has a reader"
