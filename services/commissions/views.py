"""Commissions as they are shown: a producer sees the own lines only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from uuid import UUID

from domain.actor import Actor, Scope
from domain.commissions.explanation import Explanation, explain
from domain.commissions.ledger import Place
from domain.commissions.splitting import Standing
from domain.commissions.terms import Terms
from services.commissions.moments import own_of
from services.commissions.schemas import AccrualView, ShareView
from store.sql.models import AccrualRow
from store.uow import UnitOfWork


def standing_of(row: AccrualRow) -> Standing:
    """Where the commission stands."""
    return Standing(Fraction(row.retained, row.retained_of), row.released_at is not None)


def explained(row: AccrualRow, posted: Mapping[Place, int]) -> Explanation:
    """Worked out again from its frozen terms, beside what is posted."""
    return explain(Terms.from_dict(row.terms), row.carrier_key, standing_of(row), posted)


def shares_of(actor: Actor, found: Explanation) -> list[ShareView]:
    """The lines that the actor may see."""
    only = own_of(actor)
    return [
        ShareView(
            line=one.line, payee_id=UUID(one.payee) if one.payee else None, account=one.account, full_minor=one.full,
            kept_minor=one.kept, posted_minor=one.posted, basis=one.basis,
        )
        for one in found.lines
        if only is None or one.payee == str(only)
    ]  # fmt: skip


def view_of(actor: Actor, row: AccrualRow, posted: Mapping[Place, int], outstanding: int) -> AccrualView:
    """The commission as the actor sees it."""
    released = row.released_at is not None
    changes = Scope.COMMISSIONS_WRITE in actor.scopes and actor.sees_all_leads
    return AccrualView(
        id=row.id, version=row.version, source=row.source, number=row.number, policy_number=row.policy_number,
        carrier=row.carrier, line=row.line, state=row.state, term=row.term, effective_on=row.effective_on,
        earned_on=row.earned_on, currency=row.currency, premium_minor=row.premium, gross_minor=row.gross,
        rule_version=row.rule_version, retained=f"{row.retained}/{row.retained_of}",
        status="released" if released else "pending", hold_until=row.hold_until, released_at=row.released_at,
        outstanding_minor=outstanding, shares=shares_of(actor, explained(row, posted)), created_at=row.created_at,
        referral_id=row.referral_id,
        allowed_actions=[*(() if released else ("release",)), "recheck", "reverse"] if changes else [],
    )  # fmt: skip


async def views_of(uow: UnitOfWork, actor: Actor, rows: Iterable[AccrualRow]) -> list[AccrualView]:
    """Views of these commissions: two queries for all of them."""
    listed = list(rows)
    ids = [row.id for row in listed]
    posted = await uow.ledger.of_accruals(ids) if ids else {}
    outstanding = await uow.ledger.outstanding(ids) if ids else {}
    return [view_of(actor, row, posted.get(row.id, {}), outstanding.get(row.id, 0)) for row in listed]
