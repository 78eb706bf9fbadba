"""Facts about a business or a place from outside vendors: the port, and the twin that stands in where none is configured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class BusinessQuery:
    """A business by name, with its state (USPS code) and ZIP where they are known. No person is ever looked up."""

    name: str
    state: str | None = None
    zip_code: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceQuery:
    """A place by ZIP (5 digits)."""

    zip_code: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact as a vendor states it: JSON-ready ``value``, who says so, the day it was true, and confidence 0 to 1.

    ``field`` is a canonical field name (``employees``, ``business_kind``, ``year_built``).
    """

    field: str
    value: Any
    source: str
    as_of: date
    confidence: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            msg = f"confidence of {self.field} from {self.source} is {self.confidence}; it must be 0 to 1"
            raise ValueError(msg)


class EnrichmentSource(Protocol):
    """A vendor of facts. ``name`` goes on receipts."""

    name: str

    async def look_up(self, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        """What the vendor knows, nothing when it knows nothing. Raises :class:`kernel.errors.Unavailable` when it fails."""
        ...


class NoEnrichment:
    """The source where no vendor is configured: it knows nothing and sends nothing anywhere."""

    name = "none"

    async def look_up(self, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        """Always nothing."""
        del query
        return []
