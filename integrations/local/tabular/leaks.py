"""Columns that know the outcome: filled in when, or after, it was decided. A model that reads them does not score a fresh lead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.leads.measures import auc, wilson
from domain.leads.reading.headers import folded_header
from integrations.local.tabular.sheet import Floats, Sheet

EXCLUDED_FROM, FLAGGED_FROM = 0.95, 0.9
"""AUC of a column by itself, on folds that its rates were not taken from, from which it is left out, or named."""
_PURE, _PURE_COVERS = 0.95, 0.2
_FOLDS = 5
_SMOOTHING = 10.0
_NUMBER_BINS = 20
_NAMES: tuple[tuple[str, str], ...] = (
    (r"(?:(?:last )?(?:call|talk|conversation|contact) )?(?:duration|length|talk time)(?: (?:s|secs?|seconds|min|minutes))?",
     "how long the talk lasted is known only after it"),
    (r"(?:date |time )?(?:closed|won|lost|sold|bound|issued|converted|enrolled|signed)(?: (?:at|on|date|time|by|won|lost|reason))?"
     r"|(?:close|closing|sale|sold|bind|issue|conversion|win|loss|enrollment) (?:date|time|reason|amount|value)",
     "is written when the lead is closed"),
    (r"(?:policy|contract) (?:number|no|id|effective(?: date)?|issue date|start(?: date)?)|commission(?: amount)?|revenue"
     r"|(?:written|sold|bound) premium", "exists only for what was sold"),
    (r"(?:(?:lead|crm|call|deal|opportunity|pipeline|sales) )?(?:outcome|disposition|result|stage)"
     r"|(?:lead|crm|call|deal|opportunity|pipeline|sales) status|status", "tells how far the sale has come"),
    (r"(?:sales |lead )?tags?|(?:lead|sales) (?:quality|grade|rating|profile|score|rank|temperature)",
     "is given by sales staff after they spoke to the lead"),
    (r".*\b(?:activity|engagement|profile|propensity|fit|lead) (?:score|index|grade|rank)",
     "is another rating, kept up to date after contact"),
    (r"(?:last|latest|most recent|next)(?: \w+)? (?:activity|contact|contacted|touch|call|step|action|follow up|modified|note)"
     r"(?: (?:at|on|date|time|type))?|(?:follow ups?|number of calls|calls made|call attempts|call count)",
     "goes on changing while the lead is worked"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), reason) for pattern, reason in _NAMES)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A column that may know the outcome. ``excluded`` False means that it is named only; ``auc`` is its own, both ways."""

    column: str
    reason: str
    excluded: bool
    auc: float | None = None


def suspicions(sheet: Sheet, won: NDArray[np.bool_], sources: dict[str, str], header: Sequence[str]) -> list[Suspicion]:
    """Suspicious columns of ``header``, by name first and then by what they tell about ``won``."""
    found = {
        name: Suspicion(name, f"by its name: {reason}", excluded=True) for name in header if (reason := named(name))
    }
    fold = np.random.default_rng(20251125).permutation(len(won)) % _FOLDS
    for name in dict.fromkeys((*sheet.keys, *sheet.numbers)):
        column = sources[name]
        exact = name in sheet.keys
        codes = np.unique(sheet.keys[name], return_inverse=True)[1] if exact else _binned(sheet.numbers[name])
        alone = auc(won, _held_out_rates(codes, won, fold))
        if exact and name in sheet.numbers:
            alone = max(alone, auc(won, _held_out_rates(_binned(sheet.numbers[name]), won, fold)))
        covered = _pure_share(codes, won)
        told = found.get(column)
        if told is not None:
            found[column] = Suspicion(column, told.reason, told.excluded, round(max(alone, told.auc or 0.0), 4))
        elif alone >= EXCLUDED_FROM:
            found[column] = Suspicion(
                column, f"alone it orders the outcomes with AUC {alone:.3f}", excluded=True, auc=round(alone, 4)
            )
        elif covered >= _PURE_COVERS:
            reason = f"{covered:.0%} of the won rows have values that almost no lost row has"
            found[column] = Suspicion(column, reason, excluded=True, auc=round(alone, 4))
        elif alone >= FLAGGED_FROM:
            reason = f"alone it orders the outcomes with AUC {alone:.3f}: is it known when the lead comes in?"
            found[column] = Suspicion(column, reason, excluded=False, auc=round(alone, 4))
    return [found[name] for name in header if name in found]


def named(header: str) -> str | None:
    """Why a column of this name tells of the time after contact, or None."""
    plain = folded_header(header)
    return next((reason for pattern, reason in _PATTERNS if pattern.fullmatch(plain)), None)


def _held_out_rates(codes: NDArray[np.int64], won: NDArray[np.bool_], fold: NDArray[np.int64]) -> Floats:
    rates, size, base = np.zeros(len(won)), int(np.max(codes)) + 1, float(won.mean())
    for number in range(_FOLDS):
        rest = fold != number
        counts = np.bincount(codes[rest], minlength=size)
        wins = np.bincount(codes[rest], won[rest], minlength=size)
        rates[~rest] = ((wins + _SMOOTHING * base) / (counts + _SMOOTHING))[codes[~rest]]
    return rates


def _pure_share(codes: NDArray[np.int64], won: NDArray[np.bool_]) -> float:
    """Share of the won rows whose value is surely (lower Wilson bound) held by won rows almost alone."""
    counts, wins = np.bincount(codes), np.bincount(codes, won)
    limit = max(_PURE, 1 - (1 - float(won.mean())) * (1 - _PURE))
    pure = [
        place
        for place in np.flatnonzero((counts > 0) & (wins >= limit * counts))
        if wilson(wins[place] / counts[place], counts[place])[0] >= limit
    ]
    return float(wins[pure].sum() / won.sum())


def _binned(values: Floats) -> NDArray[np.int64]:
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _NUMBER_BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left")).astype(np.int64)
