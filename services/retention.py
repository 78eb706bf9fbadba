"""Policies at risk, ranked by the commission that is at stake: what would come back, and what the next term would earn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from uuid import UUID

from pydantic import BaseModel, Field

from domain.actor import Actor, Scope
from domain.commissions.chargeback import Contract, Window, months_in_force
from domain.commissions.matching import policy_key
from domain.commissions.plan import Plan
from domain.commissions.rates import Term, carrier_key
from domain.lines import Line
from domain.policies.retention import Signs, reasons, risk
from kernel.clock import now
from kernel.errors import Invalid
from kernel.money import rounded
from services.commissions.moments import today
from store.sql.models import AccrualRow, InsurancePolicyRow
from store.uow import Database

_MOST_WATCHED = 5_000
_CENT = Decimal("0.01")


class RiskReason(BaseModel):
    """A sign that speaks against its staying, with the share of the chance that it takes."""

    code: str
    share: str
    words: str


class AtRisk(BaseModel):
    """A policy that may be lost. ``risk`` orders, from 0 to 1; it is no forecast."""

    policy_id: UUID
    number: str | None
    insured: str | None
    carrier: str
    line: str
    state: str
    producer_id: UUID | None
    ends_on: date
    currency: str
    price_minor: int
    risk: str
    returned_minor: int | None = Field(description="Commission of the agency that would come back if it ended today.")
    renewal_minor: int | None = Field(
        description="Commission that the next term would earn by today's plan; null without one."
    )
    at_stake_minor: int | None = Field(description="Both, times the risk; the order of the list. Null for a producer.")
    reasons: list[RiskReason]


class RiskList(BaseModel):
    """Policies at risk, the most at stake first. ``watched`` is how many have a sign; ``complete``: none was left out."""

    items: list[AtRisk]
    watched: int
    complete: bool


class RetentionRadar:
    """Everybody who sees policies sees which of them are at risk; amounts of the agency's commission only managers do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def at_risk(self, actor: Actor, limit: int = 50) -> RiskList:
        """Policies in force with any sign that speaks against their staying."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            day = await today(uow)
            watched = await uow.retention.watched(day, now(), _MOST_WATCHED + 1)
            plan_row = await uow.commissions.plan_on(day)
            earned = await uow.retention.earned([_key(one.row) for one in watched])
        plan = Plan.from_dict(plan_row.body) if plan_row else None
        complete, watched = len(watched) <= _MOST_WATCHED, watched[:_MOST_WATCHED]
        looked = [_seen(one.row, one.signs, earned.get(_key(one.row), ()), plan, day) for one in watched]
        found = [one for one in looked if one.reasons]
        found.sort(key=lambda one: (-(one.at_stake_minor or 0), -Decimal(one.risk), one.ends_on, one.policy_id))
        items = found[:limit] if actor.sees_all_leads else [_without_commission(one) for one in found[:limit]]
        return RiskList(items=items, watched=len(found), complete=complete)


def _seen(row: InsurancePolicyRow, signs: Signs, earned: Sequence[AccrualRow], plan: Plan | None, day: date) -> AtRisk:
    found = reasons(signs)
    chance = risk(found)
    returned = sum(_returned(one, row, day) for one in earned)
    following = _following(row, signs, plan)
    stake = rounded(Fraction(chance) * (returned + (following or 0)))
    return AtRisk(
        policy_id=row.id, number=row.number, insured=row.insured, carrier=row.carrier, line=row.line, state=row.state,
        producer_id=row.producer_id, ends_on=row.ends_on, currency=row.currency, price_minor=row.price_minor,
        risk=str(chance.quantize(_CENT, ROUND_HALF_UP)), returned_minor=returned, renewal_minor=following,
        at_stake_minor=stake,
        reasons=[RiskReason(code=one.code, share=str(one.share), words=one.words) for one in found],
    )  # fmt: skip


def _returned(one: AccrualRow, row: InsurancePolicyRow, day: date) -> int:
    """By the contract that was frozen with it: the unearned days of the premium, or the months of its window."""
    if one.as_earned:
        return 0
    present, clause = Fraction(one.retained, one.retained_of), Contract.from_dict(one.contract).clause
    if isinstance(clause, Window):
        kept = min(clause.retained(months_in_force(one.effective_on, day)), present)
    else:
        kept = present * Fraction(max((day - row.starts_on).days, 0), (row.ends_on - row.starts_on).days)
    return rounded(one.gross * (present - kept))


def _following(row: InsurancePolicyRow, signs: Signs, plan: Plan | None) -> int | None:
    if plan is None:
        return None
    price = row.price_minor if signs.renewal_price is None else signs.renewal_price
    try:
        return plan.rate(Line(row.line), row.carrier, row.state, Term.RENEWAL).commission(price)
    except Invalid:  # the plan says nothing of such a policy
        return None


def _key(row: InsurancePolicyRow) -> tuple[str, str, date]:
    return carrier_key(row.carrier), policy_key(str(row.number)), row.starts_on


def _without_commission(one: AtRisk) -> AtRisk:
    return one.model_copy(update={"returned_minor": None, "renewal_minor": None, "at_stake_minor": None})
