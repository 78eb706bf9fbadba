"""Balances worked out a second way: from the whole history at its end, in decimals, person by person, without postings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext


@dataclass
class Deal:
    """A sale as somebody with a calculator would write it down; ``shares`` in any exact weights, the house's among them as ""."""

    gross: int
    shares: list[tuple[str, Decimal]]
    multipliers: dict[int, Decimal] = field(default_factory=dict)
    above: dict[int, list[tuple[str, Decimal]]] = field(default_factory=dict)
    kept: tuple[int, int] = (1, 1)


def nearest(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def divided(total: int, weights: list[Decimal]) -> list[int]:
    """Everybody's floor, then a cent each to the largest rests, the first among equals."""
    if total < 0:
        return [-part for part in divided(-total, weights)]
    whole = sum(weights)
    exact = [Decimal(total) * weight / whole for weight in weights]
    floors = [int(one.to_integral_value(ROUND_FLOOR)) for one in exact]
    rests = [one - floor for one, floor in zip(exact, floors, strict=True)]
    for _ in range(total - sum(floors)):
        best = max(range(len(rests)), key=lambda place: (round(rests[place], 20), -place))
        floors[best] += 1
        rests[best] = Decimal(-1)
    return floors


def owed(deals: Iterable[Deal]) -> dict[str, int]:
    """What each is owed for all deals as they stand at the end; under "" what the house keeps after what it gave."""
    found: dict[str, int] = defaultdict(int)
    with localcontext() as context:
        context.prec = 60
        for deal in deals:
            above, below = map(Decimal, deal.kept)  # divided last: a third has no decimals to be exact in
            full = divided(deal.gross, [weight for _, weight in deal.shares])
            left = nearest(deal.gross * above / below)
            now = divided(left, [Decimal(abs(one)) for one in full]) if deal.gross else full
            for (who, _), cents in zip(deal.shares, now, strict=True):
                found[who] += cents
            for place, times in deal.multipliers.items():
                more = nearest(nearest(full[place] * (times - 1)) * above / below)
                found[deal.shares[place][0]] += more
                found[""] -= more
            for place, uppers in deal.above.items():
                for upper, rate in uppers:
                    more = nearest(nearest(full[place] * rate) * above / below)
                    found[upper] += more
                    found[""] -= more
    return dict(found)
