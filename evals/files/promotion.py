"""Whether a new classifier is better than the present one, on labelled rows that the new one did not learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import TypeVar

from evals.files.classification import Answer, Figures, measure

CHANCE = 0.05
RowT = TypeVar("RowT", bound=tuple[str, str])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Figures of both on the same rows. ``won`` and ``lost`` count rows that only the new or only the present one got right;
    ``chance`` is that of so many won or more if both were equally good (one-sided sign test).
    """

    new: Figures
    present: Figures
    won: int
    lost: int
    chance: float

    @property
    def better(self) -> bool:
        """Fewer errors by more than chance, and no worse over labels (macro-F1), so that no small line pays for a large one."""
        return self.chance <= CHANCE and self.new.macro_f1 >= self.present.macro_f1


def compare(new: Sequence[Answer], present: Sequence[Answer]) -> Comparison:
    """Compare answers to the same rows in the same order; raises ValueError where they are not, or there are none."""
    if [answer.wanted for answer in new] != [answer.wanted for answer in present]:
        msg = "the two answered different rows"
        raise ValueError(msg)
    won = lost = 0
    for one, other in zip(new, present, strict=True):
        right, was_right = one.given == one.wanted, other.given == other.wanted
        won += right and not was_right
        lost += was_right and not right
    return Comparison(measure(new), measure(present), won, lost, _sign_test(won, lost))


def _sign_test(won: int, lost: int) -> float:
    """Chance of ``won`` heads or more among as many throws of a fair coin as there were wins and losses."""
    throws = won + lost
    logs = (
        lgamma(throws + 1) - lgamma(k + 1) - lgamma(throws - k + 1) - throws * log(2) for k in range(won, throws + 1)
    )
    return min(1.0, sum(exp(value) for value in logs))


def split_rows(rows: Sequence[RowT], train: int, test: int, seed: int) -> tuple[list[RowT], list[RowT]]:
    """``train`` rows to learn from and up to ``test`` others to judge by; a row is a text and its label.

    A row's place depends on its text and ``seed`` alone, so training again on a longer file keeps most rows on their side, and
    the same text (whatever its case and spaces) is never on both.
    """
    ranked = sorted(rows, key=lambda row: (_place(row[0], seed), row))
    learnt = ranked[:train]
    edge = _place(learnt[-1][0], seed) if learnt else ""
    judged = [row for row in ranked[train:] if _place(row[0], seed) != edge]
    return learnt, judged[-test:] if test else []


def _place(text: str, seed: int) -> str:
    return hashlib.blake2b(f"{seed}\x1f{' '.join(text.casefold().split())}".encode(), digest_size=12).hexdigest()
