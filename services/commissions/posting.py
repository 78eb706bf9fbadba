"""Bringing a commission's postings to where it stands: what differs is one batch, posted once under its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.commissions.ledger import Batch, Happening, Place, moved
from domain.commissions.splitting import Standing, answered, balances
from domain.commissions.terms import Terms
from store.sql.models import AccrualRow
from store.sql.repositories.ledger import Entry


@dataclass(frozen=True, slots=True)
class Move:
    """What happened, under which key, when and why. ``successors`` answer for what comes back (T42)."""

    happening: Happening
    key: str
    at: datetime
    why: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)


def entry_for(
    row: AccrualRow, terms: Terms, standing: Standing, current: Mapping[Place, int], move: Move
) -> list[Entry]:
    """The batch that brings a held commission from what is posted to where it shall stand; none where it stands there."""
    target = answered(terms, current, balances(terms, row.carrier_key, standing), move.successors)
    postings = moved(current, target)
    if not postings:
        return []
    batch = Batch(move.happening, row.currency, postings)
    facts = {"retained": str(standing.retained), "released": standing.released, **move.facts}
    return [
        Entry(
            move.key, batch, move.at, move.why, accrual_id=row.id, rule_version=terms.rule_version, facts=facts,
        )
    ]  # fmt: skip
