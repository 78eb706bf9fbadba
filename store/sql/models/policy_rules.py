"""The legal tables by which policies end, as the database judges by them: filled from the shipped files when it is migrated, and
only read by the application.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Row


class NoticeRuleRow(Row):
    """A row of ``notices.csv`` (domain.policies.notices). ``citation`` is marked where nobody has read the law itself. A row that
    is shipped no more stays for the notices that were judged by it; ``shipped`` is false then, and no new notice may refer to it.
    """

    __tablename__ = "policy_notice_rule"

    id: Mapped[str] = mapped_column(primary_key=True)
    shipped: Mapped[bool]
    rule: Mapped[str]
    action: Mapped[str]
    state: Mapped[str]
    line: Mapped[str]
    reason: Mapped[str]
    from_day: Mapped[int]
    to_day: Mapped[int | None]
    days: Mapped[int]
    most_days: Mapped[int | None]
    mail_days: Mapped[int]
    after_due_days: Mapped[int | None]
    methods: Mapped[list[str]]
    recipients: Mapped[list[str]]
    effective: Mapped[date]
    until: Mapped[date | None]
    source: Mapped[str]
    citation: Mapped[str]


class GraceRuleRow(Row):
    """A row of ``grace.csv``; ``shipped`` as above."""

    __tablename__ = "policy_grace_rule"

    id: Mapped[str] = mapped_column(primary_key=True)
    shipped: Mapped[bool]
    state: Mapped[str]
    line: Mapped[str]
    kind: Mapped[str]
    days: Mapped[int]
    months: Mapped[int]
    ends_after_months: Mapped[int | None]
    effective: Mapped[date]
    until: Mapped[date | None]
    source: Mapped[str]
    citation: Mapped[str]


class ReinstatementRuleRow(Row):
    """A row of ``reinstatement.csv`` (domain.policies.time_limits); ``shipped`` as above."""

    __tablename__ = "policy_reinstatement_rule"

    id: Mapped[str] = mapped_column(primary_key=True)
    shipped: Mapped[bool]
    state: Mapped[str]
    line: Mapped[str]
    months: Mapped[int]
    days: Mapped[int]
    counts_from: Mapped[str]
    evidence: Mapped[bool]
    basis: Mapped[str]
    effective: Mapped[date]
    until: Mapped[date | None]
    source: Mapped[str]
    citation: Mapped[str]


class ContestRuleRow(Row):
    """A row of ``contestability.csv``; ``shipped`` as above."""

    __tablename__ = "policy_contest_rule"

    id: Mapped[str] = mapped_column(primary_key=True)
    shipped: Mapped[bool]
    state: Mapped[str]
    line: Mapped[str]
    reason: Mapped[str]
    months: Mapped[int | None]
    or_term: Mapped[bool]
    effective: Mapped[date]
    until: Mapped[date | None]
    source: Mapped[str]
    citation: Mapped[str]
