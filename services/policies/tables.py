"""The tables that policies are judged by, as doors show them: types, and rules with their citations."""

from __future__ import annotations

from dataclasses import asdict

from domain.citations import Cited
from domain.policies.notices import NoticeRow, legal_tables
from domain.policies.renewal_windows import window_tables
from domain.policies.time_limits import ContestRow, CountsFrom, ReinstatementRow
from domain.policies.types import catalogue
from services.policies.table_views import LegalRow, LegalRows, TypeList, TypeView


def types() -> TypeList:
    """Every type of policy with what a form needs."""
    found = catalogue()
    return TypeList(
        version=found.version,
        items=[
            TypeView(
                key=one.key, line=one.line.value, months=list(one.months),
                parties={role: list(few) for role, few in one.parties.items()},
                objects={
                    kind: {"count": list(few), "fields": [asdict(field) for field in found.fields[kind]]}
                    for kind, few in one.objects.items()
                },
                coverages={
                    code: {**asdict(found.coverages[code]), "required": code in one.required}
                    for code in (*one.required, *one.optional)
                },
            )
            for one in found.types.values()
        ],
    )  # fmt: skip


def legal_rows() -> LegalRows:
    """Every row by which policies end, come back and are renewed, with its citation."""
    tables = legal_tables()
    rows: list[tuple[str, str, str, str, Cited]] = [
        (
            "notices", one.state, one.line.value,
            _said(one),
            one.cited,
        )
        for one in tables.notices
    ]  # fmt: skip
    rows += [
        ("grace", one.state, one.line.value, f"{one.kind}: {one.grace.days} days, {one.grace.months} months", one.cited)
        for one in tables.graces
    ]
    windows = window_tables()
    rows += [("renewal", one.state, one.line.value, one.words, one.cited) for one in windows.rows]
    rows += [("short_rate", one.state, one.line.value, one.method.value, one.cited) for one in tables.short_rates]
    rows += [("reinstatement", one.state, one.line.value, _again(one), one.cited) for one in tables.reinstatements]
    rows += [("contestability", one.state, one.line.value, _void(one), one.cited) for one in tables.contests]
    return LegalRows(
        version=tables.version, renewals_version=windows.version,
        items=[
            LegalRow(
                table=table, state=state, line=line, holds=holds, effective=cited.effective, until=cited.until,
                source=cited.origin.value, citation=cited.citation, note=cited.note,
            )
            for table, state, line, holds, cited in rows
        ],
    )  # fmt: skip


def _again(row: ReinstatementRow) -> str:
    start = "the unpaid due date" if row.counts_from is CountsFrom.DEFAULT else "the end of cover"
    papers = ", with evidence of insurability" if row.evidence else ""
    return f"{row.basis.value}: {row.months} months, {row.days} days from {start}{papers}"


def _void(row: ContestRow) -> str:
    if row.months is None:
        return f"for {row.reason}: no clause ends it"
    term = " or one term, whichever is less" if row.or_term else ""
    return f"for {row.reason}: {row.months} months from the first day{term}"


def _said(row: NoticeRow) -> str:
    until = "" if row.to_day is None else row.to_day
    most = "" if row.most_days is None else f" to {row.most_days}"
    to = f", also to {', '.join(sorted(row.recipients))}" if row.recipients else ""
    return f"{row.action.value} for {row.reason}, {row.from_day}-{until} days in force: {row.days}{most} days{to}"
