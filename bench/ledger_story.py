"""An invented year of an agency that sells: people, who stands above whom, pools, sales and what becomes of each, as plain facts.

Nothing here is an amount of commission: the facts are what somebody would read in the agency's files. Whoever wants to know what
they come to works it out (:mod:`bench.ledger_clerk`), and the ledger does as well.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

FIRST = date(2025, 1, 1)
CARRIERS = ("Acme", "Beacon", "Castle")
STATES = ("FL", "NY", "PA", "TX")
_AUTO_DAYS, _YEAR = 182, 365
_LINES = {"auto": 45, "home": 25, "life": 18, "renters": 7, "pet": 5}
_TIERS = ("1", "1", "1.05", "1.10", "1.15", "1.20")
_WEIGHTS = ("1", "1", "2", "0.5", "3.25")


@dataclass(frozen=True, slots=True)
class Broker:
    """``licences``: ``all``, ``none`` (nothing is known), or until a day (``ended``), or in Florida only (``home``)."""

    name: str
    licences: str = "all"
    ended: date | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A broker with the multiplier of their tier on the day, or a pool."""

    weight: str
    who: str = ""
    times: str = "1"
    pool: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale, a change of its premium, a renewal, or (``month``) one month of a commission that comes month by month."""

    key: int
    number: str
    carrier: str
    line: str
    state: str
    on: date
    earned: date
    premium: int
    parties: tuple[Party, ...]
    renewal: bool = False
    month: bool = False
    taxes: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """A term ended or stands again. ``how`` as in the words of the ledger; ``returned`` premium in cents, of now."""

    key: int
    number: str
    carrier: str
    on: date
    how: str
    ended: date
    returned: int


@dataclass(frozen=True, slots=True)
class Record:
    """A policy goes from one to another."""

    key: int
    number: str
    carrier: str
    before: str
    after: str
    effective: date
    received: date
    successor: bool


@dataclass(frozen=True, slots=True)
class Rescind:
    """The insured took the change back."""

    key: int


@dataclass(frozen=True, slots=True)
class Upline:
    """Who stands above a broker from the day on; "" is nobody."""

    who: str
    upper: str


@dataclass(frozen=True, slots=True)
class Pool:
    """Weights in a pool from the day on; 0 is out of it."""

    pool: str
    weights: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing goes out to ``who``, or of the sale ``sale``, until the day on which it is lifted."""

    key: int
    who: str = ""
    sale: int = 0


@dataclass(frozen=True, slots=True)
class Lift:
    """The hold of this key ends."""

    key: int


@dataclass(frozen=True, slots=True)
class Fee:
    """A flat fee for a referral is asked for; whether it is owed is the law's to say."""

    key: int
    who: str
    state: str
    amount: int
    converted: bool
    client: bool
    every: bool


Fact = Sale | End | Record | Rescind | Upline | Pool | Hold | Lift | Fee


@dataclass
class Story:
    """Everything that happens, by day. ``plans`` are commission plans as they are put in force, by their first day."""

    seed: int
    days: int
    brokers: list[Broker]
    plans: list[tuple[date, dict[str, Any]]]
    facts: dict[date, list[Fact]] = field(default_factory=lambda: defaultdict(list))

    @property
    def last(self) -> date:
        """The last day."""
        return FIRST + timedelta(days=self.days - 1)


def plans(days: int) -> list[tuple[date, dict[str, Any]]]:
    """Two contracts, the second from the middle of the story on."""

    def rate(basis: dict[str, Any], house: str, **match: Any) -> dict[str, Any]:
        bounds: dict[str, Any] = {name: match.pop(name) for name in ("least", "most") if name in match}
        return {"match": match, "basis": basis, "house": house, **bounds}

    def percent(share: str) -> dict[str, Any]:
        return {"kind": "percent", "rate": share}

    def tiered(*brackets: tuple[int, str], marginal: bool) -> dict[str, Any]:
        rows = [{"floor": floor, "rate": share} for floor, share in brackets]
        return {"kind": "tiered", "brackets": rows, "marginal": marginal}

    def monthly(full: int, months: int) -> dict[str, Any]:
        return {"kind": "window", "full": full, "months": months}

    contracts = [
        {"match": {"lines": ["life"], "carriers": ["beacon"]}, "clause": monthly(1, 6), "advance": 2},
        {"match": {"lines": ["life"]}, "clause": monthly(0, 9), "advance": 9},
        {"match": {"lines": ["renters"]}, "clause": monthly(2, 6)},
        {"match": {}, "clause": {"kind": "return_premium"}},
    ]  # fmt: skip
    rest = {"contracts": contracts, "rescission_days": 10, "tolerance": 5, "least_payout": 2_500}
    first = [
        rate(percent("0.5"), "0.3", lines=["life"], carriers=["Beacon"]),
        rate(percent("0.8"), "0.25", lines=["life"]),
        rate(percent("0.1"), "0.4", lines=["auto"], terms=["renewal"]),
        rate(percent("0.125"), "0.4", lines=["auto"], least=1_500, most=40_000),
        rate(tiered((0, "0.1"), (100_000, "0.12"), (250_000, "0.15"), marginal=True), "0.35", lines=["home"], carriers=["Acme"]),
        rate(tiered((0, "0.1"), (100_000, "0.12"), marginal=False), "0.33333333", lines=["home"]),
        rate({"kind": "flat", "minor": 4_203}, "0.5"),
    ]  # fmt: skip
    second = [*first[:2], rate(percent("0.09"), "0.45", lines=["auto"], terms=["renewal"]), *first[3:]]
    return [
        (date(2024, 1, 1), {"rates": first, "overrides": ["0.08", "0.03"], "hold_days": 5, **rest}),
        (FIRST + timedelta(days=days // 2), {"rates": second, "overrides": ["0.06", "0.04", "0.01"], "hold_days": 10, **rest}),
    ]  # fmt: skip


def story(seed: int, brokers: int, days: int, sales_a_day: float) -> Story:
    """The same for the same arguments."""
    return _Teller(random.Random(seed), Story(seed, days, _people(seed, brokers, days), plans(days))).told(sales_a_day)


def _people(seed: int, many: int, days: int) -> list[Broker]:
    chance, found = random.Random(f"people {seed}"), []
    for number in range(1, many + 1):
        kind = chance.choices(("all", "ended", "none", "home"), (88, 6, 3, 3))[0]
        ended = FIRST + timedelta(days=chance.randrange(days)) if kind == "ended" else None
        found.append(Broker(f"b{number}", kind, ended))
    return found


class _Teller:
    """Invents day after day. What becomes of a policy is decided with its sale, in the order in which it happens."""

    def __init__(self, chance: random.Random, story: Story) -> None:
        self._chance, self._story = chance, story
        self._names = [one.name for one in story.brokers]
        self._pools: dict[str, list[str]] = {}
        self._keys = count(1)

    def told(self, sales_a_day: float) -> Story:
        self._arranged()
        for number in range(self._story.days):
            day = FIRST + timedelta(days=number)
            for _ in range(int(sales_a_day) + (self._chance.random() < sales_a_day % 1)):
                self._sold(day)
            self._about_people(day)
        return self._story

    def _say(self, day: date, fact: Fact) -> None:
        if day <= self._story.last:
            self._story.facts[day].append(fact)

    def _luck(self, share: float) -> bool:
        return self._chance.random() < share

    def _arranged(self) -> None:
        names, chance = self._names, self._chance
        for place, who in enumerate(names[1:], start=1):
            if self._luck(0.6):
                self._say(FIRST, Upline(who, names[chance.randrange(place)]))
        for number in range(1 + len(names) // 20):
            members = chance.sample(names, min(chance.randint(3, 5), len(names)))
            self._pools[f"pool {number}"] = members
            self._say(FIRST, Pool(f"pool {number}", tuple((who, chance.choice(_WEIGHTS)) for who in members)))

    def _about_people(self, day: date) -> None:
        names, chance = self._names, self._chance
        often = len(names) / 4_000
        if self._luck(often):
            place = chance.randrange(1, len(names))
            self._say(day, Upline(names[place], names[chance.randrange(place)] if self._luck(0.7) else ""))
        if self._luck(often):
            pool, members = chance.choice(list(self._pools.items()))
            goes, comes = chance.choice(members), chance.choice(names)
            weights = {goes: "0", comes: chance.choice(_WEIGHTS)}
            self._pools[pool] = [*(one for one in members if one not in weights), comes]
            self._say(day, Pool(pool, tuple(weights.items())))
        if self._luck(often):
            key = next(self._keys)
            self._say(day, Hold(key, who=chance.choice(names)))
            self._say(day + timedelta(days=chance.randint(10, 50)), Lift(key))
        if self._luck(len(names) / 250):
            self._say(day, Fee(
                next(self._keys), chance.choice(names), chance.choice(STATES), chance.choice((2_500, 5_000, 7_501)),
                converted=self._luck(0.3), client=self._luck(0.1), every=self._luck(0.85),
            ))  # fmt: skip

    def _parties(self) -> tuple[Party, ...]:
        chance = self._chance
        if self._luck(0.12):
            found = [Party("1", pool=chance.choice(list(self._pools)))]
        else:
            many = chance.choices((1, 2, 3), (68, 22, 10))[0]
            found = [
                Party(chance.choice(_WEIGHTS), who, chance.choice(_TIERS)) for who in chance.sample(self._names, many)
            ]
        if self._luck(0.1):
            found.append(Party("0.15", chance.choice(self._names)))
        return tuple(found)

    def _sold(self, day: date) -> None:
        chance, key = self._chance, next(self._keys)
        line = chance.choices(list(_LINES), list(_LINES.values()))[0]
        life = line == "life"
        premium = chance.randint(1_500, 40_000) if life else chance.randint(9_000, 420_000)
        sale = Sale(
            key, f"{line[:2].upper()}-{key:06d}", chance.choice(CARRIERS), line, chance.choice(STATES), day, day, premium,
            self._parties(), taxes=premium // 30,
        )  # fmt: skip
        self._say(day, sale)
        if self._luck(0.03):
            hold = next(self._keys)
            self._say(day, Hold(hold, sale=key))
            self._say(day + timedelta(days=chance.randint(5, 60)), Lift(hold))
        if line in {"life", "renters"}:
            self._of_months(sale)
        else:
            self._of_premium(sale)

    def _of_premium(self, sale: Sale) -> None:
        """Not taken, or changed, partly returned, cancelled, standing again; and renewed, perhaps with somebody else."""
        chance = self._chance
        if self._luck(0.05):
            self._ended(sale, sale.on + timedelta(days=chance.randint(2, 20)), "flat", 0)
            return
        left = sale.premium
        day = sale.on
        if self._luck(0.25):
            day += timedelta(days=chance.randint(5, 60))
            more = chance.randint(1_000, 60_000) * (1 if self._luck(0.7) else -1)
            self._again(sale, day, premium=more)
            left += max(more, 0)
        if self._luck(0.1):
            day += timedelta(days=chance.randint(1, 40))
            back = chance.randint(0, left // 3)
            self._ended(sale, day, "ended", back)
            left -= back
        if self._luck(0.18):
            day += timedelta(days=chance.randint(1, 100))
            self._ended(sale, day, "ended", left * max(_YEAR - (day - sale.on).days, 0) // _YEAR)
            if not self._luck(0.3):
                return
            self._ended(sale, day + timedelta(days=chance.randint(2, 25)), "reinstated", 0)
        if sale.line == "auto" and not sale.renewal:
            self._renewed(sale)

    def _renewed(self, sale: Sale) -> None:
        chance, day = self._chance, sale.on + timedelta(days=_AUTO_DAYS)
        solo = len(sale.parties) == 1 and not sale.parties[0].pool
        if solo and self._luck(0.25):
            key, received = next(self._keys), day - timedelta(days=chance.randint(1, 90))
            others = [one for one in self._names if one != sale.parties[0].who]
            self._say(received, Record(
                key, sale.number, sale.carrier, sale.parties[0].who, chance.choice(others),
                received + timedelta(days=chance.randint(0, 30)), received, successor=self._luck(0.5),
            ))  # fmt: skip
            if self._luck(0.2):
                self._say(received + timedelta(days=chance.randint(1, 9)), Rescind(key))
        again = self._again(sale, day, on=day, renewal=True, premium=sale.premium * chance.randint(90, 125) // 100)
        self._of_premium(again)

    def _of_months(self, sale: Sale) -> None:
        """Lapsed after some time, or later months are earned one by one."""
        chance = self._chance
        lapses = sale.on + timedelta(days=chance.randint(10, 300)) if self._luck(0.3) else None
        if sale.line == "life":
            advanced = 2 if sale.carrier == "Beacon" else 9
            for month in range(advanced, 12):
                day = sale.on + timedelta(days=31 * month)
                if lapses is None or day < lapses:
                    self._again(sale, day, month=True)
        if lapses is not None:
            self._ended(sale, lapses, "ended", 0)
            if self._luck(0.25):
                self._ended(sale, lapses + timedelta(days=chance.randint(3, 30)), "reinstated", 0)

    def _again(self, sale: Sale, day: date, **changes: Any) -> Sale:
        given: dict[str, Any] = {
            "on": sale.on,
            "premium": sale.premium,
            "renewal": sale.renewal,
            "month": False,
        } | changes
        found = Sale(
            next(self._keys), sale.number, sale.carrier, sale.line, sale.state, given["on"], day, given["premium"],
            sale.parties, given["renewal"], given["month"],
        )  # fmt: skip
        self._say(day, found)
        return found

    def _ended(self, sale: Sale, day: date, how: str, returned: int) -> None:
        self._say(day, End(next(self._keys), sale.number, sale.carrier, sale.on, how, day, returned))
