"""From frozen terms to postings: the split, bonuses and overrides of the house, and what is left of them after a chargeback.

The sale's commission is split with nothing left over (T33). A tier's bonus is the house's to pay and its own pair of postings, so
the split stays 100 percent (T29). After a chargeback each line keeps its part of what is retained in all, by the *original*
lines, so the reversals of a policy together are the original for each person, in however many steps (T35).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from domain.commissions.ledger import Account, Place
from domain.commissions.promoting import promotion_line
from domain.commissions.terms import Sharer, Terms
from kernel.money import apportion, rounded


@dataclass(frozen=True, slots=True)
class Credit:
    """What one line gives somebody in full, and the account that it comes from. ``basis`` says why, for people; ``stands`` is the
    share of it that stays whatever becomes of the commission, None where it goes with that.
    """

    line: str
    account: Account
    payee: str
    minor: int
    source: Account
    basis: str
    stands: Fraction | None = None


def share_line(index: int) -> str:
    """The line of the sharer at ``index``."""
    return f"share:{index}"


def lines_of(terms: Terms) -> tuple[Credit, ...]:
    """Every line of a commission at its full amount: shares in the order of the sharers, the house, bonuses, overrides."""
    return (*_shares(terms), *(one for found in _extras(terms) for one in found))


def _weights(terms: Terms) -> list[Fraction]:
    house = Fraction(terms.rate.house)
    whole = sum((one.weight for one in terms.sharers), Fraction(0))
    return [(1 - house) * one.weight / whole for one in terms.sharers] + [house]


def _parts(terms: Terms) -> list[int]:
    return apportion(terms.gross, _weights(terms))


def _shares(terms: Terms) -> list[Credit]:
    *parts, house = _parts(terms)
    found = []
    for index, (sharer, minor) in enumerate(zip(terms.sharers, parts, strict=True)):
        account = Account.PENDING if sharer.licence.permits else Account.WITHHELD
        basis = f"{percent(_weights(terms)[index])} of the commission"
        if sharer.pool is not None:
            basis += f" through the pool {sharer.pool}"
        if not sharer.licence.permits:
            basis += f", withheld: {sharer.licence.reason}"
        found.append(Credit(share_line(index), account, sharer.payee, minor, Account.RECEIVABLE, basis))
    kept = f"{percent(Fraction(terms.rate.house))} kept by the house"
    found.append(Credit("house", Account.HOUSE, "", house, Account.RECEIVABLE, kept))
    return found


def _extras(terms: Terms) -> list[list[Credit]]:
    parts = _parts(terms)[:-1]
    return [
        [*_bonus(index, sharer, minor), *_promised(sharer), *_overrides(terms, index, sharer, minor)]
        for index, (sharer, minor) in enumerate(zip(terms.sharers, parts, strict=True))
        if sharer.licence.permits
    ]


def _bonus(index: int, sharer: Sharer, minor: int) -> list[Credit]:
    more = Fraction(sharer.multiplier) - 1
    basis = f"tier multiplier {sharer.multiplier}: {percent(more)} of their share, paid by the house"
    return [Credit(f"bonus:{index}", Account.PENDING, sharer.payee, rounded(minor * more), Account.BONUS, basis)]


def _promised(sharer: Sharer) -> list[Credit]:
    return [
        Credit(
            promotion_line(one.promotion), Account.PENDING, sharer.payee, one.minor, Account.PROMOTION,
            f"promotion {one.name}, held until {one.until.isoformat()}, paid by the house", one.stands,
        )
        for one in sharer.promised
    ]  # fmt: skip


def _overrides(terms: Terms, index: int, sharer: Sharer, minor: int) -> list[Credit]:
    return [
        Credit(
            f"override:{index}:{level}", Account.PENDING, above.payee, rounded(minor * Fraction(rate)), Account.OVERRIDE,
            f"level {level}: {percent(Fraction(rate))} of the share below, paid by the house",
        )
        for level, (rate, above) in enumerate(zip(terms.overrides, sharer.above, strict=False), start=1)
        if above.licence.permits
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a commission stands: how much of it is ``retained``, 0 to 1, and whether its money is ``released``."""

    retained: Fraction = Fraction(1)
    released: bool = False


def kept(terms: Terms, retained: Fraction) -> dict[str, int]:
    """Minor units that each line keeps when ``retained`` (0 to 1) of the commission does."""
    found = lines_of(terms)
    sale = [one for one in found if one.source is Account.RECEIVABLE]
    left = rounded(terms.gross * retained)
    amounts = apportion(left, [abs(one.minor) for one in sale]) if terms.gross else [0] * len(sale)
    lines = {one.line: minor for one, minor in zip(sale, amounts, strict=True)}
    return lines | {
        one.line: rounded(one.minor * (retained if one.stands is None else one.stands))
        for one in found
        if one.source is not Account.RECEIVABLE
    }


def balances(terms: Terms, carrier: str, standing: Standing) -> dict[Place, int]:
    """The balance of every place of a commission so standing: zero in sum, whatever stands."""
    amounts = kept(terms, standing.retained)
    found: dict[Place, int] = {}
    for one in lines_of(terms):
        minor = amounts[one.line]
        if minor:
            account = Account.PAYABLE if standing.released and one.account is Account.PENDING else one.account
            found[Place(account, one.payee, one.line)] = -minor
            source = Place(one.source, carrier if one.source is Account.RECEIVABLE else "", one.line)
            found[source] = found.get(source, 0) + minor
    return found


def answered(
    terms: Terms, current: Mapping[Place, int], target: Mapping[Place, int], successors: Mapping[str, str]
) -> dict[Place, int]:
    """``target`` where a payee's successor answers for what comes back from now on (T42): what others have stays, and whoever
    answers takes the difference. Lines of payees without a successor are as in ``target``.
    """
    found = dict(target)
    for one in lines_of(terms):
        heir = successors.get(one.payee)
        if heir is None:
            continue
        for account in (Account.PENDING, Account.PAYABLE):
            first = Place(account, one.payee, one.line)
            stays = {place: minor for place, minor in current.items() if place[::2] == first[::2]}
            change = target.get(first, 0) - sum(stays.values())
            unborne = change < 0 and not stays.keys() - {first}
            bearer = first if unborne else Place(account, heir, one.line)
            found |= {first: 0, **stays}
            found[bearer] = found.get(bearer, 0) + change
    return {place: minor for place, minor in found.items() if minor}


def percent(part: Fraction) -> str:
    """A share for people."""
    hundred = part * 100
    exact = f"{float(hundred):.4f}".rstrip("0").rstrip(".")
    return f"{exact}%"
