"""Whether a reward for a referral may accrue: one cited table by state, where unknown is no (DOMAIN T23, T24).

It lies beside the contexts, since two of them ask it: the network when somebody is credited, commissions when a fee is owed.
Asked when the reward would accrue, never when it would be paid: what the law forbids must not stand in the books either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from domain.citations import Cited, cited, rows_of
from kernel.ids import digest

EDITION = "2026-11"


class Event(StrEnum):
    """What a reward is for: that somebody was referred, or that they bought."""

    REFERRED = "referred"
    CONVERTED = "converted"


@dataclass(frozen=True, slots=True)
class LawRow:
    """What one state lets a licensed or unlicensed recipient be paid for. ``flat``: a fixed amount; ``every``: for each referral,
    whatever becomes of it.
    """

    state: str
    licensed: bool
    event: Event
    allowed: bool
    flat: bool
    every: bool
    cited: Cited


@dataclass(frozen=True, slots=True)
class LawTable:
    """The rows and a version that covers every byte of them."""

    version: str
    rows: tuple[LawRow, ...]

    def row(self, state: str, event: Event, day: date, *, licensed: bool) -> LawRow | None:
        """The row in force, None where nobody has read what the state says."""
        return next(
            (
                row
                for row in self.rows
                if (row.state, row.licensed, row.event) == (state, licensed, event) and row.cited.in_force(day)
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class Reward:
    """What would accrue to whom. ``licensed``: holds a licence of the risk state that covers the line on the day; None where that
    is not known. ``client``: buys insurance of the agency already; None where that is not known. ``flat`` and ``every`` as in the
    table; ``as_credit``: given as a credit on a premium.
    """

    state: str | None
    event: Event
    day: date
    licensed: bool | None
    client: bool | None = None
    flat: bool = False
    every: bool = False
    as_credit: bool = False


@dataclass(frozen=True, slots=True)
class Accrual:
    """Whether it may accrue, why (a code that never changes), the citation, the table's version and what would help."""

    allowed: bool
    code: str
    citation: str | None
    version: str
    remedy: str = ""


def may_accrue(asked: Reward, table: LawTable) -> Accrual:
    """The answer; every fact that is not known makes it no."""
    unknown = _unknown(asked)
    if unknown is not None:
        return Accrual(allowed=False, code=unknown[0], citation=None, version=table.version, remedy=unknown[1])
    assert asked.state is not None
    assert asked.licensed is not None
    row = table.row(asked.state, asked.event, asked.day, licensed=asked.licensed)
    if row is None:
        remedy = f"have counsel read the law of {asked.state} and add its row to domain/data/referral_law.csv"
        return Accrual(allowed=False, code="no_rule", citation=None, version=table.version, remedy=remedy)
    said = row.cited.said
    if not row.allowed:
        remedy = "only a licensed producer may be paid for a sale; a flat fee for every referral may be possible"
        return Accrual(allowed=False, code="forbidden", citation=said, version=table.version, remedy=remedy)
    refused = _refused_by_facts(asked, row)
    if refused is not None:
        return Accrual(allowed=False, code=refused[0], citation=said, version=table.version, remedy=refused[1])
    return Accrual(allowed=True, code="permitted", citation=said, version=table.version)


def _unknown(asked: Reward) -> tuple[str, str] | None:
    """What keeps the table from being asked."""
    if asked.as_credit:
        return "may_be_rebate", "a credit on a premium may be a rebate (DOMAIN T24); pay no credit"
    if asked.client:
        return "may_be_rebate", "a fee to a client, with a licence or without, may be a rebate (DOMAIN T24); pay none"
    if asked.licensed is None:
        return "licence_unknown", "refresh the licences from the licence database"
    if asked.state is None:
        return "state_unknown", "find out where the risk lies; ask for the address or ZIP"
    return None


def _refused_by_facts(asked: Reward, row: LawRow) -> tuple[str, str] | None:
    """Where the state permits it in principle: why not for this recipient and this kind of reward."""
    if not row.licensed and asked.client is None:
        return "client_unknown", "say whether the recipient is a client of the agency"
    if row.flat and not asked.flat:
        return "must_be_flat", "make it a fixed amount"
    if row.every and not asked.every:
        return "must_be_for_every", "pay it for each referral, whatever follows"
    return None


@cache
def law_table() -> LawTable:
    """The table that ships beside the rules."""
    text = files("domain").joinpath("data", "referral_law.csv").read_text(encoding="utf-8")
    rows = tuple(
        LawRow(
            row["state"], row["recipient"] == "licensed", Event(row["event"]), row["allowed"] == "yes", row["flat"] == "yes",
            row["every"] == "yes", cited(row),
        )
        for row in rows_of(text)
    )  # fmt: skip
    return LawTable(f"referral-law-{EDITION}-{digest(text)[:12]}", rows)
