"""The part of a long message that is worth embedding: the time of an embedding grows with every word."""

from __future__ import annotations

import re
from collections.abc import Callable

BUDGET = 100
"""Characters that are embedded: about 30 tokens, some 40 ms on one thread of a quiet machine."""
_CLAUSE = re.compile(r"[^.;!?\n]+(?:[.;!?\n]+|$)")
_SHORTEST = 12


def excerpt(text: str, telling: Callable[[str], float], budget: int = BUDGET) -> str:
    """``text`` itself where it fits; else its most ``telling`` clauses that fit together, in their order.

    A clause longer than the budget is cut into pieces of whole words first. Something is always left of a text with letters.
    """
    text = " ".join(text.split()) if len(text) <= budget else text.strip()
    if len(text) <= budget:
        return text
    pieces = [piece for match in _CLAUSE.finditer(text) for piece in _cut(" ".join(match[0].split()), budget)]
    ranked = sorted(range(len(pieces)), key=lambda place: (-telling(pieces[place]), place))
    chosen: list[int] = []
    room = budget
    for place in ranked:
        if len(pieces[place]) + 1 <= room + 1 and (len(pieces[place]) >= _SHORTEST or not chosen):
            chosen.append(place)
            room -= len(pieces[place]) + 1
        if room < _SHORTEST:
            break
    return " ".join(pieces[place] for place in sorted(chosen))


def _cut(clause: str, budget: int) -> list[str]:
    """``clause`` in pieces of whole words of at most ``budget`` characters; a longer word is cut too."""
    pieces = [""]
    for word in clause.split():
        for start in range(0, len(word), budget):
            part = word[start : start + budget]
            if pieces[-1] and len(pieces[-1]) + 1 + len(part) > budget:
                pieces.append("")
            pieces[-1] = f"{pieces[-1]} {part}".strip()
    return [piece for piece in pieces if piece]
