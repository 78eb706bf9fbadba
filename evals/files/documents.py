"""How much of what a person finds in documents the rules find, with the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.documents.fields import DocumentField


@dataclass(frozen=True, slots=True)
class Expected:
    """A value that a person found: ``value`` as text, money in major units with currency (``65000 GBP``), on ``page``.

    A ``~`` before it asks only that the value contains these words, for descriptions that a person would cut shorter.

    ``of`` names the thing it belongs to by another of its values (``Westwood``, a VIN), where there are several.
    """

    file: str
    name: str
    value: str
    page: int
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Found values among the expected: with the right page, and at all; and those that were not found."""

    expected: int
    found: int
    with_page: int
    missing: tuple[Expected, ...]

    @property
    def share(self) -> float:
        """Found with the right page, of all expected."""
        return self.with_page / self.expected if self.expected else 0.0


def measure(expected: Iterable[Expected], found: Mapping[str, Sequence[DocumentField]]) -> Share:
    """Compare by value, ignoring case, punctuation and spacing. Only values of rank 0 count: what a reader would use."""
    total = right = paged = 0
    missing: list[Expected] = []
    for want in expected:
        total += 1
        fields = [field for field in found.get(want.file, ()) if field.rank == 0]
        hits = [field for field in fields if field.name == want.name and _same(want.value, field.value)]
        if want.of is not None:
            hits = [field for field in hits if _belongs(field, want.of, fields)]
        right += bool(hits)
        paged += any(field.page == want.page for field in hits)
        if not any(field.page == want.page for field in hits):
            missing.append(want)
    return Share(total, right, paged, tuple(missing))


def _belongs(field: DocumentField, of: str, fields: Sequence[DocumentField]) -> bool:
    group = field.name.partition(".")[0]
    return any(
        _plain(of) in _plain(_text(other.value))
        for other in fields
        if other.item == field.item and other.name.partition(".")[0] == group
    )


def _same(wanted: str, value: Any) -> bool:
    found = _plain(_text(value))
    return _plain(wanted) in found if wanted.startswith("~") else _plain(wanted) == found


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if value.get("amounts"):
        return " / ".join(_text(amount) for amount in value["amounts"])
    if value.get("percent") is not None:
        return f"{value['percent']:g} percent"
    if "minor" in value:
        minor = int(value["minor"])
        return f"{minor // 100 if minor % 100 == 0 else minor / 100} {value['currency']}"
    if "unit" in value:
        return f"{value['amount']} {value['unit']}"
    return _text(value.get("amount") or value.get("terms") or value.get("text") or str(value))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w@.+-]+|(?<!\d)\.|\.(?!\d)", " ", text.casefold()).split())
