"""How strong a tie is: from recency, volume, outcomes and reciprocity, with decay.

``measured = recency * (0.4 * volume + 0.4 * outcomes + 0.2 * reciprocity)``, each from 0 to 1:

- *recency* is what an exchange of the latest month still counts (:func:`domain.network.exchange.decayed`);
- *volume* is ``v / (v + 5)`` with ``v`` what was sent both ways, decayed;
- *outcomes* is ``(converted + 1) / (accepted + turned down + 4)``: a quarter where nothing is settled;
- *reciprocity* is the lesser way over the greater, decayed.

What an agency states of a tie, or 0.25 where nobody does, stands for as much as three exchanges:
``strength = (3 * stated * recency_of_the_statement + n * measured) / (3 + n)``. A statement fades like an exchange of the month
since which the tie stands. Constants are points of reference and no law; the decision record says why.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from domain.network.exchange import Both, decayed

UNSTATED = Decimal("0.25")
_PRIOR, _HALF_FULL = 3, 5
_PLACES = Decimal("0.0001")
_ZERO = Decimal(0)


def reciprocity(out: Decimal, back: Decimal) -> Decimal:
    """The lesser over the greater; 0 where nothing went either way."""
    most = max(out, back)
    return min(out, back) / most if most > 0 else _ZERO


def measured(tie: Both, now: int) -> Decimal:
    """What the exchanges of a tie say, 0 to 1; 0 where there are none."""
    if tie.latest is None:
        return _ZERO
    sent = tie.out.sent + tie.back.sent
    settled = tie.out.accepted + tie.back.accepted + tie.out.turned_down + tie.back.turned_down
    volume = sent / (sent + _HALF_FULL)
    outcomes = min(Decimal(1), (tie.out.converted + tie.back.converted + 1) / (settled + 4))
    mutual = reciprocity(tie.out.sent, tie.back.sent)
    return decayed(tie.latest, now) * (4 * volume + 4 * outcomes + 2 * mutual) / 10


def strength(tie: Both, now: int, *, stated: Decimal | None = None, since: int | None = None) -> Decimal:
    """The strength of a tie, 0 to 1 in four places. ``stated`` is the agency's word, ``since`` the month of it; with neither
    exchanges nor a statement it is a new tie's.
    """
    count = tie.out.count + tie.back.count
    faded = Decimal(1) if since is None else decayed(since, now)
    prior = (UNSTATED if stated is None else stated) * faded
    whole = (_PRIOR * prior + count * measured(tie, now)) / (_PRIOR + count)
    return min(Decimal(1), max(_ZERO, whole)).quantize(_PLACES, ROUND_HALF_EVEN)
