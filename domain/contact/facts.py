"""What is known when somebody asks whether a person may be contacted. Nameless, so that its hash may be kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.contact.channels import Channel, Purpose
from domain.lines import Line
from kernel.ids import digest


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as its own words read (:mod:`domain.contact.consent`).

    ``complete``: the instant, the exact words and their hash are there (T20) and no certificate contradicts it (T19).
    """

    channels: frozenset[Channel]
    names_seller: bool
    at: datetime | None
    words_hash: str | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Revocation:
    """The person's wish, and the channels that it closes. It ends for no reason."""

    at: datetime
    channels: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class Scrub:
    """The number compared with a do-not-call list (``national``, or a state's two letters) at ``at``."""

    list: str
    at: datetime
    listed: bool


class RelationshipKind(StrEnum):
    """An established business relationship comes from a purchase or from an inquiry at the seller itself."""

    TRANSACTION = "transaction"
    INQUIRY = "inquiry"


@dataclass(frozen=True, slots=True)
class Relationship:
    """One transaction or inquiry of the person with the seller."""

    kind: RelationshipKind
    at: datetime


@dataclass(frozen=True, slots=True)
class LicenceFact:
    """A licence of the seller: for ``line`` or not (``covers``), in force through ``expires`` (None: without an end)."""

    state: str
    active: bool
    covers: bool
    effective: date
    expires: date | None


@dataclass(frozen=True, slots=True)
class ScopeOfAppointment:
    """When a Medicare beneficiary signed what may be spoken of."""

    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rules read. ``states`` and ``zones`` are all in which the person may be; none of them: not known.

    ``collected_by_seller``: the person gave the data to the seller itself, so nobody shares them. ``reachable``: the channels
    for which there is an address.
    """

    line: Line
    confirmed: bool
    reachable: frozenset[Channel]
    states: tuple[str, ...]
    zones: tuple[str, ...]
    collected_by_seller: bool
    consents: tuple[Consent, ...] = ()
    revocations: tuple[Revocation, ...] = ()
    scrubs: tuple[Scrub, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    licences: tuple[LicenceFact, ...] = ()
    scope: ScopeOfAppointment | None = None

    def hash(self) -> str:
        """SHA-256 over all of it."""
        return digest(_plain(asdict(self)))


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: this channel, at this instant, to sell or not."""

    channel: Channel
    at: datetime
    purpose: Purpose = Purpose.SOLICITATION


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(_plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
