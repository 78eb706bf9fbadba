"""Words of requests about a policy: what may be wished for, what a request says, and what a policy has that it may speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from domain.policies.words import PolicyStatus

Slot = str | int | bool


class Intent(StrEnum):
    """What a request wishes for. ``UNKNOWN`` and ``PAUSE`` are for a person; so is ``ADD_VEHICLE``, unless a document of the
    policy states the vehicle: then it is proposed without a price, which only the carrier knows.
    """

    ADD_DRIVER = "add_driver"
    REMOVE_DRIVER = "remove_driver"
    ADD_VEHICLE = "add_vehicle"
    REMOVE_VEHICLE = "remove_vehicle"
    CHANGE_DEDUCTIBLE = "change_deductible"
    CANCEL = "cancel"
    REINSTATE = "reinstate"
    RENEW = "renew"
    EXPLAIN_BILL = "explain_bill"
    NEXT_PAYMENT = "next_payment"
    SEND_DECLARATIONS = "send_declarations"
    PAUSE = "pause"
    UNKNOWN = "unknown"


ENDORSES = frozenset({Intent.ADD_DRIVER, Intent.REMOVE_DRIVER, Intent.REMOVE_VEHICLE, Intent.CHANGE_DEDUCTIBLE})
"""What changes the contents; several of one day are one endorsement."""
NEW_VEHICLE = ("new_year", "new_make", "new_model", "new_vin")
"""Slots of a vehicle that is to be added. Words never fill them; a document does, all of them or none."""
CHANGES = ENDORSES | {Intent.CANCEL, Intent.REINSTATE, Intent.RENEW}
ANSWERED = frozenset({Intent.EXPLAIN_BILL, Intent.NEXT_PAYMENT, Intent.SEND_DECLARATIONS})
FOR_A_PERSON = frozenset({Intent.ADD_VEHICLE, Intent.PAUSE, Intent.UNKNOWN})


class Approval(StrEnum):
    """Whose word an intent takes: nobody's, any licensed person's who sees the policy, or that of who answers for the agency."""

    NONE = "none"
    PRODUCER = "producer"
    AGENCY = "agency"


APPROVALS: Mapping[Intent, Approval] = {
    Intent.ADD_DRIVER: Approval.AGENCY, Intent.REMOVE_DRIVER: Approval.AGENCY,
    Intent.REMOVE_VEHICLE: Approval.AGENCY, Intent.CHANGE_DEDUCTIBLE: Approval.AGENCY,
    Intent.CANCEL: Approval.PRODUCER, Intent.REINSTATE: Approval.AGENCY,
    Intent.RENEW: Approval.PRODUCER, Intent.EXPLAIN_BILL: Approval.NONE, Intent.NEXT_PAYMENT: Approval.NONE,
    Intent.SEND_DECLARATIONS: Approval.NONE,
}  # fmt: skip
"""The insured ends or renews a policy as they like, so that a producer's word is enough; what the carrier carries takes the
agency's, as an endorsement does. What is missing here is done by nobody in words.
"""


class Forbidden(StrEnum):
    """What nobody may do in words."""

    BACKDATE = "backdate"
    PRICE = "price"
    WAIVE_NOTICE = "waive_notice"
    PROMISE = "promise"
    ORDERS = "orders"


FORBIDDEN: Mapping[Forbidden, str] = {
    Forbidden.BACKDATE: "nothing is changed from a day that has passed; choose today or a later day, or have a licensed person "
    "look at the papers",
    Forbidden.PRICE: "premiums come from the carrier; nobody sets or lowers one in words, so ask the carrier for a new price",
    Forbidden.WAIVE_NOTICE: "a notice that the law asks for is not left out; give it, and cover ends on its day",
    Forbidden.PROMISE: "whether a loss is covered or a claim is paid is the carrier's to say; report the claim to the carrier",
    Forbidden.ORDERS: "a request is read and not obeyed: approvals and rules stay; say what is wished for, and a person is asked",
}
"""Why, and what to do instead."""


class Doubt(StrEnum):
    """Why a value of a document does not count, or not yet."""

    UNREAD = "unread"
    UNREADABLE = "unreadable"
    REJECTED = "rejected"
    REPLACED = "replaced"
    EXPIRED = "expired"
    REVIEW = "needs_review"
    UNSURE = "unsure"
    SEVERAL = "several"
    NOT_STATED = "not_stated"
    DIFFERS = "differs"
    OTHER_POLICY = "other_policy"
    NO_MATCH = "no_match"
    PAST = "past"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of a slot stands that words did not say: in which document, on which page."""

    slot: str
    document: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a document fills a slot not. It holds no value: what a document states is personal, and stays in the document."""

    slot: str
    doubt: Doubt
    document: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """An insured vehicle, by its key in the contents."""

    key: str
    year: int
    make: str
    model: str
    vin: str | None = None

    @property
    def name(self) -> str:
        """As people call it."""
        return f"{self.year} {self.make} {self.model}"


@dataclass(frozen=True, slots=True)
class Deductible:
    """A coverage that has one, in minor units; ``object`` is the vehicle it belongs to, if to one."""

    key: str
    code: str
    object: str | None
    minor: int


@dataclass(frozen=True, slots=True)
class Known:
    """A policy as far as a request may speak of it. ``today`` is the day in the policy's zone; days are its policy days.

    ``covered`` are coverages by key with the object each belongs to, ``taken`` the keys of all parties, ``objects`` of all
    objects. ``garaged`` is the ZIP where every vehicle is kept; None where they are kept in several places.
    """

    today: date
    start: date
    end: date
    status: PolicyStatus
    number: str | None
    line: str
    vehicles: tuple[Vehicle, ...] = ()
    drivers: Mapping[str, str] = field(default_factory=dict)
    deductibles: tuple[Deductible, ...] = ()
    asked_end: date | None = None
    covered: Mapping[str, str | None] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    garaged: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request says. ``slots`` are names, keys and minor units; ``day`` is the day it counts from, ``said`` the words that
    name it, and ``several`` that it names more than one. ``named`` is the number or line of another policy that it is about.
    ``sources`` are the slots that documents filled, ``faults`` what documents state in doubt or against the words.
    """

    asks: tuple[Intent, ...]
    slots: Mapping[str, Slot] = field(default_factory=dict)
    day: date | None = None
    said: str | None = None
    several: bool = False
    named: str | None = None
    forbidden: Forbidden | None = None
    sources: tuple[Source, ...] = ()
    faults: tuple[Fault, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "asks": [one.value for one in self.asks], "slots": dict(self.slots),
            "day": self.day.isoformat() if self.day else None, "said": self.said, "several": self.several,
            "named": self.named, "forbidden": self.forbidden.value if self.forbidden else None,
            "sources": [asdict(one) for one in self.sources], "faults": [asdict(one) for one in self.faults],
        }  # fmt: skip

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Reading:
        """From JSON as :meth:`as_row` wrote it; one that was kept before documents were read has none."""
        faults = (Fault(one["slot"], Doubt(one["doubt"]), one["document"]) for one in row.get("faults", ()))
        return cls(
            tuple(Intent(one) for one in row["asks"]), dict(row["slots"]),
            date.fromisoformat(row["day"]) if row["day"] else None, row["said"], row["several"], row["named"],
            Forbidden(row["forbidden"]) if row["forbidden"] else None,
            tuple(Source(**one) for one in row.get("sources", ())), tuple(faults),
        )  # fmt: skip
