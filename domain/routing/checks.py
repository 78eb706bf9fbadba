"""What facts may hold. A fact outside its range is refused where it enters, so that rules never meet one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from math import isfinite
from typing import NoReturn

from kernel.errors import FieldError, Invalid


def refuse(field: str, value: object, remedy: str) -> NoReturn:
    """Raise :class:`~kernel.errors.Invalid` that names the field, the value and what would be right."""
    shown = str(value)[:80]
    raise Invalid(
        f"{field} cannot be {shown!r}; {remedy}",
        fields=(FieldError(field, "out_of_range", f"{shown!r} is not possible", remedy, shown),),
    )


def number(field: str, value: float | None, low: float, high: float) -> float | None:
    """The value as a float in ``low`` to ``high``; None stays None. Minus zero becomes zero, which JSON stores keep apart."""
    if value is None:
        return None
    if isinstance(value, bool) or not isfinite(value) or not low <= value <= high:
        refuse(field, value, f"give a number from {low:g} to {high:g}, or leave it out when unknown")
    return float(value) + 0.0


def counted(field: str, value: int | None) -> None:
    """Refuse what is no whole number from 0 up; None means unknown."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        refuse(field, value, "give a whole number from 0 up")


def state_code(field: str, value: str) -> None:
    """Refuse what is not two capital letters."""
    if len(value) != 2 or not value.isascii() or not value.isupper():  # noqa: PLR2004 - a postal code of a state
        refuse(field, value, "give the state's two capital letters, such as FL")


def instant(field: str, value: datetime | None) -> datetime | None:
    """The same instant in UTC; a naive one is refused, since its zone would be a guess."""
    if value is None:
        return None
    if value.tzinfo is None:
        refuse(field, value.isoformat(), "give an instant with its offset from UTC")
    return value.astimezone(UTC)


def languages(values: Iterable[str]) -> tuple[str, ...]:
    """Language tags in lower case, order kept."""
    return tuple(value.strip().lower() for value in values)
