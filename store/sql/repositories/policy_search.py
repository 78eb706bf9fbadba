"""What policies are asked for, and the conditions whose answers stand beside their rows: in ``policy_key``, or with the lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from store.sql.models import InsurancePolicyRow, LeadRow, PolicyKeyRow

_P, _K = InsurancePolicyRow, PolicyKeyRow
_BEHIND_ALL = "\U0010ffff"
"""No word has a letter behind it: whatever begins with a text lies before the text and this."""


@dataclass(frozen=True, slots=True)
class PolicyFilter:
    """Values of one field are alternatives, fields narrow each other. Days are half-open. ``in_force_at`` goes by how cover ended
    as it is known now, gaps apart, whose terms are given in ``without``; ``spans`` by the term alone. ``insured`` is beginnings
    of words of the name (domain.policies.names), all of which are there; ``shared_with`` a producer of record beside the
    writing one; ``source`` that of the lead.
    """

    status: Sequence[str] = ()
    line: Sequence[str] = ()
    type: Sequence[str] = ()
    state: str | None = None
    carrier: str | None = None
    number_key: str | None = None
    producer_id: UUID | None = None
    lead_id: UUID | None = None
    ends_from: date | None = None
    ends_before: date | None = None
    in_force_at: datetime | None = None
    spans: datetime | None = None
    without: Sequence[UUID] = ()
    insured: Sequence[str] = ()
    overdue_at: datetime | None = None
    paid_up_at: datetime | None = None
    source: str | None = None
    starts_from: date | None = None
    starts_before: date | None = None
    auto_renew: bool | None = None
    ended_reason: Sequence[str] = ()
    shared_with: UUID | None = None


def searched(wanted: PolicyFilter, agency_id: UUID) -> Iterator[ColumnElement[bool]]:
    """The conditions of a filter that policies' own columns do not answer, and of their days and ends."""
    for word in wanted.insured:
        yield _P.id.in_(_keyed(agency_id, "insured").where(_K.word >= word, _K.word < word + _BEHIND_ALL))
    if wanted.shared_with is not None:
        yield _P.id.in_(_keyed(agency_id, "shared").where(_K.word == str(wanted.shared_with)))
    if wanted.overdue_at is not None:
        yield _P.id.in_(_keyed(agency_id, "overdue").where(_K.since <= wanted.overdue_at))
    if wanted.paid_up_at is not None:
        yield _P.id.not_in(_keyed(agency_id, "overdue").where(_K.since <= wanted.paid_up_at))
    if wanted.auto_renew is not None:
        by_hand = _keyed(agency_id, "by_hand")
        yield _P.id.not_in(by_hand) if wanted.auto_renew else _P.id.in_(by_hand)
    if wanted.source is not None:
        of_source = select(LeadRow.id).where(LeadRow.agency_id == agency_id, LeadRow.source == wanted.source)
        yield _P.lead_id.in_(of_source)
    # Beside the day the instant, a day wider for every zone: the index in the order of the list has that one, so that a page of
    # a week in which little began reads no rows that are not in it.
    if wanted.starts_from is not None:
        yield _P.starts_on >= wanted.starts_from
        yield _P.starts_at >= datetime.combine(wanted.starts_from, time(), UTC) - timedelta(days=1)
    if wanted.starts_before is not None:
        yield _P.starts_on < wanted.starts_before
        yield _P.starts_at < datetime.combine(wanted.starts_before, time(), UTC) + timedelta(days=1)
    if wanted.ended_reason:
        yield _P.ended_reason.in_(wanted.ended_reason)


def _keyed(agency_id: UUID, kind: str) -> Select[UUID]:
    return select(_K.policy_id).where(_K.agency_id == agency_id, _K.kind == kind)
