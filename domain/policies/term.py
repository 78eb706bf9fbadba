"""A term priced from its changes: cover by instants (DOMAIN T47, T57, T61), premium written, earned and unearned (T56).

The whole term is priced anew from every change in the order in which they take effect, so that one of March entered after one of
April puts April on top of March (T63). What that alters is posted as a difference; what was posted stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from domain.policies.amounts import cents, share
from domain.policies.calendar import begins, day_at
from domain.policies.changes import Change, ChangeKind, Contract
from domain.policies.contents import Contents
from domain.policies.returning import Method, Returned, ReturnTerms, Standing, give_back
from kernel.errors import Conflict, FieldError


@dataclass(frozen=True, slots=True)
class Line:
    """A written transaction: what one change adds to the premium, the taxes and the fees, from its day on."""

    change: str
    effective_on: date
    premium: int
    tax: int = 0
    fee: int = 0


@dataclass(slots=True)
class _Stretch:
    """Cover without a gap. ``closing`` is the line of the cancellation that ends it before the term does."""

    start: date
    opens_at: datetime
    lines: list[Line] = field(default_factory=list)
    closing: Line | None = None

    @property
    def written(self) -> int:
        return sum(line.premium for line in self.lines)


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units at one instant. ``earned`` and ``unearned`` make ``written``, always."""

    written: int
    earned: int
    unearned: int
    taxes: int
    fees: int

    @property
    def total(self) -> int:
        """What is owed for the term as written."""
        return self.written + self.taxes + self.fees


class Term:
    """A priced term; immutable once made by :func:`priced`."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.lines: list[Line] = []
        self.returned: Returned | None = None
        self._stretches: list[_Stretch] = []
        self._states: list[tuple[date, Contents]] = []

    # what holds at a day or an instant

    def cover(self) -> list[tuple[datetime, datetime]]:
        """Half-open stretches of instants in which losses are covered."""
        found = []
        for one in self._stretches:
            closes = self._begins(one.closing.effective_on if one.closing else self.contract.end)
            if one.opens_at < closes:
                found.append((one.opens_at, closes))
        return found

    def covers(self, moment: datetime) -> bool:
        """Whether a loss at ``moment`` is covered."""
        return any(opens <= moment < closes for opens, closes in self.cover())

    def contents_on(self, day: date) -> Contents:
        """What is insured on a day by the agreements that count by then; as at the beginning before it."""
        found = self._states[0][1] if self._states else Contents()
        for effective, contents in self._states:
            if effective <= day:
                found = contents
        return found

    def money_at(self, moment: datetime) -> Money:
        """Written, earned and unearned at an instant. Premium is earned by whole policy days."""
        return self.money_on(day_at(moment, self.contract.zone, self.contract.clock))

    def money_on(self, day: date) -> Money:
        """The same at the first minute of a policy day."""
        written = sum(line.premium for line in self.lines if line.effective_on <= day)
        earned = cents(self.earned_exact(day))
        taxes = sum(line.tax for line in self.lines if line.effective_on <= day)
        fees = sum(line.fee for line in self.lines if line.effective_on <= day)
        return Money(written, earned, written - earned, taxes, fees)

    def earned_exact(self, day: date) -> Fraction:
        """Premium earned before the first minute of ``day``, before rounding."""
        return sum((self._earned_in(one, day) for one in self._stretches), Fraction(0))

    @property
    def written(self) -> int:
        """Everything written, whenever it takes effect."""
        return sum(line.premium for line in self.lines)

    @property
    def total(self) -> int:
        """Everything owed for the term: premium, taxes and fees."""
        return sum(line.premium + line.tax + line.fee for line in self.lines)

    @property
    def ended_on(self) -> date | None:
        """The day on which cover ended before the term did; None where it did not."""
        last = self._stretches[-1] if self._stretches else None
        return last.closing.effective_on if last and last.closing else None

    def _earned_in(self, one: _Stretch, day: date) -> Fraction:
        if one.closing is not None and day >= one.closing.effective_on:
            return Fraction(one.written + one.closing.premium)
        end, total = self.contract.end, Fraction(0)
        for line in one.lines:
            if line.effective_on <= day:
                gone = self.contract.days(line.effective_on, min(day, end))
                total += line.premium * share(gone, self.contract.days(line.effective_on, end))
        return total

    def _begins(self, day: date) -> datetime:
        return begins(day, self.contract.zone, self.contract.clock)

    # how it is made

    def add(self, change: Change) -> None:
        """Price the next change in order of effect. Raises Conflict for one that finds no cover to change."""
        {
            ChangeKind.INCEPTION: self._begin, ChangeKind.ENDORSEMENT: self._endorse,
            ChangeKind.CANCELLATION: self._cancel, ChangeKind.REINSTATEMENT: self._resume,
        }[change.kind](change)  # fmt: skip

    def _begin(self, change: Change) -> None:
        assert change.contents is not None, "an inception says what is insured"
        self._open(change.effective_on, self._begins(change.effective_on))
        self._states.append((change.effective_on, change.contents))
        self._write(change, change.contents.price, self.contract.fees)

    def _endorse(self, change: Change) -> None:
        if self._present is None or not change.effective_on < self.contract.end:
            raise _uncovered(change)
        before = self._states[-1][1]
        after = before.after(change.operations, f"endorsement {change.number} of {change.effective_on}")
        self._states.append((change.effective_on, after))
        self._write(change, self._for_the_rest(after.price - before.price, change.effective_on))

    def _cancel(self, change: Change) -> None:
        present = self._present
        if present is None:
            raise _uncovered(change)
        assert change.terms is not None, "a cancellation says how premium is returned"
        self.returned = self.quote(change.effective_on, change.terms)
        flat = self.returned.method is Method.FLAT
        fee = -sum(line.fee for line in self.lines) if flat else 0
        premium = -present.written if flat else -self.returned.premium
        self._write(change, premium, fee, closing=True)

    def _resume(self, change: Change) -> None:
        assert change.resumes_at is not None, "one that takes a cancellation back has been resolved before"
        if self._present is not None:
            raise Conflict("the policy is in force; there is nothing to reinstate", code="in_force")
        self._open(change.effective_on, change.resumes_at)
        self._write(change, self._for_the_rest(self._states[-1][1].price, change.effective_on))

    def quote(self, on: date, terms: ReturnTerms) -> Returned:
        """What a cancellation on a day would return, of a term that is in force; the term is not changed."""
        present = self._present
        if present is None:
            raise Conflict("the policy has no cover that could be cancelled", code="not_in_force")
        if on < present.start:
            fault = FieldError(
                "effective_on", "before_cover", f"cover began again on {present.start}", "choose a later day", str(on)
            )
            raise Conflict("a policy is cancelled while it covers", fields=(fault,), code="outside_term")
        written = sum(line.premium for line in present.lines if line.effective_on <= on)
        price = self.contents_on(on).price
        earned = self._earned_in(present, on)
        return give_back(Standing(self.contract.start, self.contract.end, on, written, price, earned), terms)

    @property
    def _present(self) -> _Stretch | None:
        last = self._stretches[-1] if self._stretches else None
        return last if last is not None and last.closing is None else None

    def _open(self, day: date, opens_at: datetime) -> None:
        self._stretches.append(_Stretch(day, opens_at))

    def _for_the_rest(self, price: int, day: date) -> int:
        whole = self.contract.days(self.contract.start, self.contract.end)
        return cents(price * share(self.contract.days(day, self.contract.end), whole))

    def _write(self, change: Change, premium: int, fee: int = 0, *, closing: bool = False) -> None:
        # Taxes follow the premium so far, not each line: what is returned in full returns every cent of them.
        total = self.written + premium
        tax = cents(self.contract.tax_rate * total) - sum(line.tax for line in self.lines)
        line = Line(change.id, change.effective_on, premium, tax, fee)
        self.lines.append(line)
        if closing:
            self._stretches[-1].closing = line
        else:
            self._stretches[-1].lines.append(line)


def priced(contract: Contract, changes: Iterable[Change], known_at: datetime | None = None) -> Term:
    """The term as its changes make it; with ``known_at`` only those recorded until then."""
    term = Term(contract)
    known = [one for one in changes if known_at is None or one.recorded_at <= known_at]
    for change in in_effect(known):
        term.add(change)
    return term


def in_effect(changes: Sequence[Change]) -> list[Change]:
    """The changes that still count, in order of effect.

    A reinstatement without lapse takes back the cancellation before it; Conflict where there is none. Endorsements agreed before
    a cancellation for a day that it left without cover fell with it (T60), and so does everything behind the first day of a
    policy that was void from its beginning.
    """
    ordered = sorted(changes, key=lambda one: one.number)
    ends: list[Change] = []
    for one in ordered:
        if one.kind is ChangeKind.CANCELLATION:
            ends.append(one)
        elif one.kind is ChangeKind.REINSTATEMENT and one.resumes_at is None:
            if not ends:
                raise Conflict("there is no cancellation to take back", code="not_cancelled")
            ends.pop()
    start = min((one.effective_on for one in ordered if one.kind is ChangeKind.INCEPTION), default=None)
    void = next((one for one in ends if one.effective_on == start), None)
    kept = []
    for one in ordered:
        if one.kind is ChangeKind.CANCELLATION:
            counts = one in ends if void is None else one is void
        elif one.kind is ChangeKind.REINSTATEMENT:
            counts = one.resumes_at is not None and void is None
        elif one.kind is ChangeKind.ENDORSEMENT:
            counts = void is None and not any(
                one.number < end.number and one.effective_on >= end.effective_on for end in ends
            )
        else:
            counts = True
        if counts:
            kept.append(one)
    return sorted(kept, key=lambda one: (one.effective_on, one.number))


def differences(before: Iterable[Line], after: Iterable[Line]) -> list[Line]:
    """What is to be posted so that what was posted for ``before`` becomes ``after``, a line for each change that differs."""
    old, new = _by_change(before), _by_change(after)
    found = []
    for change in dict.fromkeys([*old, *new]):
        was, now = old.get(change), new.get(change)
        known = now or was
        assert known is not None, "it is of one of the two"
        amounts = [
            (getattr(now, name) if now else 0) - (getattr(was, name) if was else 0)
            for name in ("premium", "tax", "fee")
        ]
        if any(amounts):
            found.append(Line(change, known.effective_on, *amounts))
    return found


def _by_change(lines: Iterable[Line]) -> Mapping[str, Line]:
    return {line.change: line for line in lines}


def _uncovered(change: Change) -> Conflict:
    fault = FieldError(
        "effective_on", "not_covered", "the policy gives no cover on that day", "choose a day on which it does",
        change.effective_on.isoformat(),
    )  # fmt: skip
    return Conflict("a change needs cover to change", fields=(fault,), code="not_covered")
