"""The facts a routing decision rests on, as of one instant: the lead, and each producer's profile, load and relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.geo import StateSource
from domain.lines import Line, Tier, Urgency
from domain.routing.checks import counted, instant, languages, number, refuse, state_code
from domain.routing.profile import ProducerProfile, Tally


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What routing may know of a lead; nothing here names a person.

    ``risk_states`` are the states the risk may lie in: one decides, none or several need a person. ``score`` is 0 to 100.
    ``declined_by`` holds producers who turned this lead down, ``referred_by`` the producer who sent it.
    ``hold`` is the code of a reason, found before routing, why only a person may give the lead to anyone. ``source`` is where
    the lead came from, ``test`` that it only tries the way, ``amounts`` are those numbers it declares that a rule asks for.
    """

    lead_id: UUID
    agency_id: UUID
    line: Line
    received_at: datetime
    risk_states: tuple[str, ...] = ()
    states_from: StateSource = StateSource.NONE
    zip_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    language: str | None = None
    tier: Tier | None = None
    score: int | None = None
    carrier: str | None = None
    declined_by: frozenset[UUID] = field(default_factory=frozenset)
    referred_by: UUID | None = None
    urgency: Urgency = Urgency.UNKNOWN
    hold: str | None = None
    source: str | None = None
    test: bool = False
    amounts: Mapping[str, Decimal] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "received_at", instant("received_at", self.received_at))
        object.__setattr__(self, "lat", number("lat", self.lat, -90, 90))
        object.__setattr__(self, "lon", number("lon", self.lon, -180, 180))
        number("score", self.score, 0, 100)
        object.__setattr__(self, "risk_states", tuple(dict.fromkeys(self.risk_states)))
        for state in self.risk_states:
            state_code("risk_states", state)
        if bool(self.risk_states) == (self.states_from is StateSource.NONE):
            refuse(
                "states_from",
                self.states_from.value,
                "say where the risk states came from, and 'none' when there are none",
            )
        if self.language is not None:
            object.__setattr__(self, "language", languages([self.language])[0])

    def declined(self, producer_id: UUID) -> LeadFacts:
        """The same lead after one more producer turned it down: that producer is out for this lead, whatever their score."""
        return replace(self, declined_by=self.declined_by | {producer_id})

    def as_dict(self) -> dict[str, Any]:
        """JSON types; round trip through :meth:`from_dict` is exact."""
        return {
            "lead_id": str(self.lead_id), "agency_id": str(self.agency_id), "line": self.line.value,
            "received_at": self.received_at.isoformat(), "risk_states": list(self.risk_states),
            "states_from": self.states_from.value, "zip_code": self.zip_code, "lat": self.lat, "lon": self.lon,
            "language": self.language, "tier": self.tier and self.tier.value, "score": self.score, "carrier": self.carrier,
            "declined_by": sorted(str(producer) for producer in self.declined_by),
            "referred_by": None if self.referred_by is None else str(self.referred_by), "urgency": self.urgency.value,
            "hold": self.hold, "source": self.source, "test": self.test,
            "amounts": {name: f"{number:f}" for name, number in sorted(self.amounts.items())},
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LeadFacts:
        """The inverse of :meth:`as_dict`; a name that is no field is an error."""
        return cls(**{
            **data,
            "lead_id": UUID(data["lead_id"]), "agency_id": UUID(data["agency_id"]), "line": Line(data["line"]),
            "received_at": datetime.fromisoformat(data["received_at"]), "risk_states": tuple(data["risk_states"]),
            "states_from": StateSource(data["states_from"]), "urgency": Urgency(data["urgency"]),
            "tier": None if data["tier"] is None else Tier(data["tier"]),
            "declined_by": frozenset(map(UUID, data["declined_by"])),
            "referred_by": None if data["referred_by"] is None else UUID(data["referred_by"]),
            "amounts": {name: Decimal(number) for name, number in data["amounts"].items()},
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProducerLoad:
    """What changes with every assignment. Days and months are those of the producer's own calendar at ``as_of``.

    ``assigned_since_credit`` counts leads since ``credit_from``, the day from which monthly credit builds up; without that
    day credit starts with the calendar month, or on joining. See :mod:`domain.routing.capacity`.
    """

    open_leads: int = 0
    assigned_today: int = 0
    assigned_this_month: int = 0
    credit_from: date | None = None
    assigned_since_credit: int = 0
    last_assigned_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("open_leads", "assigned_today", "assigned_this_month", "assigned_since_credit"):
            counted(name, getattr(self, name))
        object.__setattr__(self, "last_assigned_at", instant("last_assigned_at", self.last_assigned_at))

    def as_dict(self) -> dict[str, Any]:
        """JSON types, parts at their default left out: a receipt holds one of these for every candidate."""
        pairs: dict[str, Any] = {
            "open_leads": self.open_leads, "assigned_today": self.assigned_today,
            "assigned_this_month": self.assigned_this_month, "assigned_since_credit": self.assigned_since_credit,
            "credit_from": self.credit_from and self.credit_from.isoformat(),
            "last_assigned_at": self.last_assigned_at and self.last_assigned_at.isoformat(),
        }  # fmt: skip
        return {name: value for name, value in pairs.items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ProducerLoad:
        """The inverse of :meth:`as_dict`."""
        pairs = dict(data)
        if "credit_from" in pairs:
            pairs["credit_from"] = date.fromisoformat(pairs["credit_from"])
        if "last_assigned_at" in pairs:
            pairs["last_assigned_at"] = datetime.fromisoformat(pairs["last_assigned_at"])
        return cls(**pairs)


@dataclass(frozen=True, slots=True)
class Relations:
    """How the producer stands to the lead and its origin; None is unknown.

    ``social`` is the strength of the tie to the lead, 0 (none) to 1; ``collaboration`` that of the work shared with whoever
    brought the lead. ``referrals`` are those the producer had from that referrer, won of received. ``same_team`` says whether
    the lead belongs to the producer's team. ``similar`` are the leads most like this one that the producer worked, won of
    worked.
    """

    social: float | None = None
    collaboration: float | None = None
    referrals: Tally | None = None
    same_team: bool | None = None
    similar: Tally | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "social", number("social", self.social, 0, 1))
        object.__setattr__(self, "collaboration", number("collaboration", self.collaboration, 0, 1))

    def as_dict(self) -> dict[str, Any]:
        """JSON types, unknown parts left out."""
        pairs = {
            "social": self.social, "collaboration": self.collaboration,
            "referrals": None if self.referrals is None else self.referrals.as_dict(), "same_team": self.same_team,
            "similar": None if self.similar is None else self.similar.as_dict(),
        }  # fmt: skip
        return {name: value for name, value in pairs.items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Relations:
        """The inverse of :meth:`as_dict`."""
        tallies = {name: Tally.from_dict(data[name]) for name in ("referrals", "similar") if name in data}
        return cls(**{**data, **tallies})


@dataclass(frozen=True, slots=True)
class ProducerFacts:
    """Everything known of one producer at the instant of the decision."""

    profile: ProducerProfile
    load: ProducerLoad = field(default_factory=ProducerLoad)
    relations: Relations = field(default_factory=Relations)

    @property
    def producer_id(self) -> UUID:
        """The profile's id."""
        return self.profile.producer_id

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "profile": self.profile.as_dict(), "load": self.load.as_dict(), "relations": self.relations.as_dict(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ProducerFacts:
        """The inverse of :meth:`as_dict`."""
        return cls(
            ProducerProfile.from_dict(data["profile"]), ProducerLoad.from_dict(data["load"]),
            Relations.from_dict(data["relations"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A producer with their standing at the instant: what the factors judge.

    ``room`` is how many leads they can still take now, ``minutes_left`` what remains of the shift; None is unknown.
    """

    profile: ProducerProfile
    load: ProducerLoad
    relations: Relations
    room: int | None
    minutes_left: float | None
