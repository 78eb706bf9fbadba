"""The agency's commissions worked out a second way: by somebody who reads the facts of the story and keeps a card for each sale.

Nothing of the ledger's code is used, neither its rules nor its amounts: rates are looked up in the plan as it was written, shares
are handed out cent by cent, and what each account must hold is added up from the cards as they are now, not from postings.
Amounts are cents; what the agency owes is negative, as in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from bench.ledger_story import Broker, End, Fee, Hold, Lift, Party, Pool, Record, Rescind, Sale, Story, Upline

Books = dict[tuple[str, str], int]
"""What stands where: account and owner."""
_READ = frozenset({"FL", "NY", "PA"})
"""States of the story whose law on referral fees was read; in each an unlicensed person may have a fee for every referral."""


def cents(amount: Fraction) -> int:
    """Half a cent is a cent, away from zero."""
    whole, rest = divmod(abs(amount), 1)
    found = int(whole) + (1 if 2 * rest >= 1 else 0)
    return found if amount >= 0 else -found


def handed_out(total: int, weights: list[Fraction]) -> list[int]:
    """Everybody's whole cents, then one each to whoever misses most of one; the first among equals."""
    whole = sum(weights)
    exact = [abs(total) * one / whole for one in weights]
    found = [int(one) for one in exact]
    missing = sorted(range(len(exact)), key=lambda place: (found[place] - exact[place], place))
    for place in missing[: abs(total) - sum(found)]:
        found[place] += 1
    return found if total >= 0 else [-one for one in found]


@dataclass
class Line:
    """What somebody has of a sale: ``full`` as it was earned, ``has`` by whoever has it or answers for it now. ``paid_by`` is
    "" for a part of the commission itself, else the house's account that gives it; ``who`` "" is the house.
    """

    who: str
    full: int
    paid_by: str = ""
    withheld: bool = False
    has: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """All that is left of it."""
        return sum(self.has.values())


@dataclass
class Card:
    """A sale, its lines in order, and where it stands."""

    sale: Sale
    gross: int
    contract: dict[str, Any]
    lines: list[Line]
    held_until: date
    kept: Fraction = Fraction(1)
    returned: int = 0
    received: int = 0
    released: bool = False

    @property
    def owed(self) -> int:
        """What the carrier still owes of it."""
        return sum(one.now for one in self.lines if not one.paid_by) - self.received

    @property
    def window(self) -> dict[str, Any] | None:
        """The contract's window, None where what comes back follows the premium."""
        clause: dict[str, Any] = self.contract["clause"]
        return clause if clause["kind"] == "window" else None


class Clerk:
    """Takes facts as they happen; ``order`` is the order of brokers among equals in a pool."""

    def __init__(self, story: Story, order: dict[str, Any]) -> None:
        self._plans = story.plans
        self._people: dict[str, Broker] = {one.name: one for one in story.brokers}
        self._order = order
        self._above: dict[str, list[tuple[date, str]]] = defaultdict(list)
        self._pools: dict[str, dict[str, list[tuple[date, str]]]] = defaultdict(lambda: defaultdict(list))
        self._records: dict[tuple[str, str], list[Record]] = defaultdict(list)
        self._rescinded: set[int] = set()
        self._held: dict[int, Hold] = {}
        self.cards: dict[int, Card] = {}
        self._terms: dict[tuple[str, str, date], list[Card]] = defaultdict(list)
        self._fees: dict[str, int] = defaultdict(int)
        self._out: dict[str, int] = defaultdict(int)
        self._gone: dict[str, int] = defaultdict(int)
        self._cash = self._variance = 0
        self._suspense: dict[str, int] = defaultdict(int)

    def upline(self, fact: Upline, day: date) -> None:
        """Somebody stands above somebody else from today on."""
        self._above[fact.who].append((day, fact.upper))

    def pool(self, fact: Pool, day: date) -> None:
        """Weights of a pool from today on."""
        for who, weight in fact.weights:
            self._pools[fact.pool][who].append((day, weight))

    def record(self, fact: Record) -> None:
        """A policy goes to somebody else."""
        self._records[fact.number, fact.carrier].append(fact)

    def rescind(self, fact: Rescind) -> None:
        """It did not."""
        self._rescinded.add(fact.key)

    def hold(self, fact: Hold) -> None:
        """Nothing goes out."""
        self._held[fact.key] = fact

    def lift(self, fact: Lift) -> None:
        """It may again."""
        self._held.pop(fact.key)

    def fee(self, fact: Fee, day: date) -> bool:
        """Whether the fee is owed: no client, a state that was read, and without a licence only for every referral."""
        licence = self._licensed(fact.who, fact.state, day)
        may = fact.state in _READ and not fact.client and licence is not None
        may = may and (licence is True or (fact.every and not fact.converted))
        if may:
            self._fees[fact.who] += fact.amount
        return may

    def sale(self, fact: Sale, day: date) -> Card:
        """Open a card."""
        plan = self._plan(fact.earned)
        rate = next(one for one in plan["rates"] if _is_for(one["match"], fact))
        contract = next(one for one in plan["contracts"] if _is_for(one["match"], fact))
        advance = 1 if fact.month else contract.get("advance", 0) or 1
        gross = advance * _commission(rate, fact.premium)
        held_until = fact.earned + timedelta(days=plan["hold_days"])
        shares: list[tuple[str, Fraction, Fraction]] = []
        for party in fact.parties:
            found, settles = self._sharing(party, fact, day, plan["rescission_days"])
            shares += found
            held_until = max(held_until, settles)
        house, whole = Fraction(rate["house"]), sum((weight for _, weight, _ in shares), Fraction(0))
        parts = handed_out(gross, [*((1 - house) * weight / whole for _, weight, _ in shares), house])
        lines, extras = [], []
        for (who, _, times), part in zip(shares, parts, strict=False):
            licensed = self._licensed(who, fact.state, fact.earned) is True
            lines.append(Line(who, part, withheld=not licensed))
            if licensed:
                extras.append(Line(who, cents(part * (times - 1)), "bonus"))
                extras += self._overrides(who, part, fact, plan["overrides"])
        card = Card(fact, gross, contract, [*lines, Line("", parts[-1]), *extras], held_until)
        for line in card.lines:
            line.has = {line.who: line.full}
        self.cards[fact.key] = card
        self._terms[fact.number, fact.carrier, fact.on].append(card)
        return card

    def end(self, fact: End, day: date) -> None:
        """What comes back of a term, or stands again."""
        cards = self._terms[fact.number, fact.carrier, fact.on]
        left = [
            0 if one.window or one.sale.month else max(one.sale.premium - one.returned, 0) for one in cards
        ]  # fmt: skip
        more = handed_out(fact.returned, [Fraction(one) for one in left]) if any(left) else left
        heirs = self._heirs(fact, day)
        for card, back in zip(cards, more, strict=True):
            if fact.how == "reinstated":
                card.kept, card.returned = Fraction(1), 0
            elif fact.how == "flat":
                card.kept, card.returned = Fraction(0), max(card.sale.premium, 0)
            else:
                _end(card, fact, back)
            _settle(card, heirs)

    def statement(self, carrier: str, only: set[tuple[str, date]]) -> list[tuple[str, date, int]]:
        """What the carrier owes for these terms by now, negative where it takes back; it is received with this."""
        found = []
        for (number, of, on), cards in self._terms.items():
            owed = sum(one.owed for one in cards)
            if of == carrier and (number, on) in only and owed:
                found.append((number, on, owed))
                self._cash += owed
                for one in cards:
                    one.received += one.owed
        return found

    def astray(self, carrier: str, amount: int, *, known: bool) -> None:
        """Money that came with a line which fits nothing, or a difference within the tolerance (``known``)."""
        self._cash += amount
        if known:
            self._variance += amount
        else:
            self._suspense[carrier] += amount

    def open_terms(self, carrier: str) -> list[tuple[str, date]]:
        """Terms of which the carrier owes something or has something coming."""
        return [
            (number, on)
            for (number, of, on), cards in self._terms.items()
            if of == carrier and sum(one.owed for one in cards) != 0
        ]

    def release(self, day: date) -> int:
        """Let be paid what its carrier has paid and whose time of waiting is over; how many."""
        held = {one.sale for one in self._held.values() if one.sale}
        ready = [
            one for one in self.cards.values()
            if not one.released and one.held_until <= day and one.sale.key not in held and one.owed == 0 and one.gross
        ]  # fmt: skip
        for one in ready:
            one.released = True
        return len(ready)

    def payouts(self, day: date) -> dict[str, int]:
        """What goes out today to whom; those who owe, are held or have less than the least get nothing and keep what stands."""
        least = self._plan(day)["least_payout"]
        held = self.stopped()
        found = {
            who: -minor
            for (account, who), minor in self.books().items()
            if account == "payable" and who not in held and -minor >= max(least, 1)
        }
        for who, minor in found.items():
            self._out[who] += minor
        return found

    def stopped(self) -> set[str]:
        """On whom a hold stands."""
        return {one.who for one in self._held.values() if one.who}

    def bank(self, who: str, amount: int, *, returned: bool) -> None:
        """The bank paid, or sent it back."""
        self._out[who] -= amount
        if not returned:
            self._gone[who] += amount
            self._cash -= amount

    def paid(self) -> dict[str, int]:
        """What left for whom."""
        return dict(self._gone)

    def books(self) -> Books:
        """What every account holds by the cards; accounts at nothing are left out."""
        found: Books = defaultdict(int)
        for card in self.cards.values():
            for line in card.lines:
                if line.paid_by:
                    found[line.paid_by, ""] += line.now
                else:
                    found["receivable", card.sale.carrier.lower()] += line.now
                for who, minor in line.has.items():
                    found[_where(card, line), who] -= minor
            found["receivable", card.sale.carrier.lower()] -= card.received
        for who, minor in self._fees.items():
            found["fee", ""] += minor
            found["payable", who] -= minor
        for who in {*self._out, *self._gone}:
            found["payable", who] += self._out[who] + self._gone[who]
            found["in_payment", who] -= self._out[who]
        found["cash", ""] += self._cash
        found["variance", ""] -= self._variance
        for carrier, minor in self._suspense.items():
            found["suspense", carrier.lower()] -= minor
        return {where: minor for where, minor in found.items() if minor}

    def _plan(self, day: date) -> dict[str, Any]:
        return [plan for first, plan in self._plans if first <= day][-1]

    def _licensed(self, who: str, state: str, day: date) -> bool | None:
        person = self._people[who]
        if person.licences == "none":
            return None
        return not (person.licences == "home" and state != "FL") and (person.ended is None or day <= person.ended)

    def _sharing(
        self, party: Party, fact: Sale, day: date, rescission: int
    ) -> tuple[list[tuple[str, Fraction, Fraction]], date]:
        """Who shares with which weight and multiplier, and until when a change of theirs may be taken back."""
        if not party.pool:
            who, settles = self._of_record(party.who, fact, day, rescission)
            return [(who, Fraction(party.weight), Fraction(party.times if who == party.who else 1))], settles
        inside = {who: Fraction(_latest(found, fact.earned) or 0) for who, found in self._pools[party.pool].items()}
        inside = {who: inside[who] for who in sorted(inside, key=lambda one: str(self._order[one])) if inside[who]}
        whole = sum(inside.values(), Fraction(0))
        return [(who, Fraction(party.weight) * one / whole, Fraction(1)) for who, one in inside.items()], date.min

    def _of_record(self, who: str, fact: Sale, day: date, rescission: int) -> tuple[str, date]:
        settles = date.min
        for one in sorted(self._records[fact.number, fact.carrier], key=lambda one: (one.effective, one.received)):
            if one.key not in self._rescinded and one.before == who and one.effective <= fact.on:
                who, last = one.after, one.received + timedelta(days=rescission)
                settles = max(settles, last) if last > day else settles
        return who, settles

    def _heirs(self, fact: End, day: date) -> dict[str, str]:
        """Who answers for whom today. In the story nobody hands on what was handed to them."""
        known = self._records[fact.number, fact.carrier]
        return {
            one.before: one.after for one in known
            if one.successor and one.effective <= day and one.key not in self._rescinded
        }  # fmt: skip

    def _overrides(self, seller: str, part: int, fact: Sale, rates: Iterable[str]) -> list[Line]:
        found, here = [], seller
        for rate in rates:
            upper = _latest(self._above[here], fact.earned)
            if not upper:
                break
            if self._licensed(upper, fact.state, fact.earned) is True:
                found.append(Line(upper, cents(part * Fraction(rate)), "override"))
            here = upper
        return found


def _where(card: Card, line: Line) -> str:
    if not line.who:
        return "house"
    if line.withheld:
        return "withheld"
    return "payable" if card.released else "pending"


def _latest(found: list[tuple[date, str]], day: date) -> str | None:
    """What was said last from a day that has come; the later of two of one day."""
    said = [(since, place) for place, (since, _) in enumerate(found) if since <= day]
    return found[max(said)[1]][1] if said else None


def _is_for(match: dict[str, Any], fact: Sale) -> bool:
    term = "renewal" if fact.renewal else "new"
    return (
        fact.line in match.get("lines", [fact.line])
        and fact.carrier.lower() in [one.lower() for one in match.get("carriers", [fact.carrier])]
        and term in match.get("terms", [term])
    )


def _commission(rate: dict[str, Any], premium: int) -> int:
    basis, base = rate["basis"], abs(premium)
    if basis["kind"] == "flat":
        found = basis["minor"]
    elif basis["kind"] == "percent":
        found = cents(base * Fraction(basis["rate"]))
    elif basis["marginal"]:
        rows = basis["brackets"]
        floors = [row["floor"] for row in rows] + [max(base, rows[-1]["floor"]) + 1]
        slices = [max(min(base, floors[place + 1]) - row["floor"], 0) for place, row in enumerate(rows)]
        found = cents(sum((one * Fraction(row["rate"]) for one, row in zip(slices, rows, strict=True)), Fraction(0)))
    else:
        found = cents(base * Fraction([row["rate"] for row in basis["brackets"] if row["floor"] <= base][-1]))
    if premium < 0:
        return -int(found)
    return int(max(min(found, rate.get("most", found)), rate.get("least", 0) if found else 0))


def _end(card: Card, fact: End, back: int) -> None:
    if card.sale.month:
        return
    if card.window is not None:
        in_force = 12 * (fact.ended.year - fact.on.year) + fact.ended.month - fact.on.month
        if fact.ended.day < fact.on.day and (fact.ended + timedelta(days=1)).month == fact.ended.month:
            in_force -= 1
        full, months = card.window["full"], card.window["months"]
        stays = Fraction(1) if in_force >= months else Fraction(in_force if in_force >= full else 0, months)
        card.kept = min(card.kept, stays)
    elif card.sale.premium > 0:
        card.returned += back
        card.kept = min(card.kept, Fraction(card.sale.premium - card.returned, card.sale.premium))


def _settle(card: Card, heirs: dict[str, str]) -> None:
    """Bring each line to what is left of it. What comes back of somebody whose policy went to an heir is the heir's to bear."""
    sale = [one for one in card.lines if not one.paid_by]
    weights = [Fraction(abs(one.full)) for one in sale]
    parts = handed_out(cents(card.gross * card.kept), weights) if card.gross else [0] * len(sale)
    wanted = [(line, part) for line, part in zip(sale, parts, strict=True)]
    wanted += [(line, cents(line.full * card.kept)) for line in card.lines if line.paid_by]
    for line, part in wanted:
        heir, change = heirs.get(line.who), part - line.now
        others = [who for who, minor in line.has.items() if minor and who != line.who]
        if heir is None or line.withheld:
            line.has = {line.who: part}
        elif change > 0 and not others:
            line.has[line.who] = line.has.get(line.who, 0) + change
        elif change:
            line.has[heir] = line.has.get(heir, 0) + change
