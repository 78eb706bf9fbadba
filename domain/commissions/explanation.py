"""Every cent of a commission, worked out again from its frozen terms and laid beside what was posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from domain.commissions.ledger import Account, Place
from domain.commissions.rates import Flat, Percent, Rate, Tiered
from domain.commissions.splitting import Standing, balances, kept, lines_of, percent
from domain.commissions.terms import Terms
from kernel.money import Money

_SHARED = frozenset({Account.PENDING, Account.PAYABLE, Account.WITHHELD, Account.HOUSE})


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line: what it is in full, what is kept of it, and what the ledger holds for it. ``payee`` "" is the house."""

    line: str
    payee: str
    account: str
    full: int
    kept: int
    posted: int
    basis: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``sentences`` lead from the premium to the commission; ``agrees`` when the ledger holds exactly what the terms give."""

    sentences: tuple[str, ...]
    lines: tuple[ExplainedLine, ...]
    agrees: bool


def explain(terms: Terms, carrier: str, standing: Standing, posted: Mapping[Place, int]) -> Explanation:
    """``posted`` are the balances of the commission's postings, without what was received for it.

    A successor's balance counts for the line that it came from (T42).
    """
    amounts = kept(terms, standing.retained)
    lines = []
    for one in lines_of(terms):
        held = -sum(minor for place, minor in posted.items() if place.line == one.line and place.account in _SHARED)
        lines.append(
            ExplainedLine(one.line, one.payee, one.account.value, one.minor, amounts[one.line], held, one.basis)
        )
    expected = _by_line(balances(terms, carrier, standing))
    return Explanation(tuple(_sentences(terms, standing)), tuple(lines), agrees=expected == _by_line(posted))


def _by_line(found: Mapping[Place, int]) -> dict[tuple[Account, str], int]:
    together: dict[tuple[Account, str], int] = {}
    for place, minor in found.items():
        key = (place.account, place.line)
        together[key] = together.get(key, 0) + minor
    return {key: minor for key, minor in together.items() if minor}


def _sentences(terms: Terms, standing: Standing) -> list[str]:
    def money(minor: int) -> str:
        return str(Money(minor, terms.currency))

    said = [f"The commissionable premium is {money(terms.premium)}."]
    if terms.taxes or terms.fees:
        said.append(f"Taxes of {money(terms.taxes)} and fees of {money(terms.fees)} earn no commission.")
    if terms.before:
        whole, earned = terms.before + terms.premium, terms.rate.commission(terms.before)
        said.append(f"With {money(terms.before)} of premium that earned before the term comes to {money(whole)}.")
        said.append(f"{how(terms.rate, whole, terms.currency)}: {money(terms.rate.commission(whole))}.")
        said.append(f"Of that {money(earned)} was earned before; {money(terms.once)} is added.")
    else:
        said.append(f"{how(terms.rate, terms.premium, terms.currency)}: {money(terms.once)}.")
    if terms.months > 1:
        said.append(f"It is advanced for {terms.months} months: {money(terms.gross)}.")
    said.append(f"The rule is version {terms.rule_version} of the plan ({terms.rule_digest[:12]}).")
    if standing.retained != 1:
        said.append(
            f"{standing.retained.numerator}/{standing.retained.denominator} of it stays earned, the rest came back."
        )
    return said


def how(rate: Rate, premium: int, currency: str) -> str:
    """The rate's row in words, for this premium."""
    basis = rate.basis
    if isinstance(basis, Percent):
        said = f"At {percent(Fraction(basis.rate))} the commission is"
    elif isinstance(basis, Flat):
        said = "The flat commission is"
    else:
        said = _brackets(basis, premium, currency)
    plain = rate.basis.on(abs(premium))
    if premium > 0 and plain != rate.commission(premium):
        return f"{said} {Money(plain, currency)}, brought within its bounds"
    return said


def _brackets(basis: Tiered, premium: int, currency: str) -> str:
    number = basis.bracket(abs(premium))
    floor, rate = basis.brackets[number - 1]
    place = f"bracket {number} (from {Money(floor, currency)})"
    if basis.marginal:
        return f"Each slice up to {place} at its own rate, the commission is"
    return f"In {place} at {percent(Fraction(rate))} the commission is"
