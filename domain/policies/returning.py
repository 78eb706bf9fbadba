"""What a cancelled policy gives back (DOMAIN T48 to T53): one calculation with the method named, in the words of the letter."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files

from domain.citations import rows_of
from domain.policies.amounts import cents
from domain.policies.calendar import DayCount, months_between
from kernel.errors import Conflict, FieldError, Invalid

TABLE_SAID = "customary annual short rate table; from its 55th day compared with en.wikipedia.org/wiki/Short_rate_table"
WHEEL_DAYS = {12: 365, 6: 183}
"""What a pro rata wheel divides by, leap year or not, by months of the term (T49)."""
_YEAR = 365


class Method(StrEnum):
    """How unearned premium is returned. All but ``PRO_RATA`` and ``FLAT`` keep a penalty and are for who cancels themselves."""

    PRO_RATA = "pro_rata"
    SHORT_RATE_90 = "short_rate_90"
    SHORT_RATE_TABLE = "short_rate_table"
    HOLDBACK = "holdback"
    FLAT = "flat"


class Basis(StrEnum):
    """What the days that remain are divided by: the days in the term as the policy counts them, or the wheel's 365 or 183."""

    TERM = "term"
    WHEEL = "wheel"


PENALISES = frozenset({Method.SHORT_RATE_90, Method.SHORT_RATE_TABLE, Method.HOLDBACK})


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """What the contract agreed on: ``minimum`` of the premium is earned at once (T53), ``holdback`` of it kept on top."""

    method: Method = Method.PRO_RATA
    basis: Basis = Basis.TERM
    count: DayCount = DayCount.ACTUAL
    minimum: Fraction = Fraction(0)
    holdback: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """The premium at the day of cancellation, in minor units: what is ``written`` until then, the ``price`` of a full term as it
    is by then, and ``earned`` of what is written, exactly, by days.
    """

    start: date
    end: date
    on: date
    written: int
    price: int
    earned: Fraction


@dataclass(frozen=True, slots=True)
class Returned:
    """``unearned`` by days, less ``penalty`` and what the ``minimum`` keeps beyond, is what goes back: ``premium``."""

    method: Method
    basis: Basis
    unearned: int
    penalty: int
    minimum: int
    premium: int
    words: str


def give_back(at: Standing, terms: ReturnTerms) -> Returned:
    """What goes back of the written premium; never below 0 nor above what was written.

    Raises Conflict for a day outside the term, Invalid for a basis that does not fit the term.
    """
    if not at.start <= at.on <= at.end:
        fault = FieldError(
            "effective_on", "outside", f"is not in {at.start} to {at.end}", "choose a day of the term", str(at.on)
        )
        raise Conflict("a policy is cancelled within its term", fields=(fault,), code="outside_term")
    if at.on == at.start or terms.method is Method.FLAT:
        words = "Flat: the policy is treated as if it had never begun, and everything is returned."
        return Returned(Method.FLAT, Basis.TERM, at.written, 0, 0, at.written, words)
    unearned = _within(cents(unearned_exact(at, terms)), at.written)
    penalty = min(_penalty(at, terms, unearned), max(unearned, 0))
    least = cents(terms.minimum * at.written)
    kept = at.written - unearned + penalty
    minimum = max(least - kept, 0) if at.written > 0 else 0
    premium = _within(unearned - penalty - minimum, at.written)
    return Returned(terms.method, terms.basis, unearned, penalty, minimum, premium, _words(at, terms))


def factor(at: Standing, terms: ReturnTerms) -> tuple[int, int]:
    """(days that remain, days they are divided by), as a letter shows them."""
    left = terms.count.between(at.on, at.end)
    if terms.basis is Basis.TERM:
        return left, terms.count.between(at.start, at.end)
    months = months_between(at.start, at.end)
    if months not in WHEEL_DAYS:
        fault = FieldError(
            "basis", "no_wheel", "a wheel knows terms of 12 and 6 months", "use the days of the term", "wheel"
        )
        raise Invalid("the wheel does not fit the term", fields=(fault,))
    return (at.end - at.on).days, WHEEL_DAYS[months]


def table_percent(days: int, term_days: int) -> int:
    """Percent of the premium that the short rate table keeps after so many days in force; a term of another length than a year
    is stretched to one, days rounded up.
    """
    stretched = -(-max(days, 0) * _YEAR // max(term_days, 1))
    if stretched == 0:
        return 0
    lasts, percents = _table()
    place = bisect_left(lasts, min(stretched, _YEAR))
    return percents[place]


def unearned_exact(at: Standing, terms: ReturnTerms) -> Fraction:
    """Unearned by the days alone: in a leap year a wheel says more than the premium (T49); what goes back is capped."""
    if terms.basis is Basis.TERM:
        return at.written - at.earned
    left, whole = factor(at, terms)
    return Fraction(at.price * left, whole)


def _penalty(at: Standing, terms: ReturnTerms, unearned: int) -> int:
    if terms.method is Method.SHORT_RATE_90:
        return unearned - cents(Fraction(9, 10) * unearned)
    if terms.method is Method.SHORT_RATE_TABLE:
        percent = table_percent((at.on - at.start).days, (at.end - at.start).days)
        return max(cents(Fraction(percent, 100) * at.written) - (at.written - unearned), 0)
    if terms.method is Method.HOLDBACK:
        return cents(terms.holdback * at.written)
    return 0


def _words(at: Standing, terms: ReturnTerms) -> str:
    left, whole = factor(at, terms)
    basis = "days in the term" if terms.basis is Basis.TERM else "days of the wheel"
    days = f"{left} days remain of {whole} {basis} ({terms.count.value if terms.basis is Basis.TERM else 'wheel'})"
    said = {
        Method.PRO_RATA: f"Pro rata: {days}.",
        Method.SHORT_RATE_90: f"Short rate, 90% of pro rata: {days}.",
        Method.SHORT_RATE_TABLE: f"Short rate by table ({TABLE_SAID}): "
        f"{table_percent((at.on - at.start).days, (at.end - at.start).days)}% is kept after {(at.on - at.start).days} days.",
        Method.HOLDBACK: f"Pro rata less a holdback of {_percent(terms.holdback)} of the premium: {days}.",
    }[terms.method]
    return f"{said} At least {_percent(terms.minimum)} of the premium is earned." if terms.minimum else said


def _percent(part: Fraction) -> str:
    return f"{float(part * 100):.10g}%"


def _within(amount: int, written: int) -> int:
    return min(max(amount, min(written, 0)), max(written, 0))


@cache
def _table() -> tuple[list[int], list[int]]:
    text = files("domain.policies.data").joinpath("short_rate.csv").read_text(encoding="utf-8")
    rows = list(rows_of(text))
    return [int(row["last_day"]) for row in rows], [int(row["percent"]) for row in rows]
