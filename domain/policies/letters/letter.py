"""What every letter is made of, and how amounts, days, instants and other people's words are written in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.policies.calendar import begins
from domain.policies.changes import Contract
from domain.policies.contents import Contents, Part
from domain.policies.papers import PaperType
from kernel.money import Money

_LONGEST = 300
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class LetterKind(StrEnum):
    """What is written to the insured."""

    NOTICE = "notice"
    DECLARATIONS = "declarations"
    RECEIPT = "receipt"
    CONFIRMATION = "confirmation"
    RENEWAL_OFFER = "renewal_offer"

    @property
    def paper(self) -> PaperType:
        """What its document is to the policy."""
        return PaperType(self.value)


@dataclass(frozen=True, slots=True)
class Head:
    """Begins a part."""

    words: str


@dataclass(frozen=True, slots=True)
class Say:
    """A paragraph; ``strong`` where the reader must not miss it."""

    words: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """Names and what they are."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Title:
    """A column: its share of the width; ``numbers`` end at its right."""

    words: str
    share: float
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under titles; ``total`` is the last one and stands out."""

    titles: Sequence[Title]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None = None


Block = Head | Say | Named | Listing


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter from its title to its last block."""

    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class About:
    """The policy that a letter is about, as it is known when the letter speaks. ``dated`` is the letter's day, a policy day."""

    number: str
    carrier: str
    type: str
    state: str
    currency: str
    contract: Contract
    contents: Contents
    dated: date

    def money(self, minor: int) -> str:
        """An amount with its currency: ``1,200.00 USD``."""
        return f"{Money(minor, self.currency).amount:,} {self.currency}"

    def instant(self, day: date) -> str:
        """When a policy day begins at the insured's address: ``12:01 a.m. CST on February 12, 2026``."""
        return moment(begins(day, self.contract.zone, self.contract.clock), self.contract)


def moment(at: datetime, contract: Contract) -> str:
    """An instant on the clock of the insured's address."""
    local = at.astimezone(contract.zone)
    half = "a.m." if local.hour < 12 else "p.m."  # noqa: PLR2004 - noon
    return f"{local.hour % 12 or 12}:{local:%M} {half} {local.tzname()} on {written(local.date())}"


def written(day: date) -> str:
    """A day in words that no country reads otherwise: ``February 12, 2026``."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def said(text: object) -> str:
    """Somebody else's words on one line: they cannot begin a paragraph of their own, nor run on without an end."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def plain(code: str) -> str:
    """A code in words: ``per_person`` is ``per person``."""
    return said(code.removesuffix("_minor").replace("_", " ").replace(".", ", "))


def insured_party(contents: Contents) -> tuple[str, Mapping[str, Any]]:
    """The first named insured (an owner, where nobody is) and the party's key; empty where there is neither."""
    for role in ("named_insured", "owner"):
        for key, one in contents.of(Part.PARTY).items():
            if one.get("role") == role:
                return key, one
    return "", {}


def insured(about: About) -> tuple[str, str]:
    """Name and address of the first named insured (an owner, where nobody is); empty where it is not known."""
    _, one = insured_party(about.contents)
    return said(one.get("name") or ""), said(one.get("address") or "")


def frame(about: About, *further: tuple[str, str]) -> Named:
    """Whom it is to and which policy it is about."""
    name, address = insured(about)
    term = f"{about.instant(about.contract.start)} to {about.instant(about.contract.end)}"
    pairs = [
        ("Date", written(about.dated)), ("Named insured", name), ("Address", address), ("Insurer", said(about.carrier)),
        ("Policy", f"{said(about.number)}, {plain(about.type)}, {about.state}"), ("Policy period", term), *further,
    ]  # fmt: skip
    return Named([(one, value) for one, value in pairs if value])
