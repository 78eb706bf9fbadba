"""Which limits of a coverage cannot stand together: each is an amount, and one of them is a part of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kernel.errors import FieldError


def limit_faults(
    place: str, one: Mapping[str, Any], ordered: tuple[tuple[str, str], ...], caps: frozenset[str]
) -> Iterator[FieldError]:
    """Of a coverage at ``place``. ``ordered`` are pairs of limits of which the first is never above the second; ``caps`` are
    amounts that bound what the insured pays, which a deductible may use up whole.
    """
    amounts = {name: value for name, value in (one.get("limits") or {}).items() if _amount(value)}
    for small, large in ordered:
        if small in amounts and large in amounts and amounts[small] > amounts[large]:
            remedy = f"use at most {large}, {amounts[large]}"
            yield FieldError(f"{place}.limits.{small}", "above", f"is above {large}", remedy, str(amounts[small]))
    kept = one.get("deductible_minor")
    if not _amount(kept) or not kept:
        return
    for name, most in amounts.items():
        if kept > most or (kept == most and name not in caps):
            remedy = "lower it, or raise the limit"
            yield FieldError(
                f"{place}.deductible_minor", "above", f"leaves nothing of {name}, {most}", remedy, str(kept)
            )


def _amount(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
