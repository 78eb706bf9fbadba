"""What was paid to whom in a calendar year, beside the threshold of the year's information return (Form 1099-NEC)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Threshold:
    """From so many minor units paid in the year a return is due. ``citation`` says by which law, ``source`` whether that was read
    (``primary``) or learnt from pages about it (``secondary``).
    """

    minor: int
    source: str
    citation: str


@dataclass(frozen=True, slots=True)
class YearTotal:
    """What a payee was paid in the year. ``reportable`` is None where no threshold is known for the year, or for the currency."""

    payee: str
    currency: str
    minor: int
    reportable: bool | None


@cache
def thresholds() -> Mapping[int, Threshold]:
    """By year; a year without a row is unknown, since the amount follows prices from 2027 on."""
    text = files("domain.commissions").joinpath("data/information_returns.csv").read_text(encoding="utf-8")
    return {
        int(row["year"]): Threshold(int(row["minor"]), row["source"], row["citation"])
        for row in csv.DictReader(text.splitlines())
    }


def year_totals(year: int, paid: Mapping[tuple[str, str], int]) -> list[YearTotal]:
    """The totals by payee and currency, in order; amounts are what was paid, returned payments taken off."""
    threshold = thresholds().get(year)
    return [
        YearTotal(
            payee, currency, minor,
            None if threshold is None or currency != "USD" else minor >= threshold.minor,
        )
        for (payee, currency), minor in sorted(paid.items()) if minor
    ]  # fmt: skip
