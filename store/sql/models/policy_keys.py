"""What policies are found by beside their own columns, kept by a trigger of the database from the rows of ``policy``."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import OfAgency, Row


class PolicyKeyRow(OfAgency, Row):
    """By what a term is found. ``insured``: a word of the insured's name, bare of accents and case. ``shared``: a producer of
    record beside the writing one. ``by_hand``: it does not renew by itself. ``thirty``: its days are counted 30E/360.
    ``overdue``: ``since`` is the instant from which something of it is not paid in time. The application reads the table only.
    """

    __tablename__ = "policy_key"
    __table_args__ = (
        Index("ix_policy_key_found", "agency_id", "kind", "word", "policy_id"),
        Index("ix_policy_key_since", "agency_id", "since", "policy_id", postgresql_where=text("kind = 'overdue'")),
        CheckConstraint("kind IN ('insured', 'shared', 'by_hand', 'thirty', 'overdue')", name="kind"),
        CheckConstraint("(kind = 'overdue') = (since IS NOT NULL)", name="since"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    since: Mapped[datetime | None]


class PolicyBillRow(OfAgency, Row):
    """An instalment of a term's schedule as it is now, minor units. ``before_minor`` is the sum of those due before it,
    ``settled_minor`` what the payments of now settle of it; numbers count in the order in which they do. The application reads
    the table only.
    """

    __tablename__ = "policy_bill"
    __table_args__ = (Index("ix_policy_bill_due", "agency_id", "due_on"),)

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    amount_minor: Mapped[int]
    before_minor: Mapped[int]
    settled_minor: Mapped[int]
