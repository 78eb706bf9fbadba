"""What a policy's money and cover are, worked out day by day from the formulas, without the code under test.

Only the plain shapes of the changes are read. Amounts are rounded with decimals, premium is earned by adding up single days, and
the calendar of 30-day months is counted in steps of a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from domain.policies.changes import Change, Contract

WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
ONE = Decimal(1)


def rounded(numerator: int | Decimal, denominator: int | Decimal = 1) -> int:
    exact = WIDE.divide(Decimal(numerator), Decimal(denominator))
    return int(exact.quantize(ONE, rounding=ROUND_HALF_UP, context=WIDE))


@dataclass
class Written:
    """One written transaction of the present stretch of cover; ``gone`` counts its days so far, ``whole`` all of them."""

    amount: int
    whole: int
    gone: int = 0


@dataclass
class Day:
    """At the first minute of a day."""

    written: int
    earned: int
    taxes: int
    fees: int
    covered: bool
    price: int


@dataclass
class Book:
    """The state that the days run through."""

    prices: dict[str, int] = field(default_factory=dict)
    factors: dict[str, Decimal] = field(default_factory=dict)
    written: int = 0
    taxes: int = 0
    fees: int = 0
    settled: int = 0  # premium of stretches that are over: all earned
    open: list[Written] | None = None


def step(contract: Contract, day: date) -> int:
    """How many counted days pass from this day to the next."""
    if contract.count.value == "actual":
        return 1
    following = day + timedelta(days=1)
    if following.day == 1:
        return 31 - min(day.day, 30)
    return 0 if day.day == 30 else 1


def steps(contract: Contract, first: date, last: date) -> int:
    return sum(step(contract, first + timedelta(days=n)) for n in range((last - first).days))


def price(book: Book) -> int:
    total = Decimal(sum(book.prices.values()))
    for one in book.factors.values():
        total = WIDE.multiply(total, one)
    return rounded(total)


def days_of(contract: Contract, changes: list[Change]) -> dict[date, Day]:
    """Every day of the term and the one behind it."""
    living = alive(contract, changes)
    book, found, day = Book(), {}, contract.start
    whole = steps(contract, contract.start, contract.end)
    while day <= contract.end:
        for change in [one for one in living if one.effective_on == day]:
            happen(book, contract, change, day, whole)
        earned = rounded(*fraction(book))
        covered = book.open is not None and day < contract.end
        found[day] = Day(book.written, earned, book.taxes, book.fees, covered, price(book))
        for one in book.open or []:
            one.gone += step(contract, day)
        day += timedelta(days=1)
    return found


def fraction(book: Book) -> tuple[int, int]:
    """Earned premium as numerator and denominator."""
    top, bottom = book.settled, 1
    for one in book.open or []:
        if one.whole == 0:
            top += one.amount * bottom
        else:
            top, bottom = top * one.whole + one.amount * one.gone * bottom, bottom * one.whole
    return top, bottom


def alive(contract: Contract, changes: list[Change]) -> list[Change]:
    """Changes that count: cancellations that were not taken back, and no endorsement that fell with one."""
    stack: list[Change] = []
    for one in changes:
        kind = one.kind.value
        if kind == "cancellation":
            stack.append(one)
        elif kind == "reinstatement" and one.resumes_at is None:
            stack.pop()
    for one in stack:
        if one.effective_on == contract.start:
            return [changes[0], one]
    kept = []
    for one in changes:
        kind = one.kind.value
        if kind == "cancellation" and one not in stack:
            continue
        if kind == "reinstatement" and one.resumes_at is None:
            continue
        if kind == "endorsement" and [
            end for end in stack if end.number > one.number and end.effective_on <= one.effective_on
        ]:
            continue
        kept.append(one)
    return kept


def write(book: Book, contract: Contract, premium: int, fee: int = 0) -> None:
    rate = contract.tax_rate
    book.written += premium
    book.taxes = rounded(book.written * rate.numerator, rate.denominator)
    book.fees += fee


def happen(book: Book, contract: Contract, change: Change, day: date, whole: int) -> None:
    kind, left = change.kind.value, steps(contract, day, contract.end)
    if kind == "inception":
        load(book, change)
        book.open = [Written(price(book), left)]
        write(book, contract, price(book), contract.fees)
    elif kind == "endorsement":
        before = price(book)
        edit(book, change)
        amount = rest(price(book) - before, left, whole)
        assert book.open is not None
        book.open.append(Written(amount, left))
        write(book, contract, amount)
    elif kind == "cancellation":
        kept, flat = cancelled(book, contract, change, day, whole)
        assert book.open is not None
        stretch = sum(one.amount for one in book.open)
        book.settled += kept
        book.open = None
        write(book, contract, kept - stretch, -book.fees if flat else 0)
    else:
        amount = rest(price(book), left, whole)
        book.open = [Written(amount, left)]
        write(book, contract, amount)


def rest(amount: int, left: int, whole: int) -> int:
    return rounded(amount * left, whole)


def load(book: Book, change: Change) -> None:
    assert change.contents is not None
    row = change.contents.as_row()
    book.prices = {key: one["premium_minor"] for key, one in row["coverage"].items()}
    book.factors = {key: Decimal(one["factor"]) for key, one in row["adjustment"].items()}


def edit(book: Book, change: Change) -> None:
    for one in change.operations:
        row = one.as_row()
        target = book.prices if row["part"] == "coverage" else book.factors
        if row["verb"] == "remove":
            del target[row["key"]]
        elif row["part"] == "coverage":
            book.prices[row["key"]] = row["value"]["premium_minor"]
        else:
            book.factors[row["key"]] = Decimal(row["value"]["factor"])


def cancelled(book: Book, contract: Contract, change: Change, day: date, whole: int) -> tuple[int, bool]:
    """(what the stretch keeps, whether all fees go back too)."""
    terms = change.terms
    assert terms is not None
    assert book.open is not None
    stretch = sum(one.amount for one in book.open)
    if day == contract.start or terms.method.value == "flat":
        return 0, True
    if terms.basis.value == "wheel":
        months = (contract.end.year - contract.start.year) * 12 + contract.end.month - contract.start.month
        unearned = rounded(price(book) * (contract.end - day).days, {12: 365, 6: 183}[months])
    else:
        open_only = Book(settled=0, open=book.open)
        top, bottom = fraction(open_only)
        unearned = rounded(stretch * bottom - top, bottom)
    unearned = max(0, min(unearned, stretch))
    penalty = 0
    if terms.method.value == "short_rate_90":
        penalty = unearned - rounded(unearned * 9, 10)
    elif terms.method.value == "holdback":
        penalty = rounded(terms.holdback.numerator * stretch, terms.holdback.denominator)
    kept = stretch - unearned + min(penalty, unearned)
    least = rounded(terms.minimum.numerator * stretch, terms.minimum.denominator)
    return min(max(kept, least), stretch), False


def covered_at(contract: Contract, changes: list[Change], days: dict[date, Day], moment: datetime) -> bool:
    """Whether a loss at local noon or at any other instant is covered: by its day, and on a day of resumption by the instant."""
    local = moment.astimezone(contract.zone)
    day = local.date()
    if (local.hour, local.minute) < (0, 1):
        day -= timedelta(days=1)
    if day not in days or not days[day].covered:
        return False
    resumed = [one for one in alive(contract, changes) if one.resumes_at is not None and one.effective_on == day]
    return not resumed or moment >= max(one.resumes_at for one in resumed if one.resumes_at is not None)
