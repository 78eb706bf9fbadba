"""The legal tables that ship with a release, put into the database so that it can judge by them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.citations import Cited
from domain.policies.notices import GraceRow, NoticeRow, legal_tables, window_id
from domain.policies.time_limits import ContestRow, ReinstatementRow
from store.sql.models import ContestRuleRow, GraceRuleRow, NoticeRuleRow, ReinstatementRuleRow

RuleRow = NoticeRuleRow | GraceRuleRow | ReinstatementRuleRow | ContestRuleRow


def publish(connection: Connection) -> None:
    """Let the shipped rows, and no others, be those by which new notices are judged. Rows of earlier releases stay, for what was
    done by them. Needs the owning role.
    """
    for table, rows in _shipped().items():
        ids = [row["id"] for row in rows]
        connection.execute(update(table).where(table.id.not_in(ids)).values(shipped=False))
        query = insert(table).values(rows)
        connection.execute(query.on_conflict_do_update(index_elements=["id"], set_={"shipped": True}))


async def published(connection: AsyncConnection) -> bool:
    """Whether the rows by which the database judges are those of this release."""
    for table, rows in _shipped().items():
        known = await connection.scalar(select(func.array_agg(table.id)).where(table.shipped))
        if set(known or ()) != {row["id"] for row in rows}:
            return False
    return True


def _shipped() -> Mapping[type[RuleRow], Sequence[dict[str, Any]]]:
    tables = legal_tables()
    return {
        NoticeRuleRow: [_notice(row) for row in tables.notices],
        GraceRuleRow: [_grace(row) for row in tables.graces],
        ReinstatementRuleRow: [_reinstatement(row) for row in tables.reinstatements],
        ContestRuleRow: [_contest(row) for row in tables.contests],
    }


def _notice(row: NoticeRow) -> dict[str, Any]:
    return {
        "id": row.id, "shipped": True, "rule": row.key, "action": row.action.value, "state": row.state,
        "line": row.line.value, "reason": row.reason, "from_day": row.from_day, "to_day": row.to_day, "days": row.days,
        "most_days": row.most_days, "mail_days": row.mail_days, "after_due_days": row.after_due_days,
        "methods": sorted(row.methods), "recipients": sorted(row.recipients), **_cited(row.cited),
    }  # fmt: skip


def _grace(row: GraceRow) -> dict[str, Any]:
    grace = row.grace
    return {
        "id": row.id, "shipped": True, "state": row.state, "line": row.line.value, "kind": row.kind, "days": grace.days,
        "months": grace.months, "ends_after_months": grace.ends_after_months, **_cited(row.cited),
    }  # fmt: skip


def _reinstatement(row: ReinstatementRow) -> dict[str, Any]:
    return {
        "id": window_id(row), "shipped": True, "state": row.state, "line": row.line.value, "months": row.months,
        "days": row.days, "counts_from": row.counts_from.value, "evidence": row.evidence, "basis": row.basis.value,
        **_cited(row.cited),
    }  # fmt: skip


def _contest(row: ContestRow) -> dict[str, Any]:
    return {
        "id": window_id(row), "shipped": True, "state": row.state, "line": row.line.value, "reason": row.reason,
        "months": row.months, "or_term": row.or_term, **_cited(row.cited),
    }  # fmt: skip


def _cited(cited: Cited) -> dict[str, Any]:
    return {"effective": cited.effective, "until": cited.until, "source": cited.origin.value, "citation": cited.said}
