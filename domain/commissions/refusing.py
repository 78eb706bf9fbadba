"""Refusals of what agencies and carriers send, each with its field, its value and a remedy."""

from __future__ import annotations

from typing import NoReturn

from kernel.errors import FieldError, Invalid


def refuse(field: str, value: object, problem: str, remedy: str) -> NoReturn:
    """Raise Invalid for one field."""
    fault = FieldError(field, "out_of_range", problem, remedy, str(value)[:80])
    raise Invalid(f"{field} {problem}; {remedy}", fields=(fault,))
