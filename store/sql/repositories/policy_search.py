"""Conditions on policies whose answers stand beside their rows: in ``policy_key``, or with the lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from store.sql.models import InsurancePolicyRow, LeadRow, PolicyKeyRow

if TYPE_CHECKING:
    from store.sql.repositories.policies import PolicyFilter

_P, _K = InsurancePolicyRow, PolicyKeyRow
_BEHIND_ALL = "\U0010ffff"
"""No word has a letter behind it: whatever begins with a text lies before the text and this."""


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
    if wanted.starts_from is not None:
        yield _P.starts_on >= wanted.starts_from
    if wanted.starts_before is not None:
        yield _P.starts_on < wanted.starts_before
    if wanted.ended_reason:
        yield _P.ended_reason.in_(wanted.ended_reason)


def _keyed(agency_id: UUID, kind: str) -> Select[UUID]:
    return select(_K.policy_id).where(_K.agency_id == agency_id, _K.kind == kind)
