"""What an event of a policy comes to in the ledger: what is earned, what comes back, what stands again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.commissions.chargeback import Contract, ReturnPremium, months_in_force
from domain.commissions.matching import policy_key
from domain.commissions.rates import Term, carrier_key
from domain.commissions.terms import TEAM_POOL
from domain.lines import Line
from kernel.errors import Conflict, FieldError, Invalid
from kernel.money import apportion
from services.commissions.accruing import Accruals
from services.commissions.gathering import plan_on
from services.commissions.reversing import Reversals
from services.commissions.schemas import AccrualIn, PartyIn, PolicyIn, ReversalIn, ReversalKind
from store.sql.models import AccrualRow, InsurancePolicyRow, PolicyEventRow
from store.uow import UnitOfWork

CreditedWith = Callable[[UnitOfWork, UUID], Awaitable[UUID | None]]
"""The referral that is credited with the sale of a lead; None where nobody referred it."""
_IN_FORCE = frozenset({"active", "non_renewing"})
_NOT_PAID = frozenset({"override"})
"""Roles of record that share nothing: overrides follow the hierarchy of the plan."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A policy's term as commissions know it, at one of its events, and what it earned so far."""

    event: PolicyEventRow
    policy: InsurancePolicyRow
    rows: Sequence[AccrualRow] = ()

    @property
    def source(self) -> str:
        return f"policy:{self.policy.id}"

    @property
    def told(self) -> dict[str, Any]:
        return self.event.data

    @property
    def effective_at(self) -> datetime:
        """The beginning of the term, written with the offset of the insured's place."""
        return self.policy.starts_at.astimezone(ZoneInfo(self.policy.contract["zone"]))

    @property
    def term(self) -> Term:
        return Term.NEW if self.told["new_business"] else Term.RENEWAL

    @property
    def key(self) -> tuple[str, str, date]:
        """Carrier, policy and effective date, as commissions are found by."""
        return carrier_key(self.told["carrier"]), policy_key(str(self.told["number"])), self.policy.starts_on

    @property
    def months(self) -> int:
        """Whole months of the term."""
        return months_in_force(self.policy.starts_on, self.policy.ends_on)


class EarningRules:
    """Post what events come to, within a transaction of the caller's.

    Raises Conflict or Invalid for what no rule decides; then nothing of it stands.
    """

    def __init__(self, accruals: Accruals, reversals: Reversals, credited: CreditedWith) -> None:
        self._accruals = accruals
        self._reversals = reversals
        self._credited = credited
        # what is nobody's first sale needs commissions that stand
        self._follows: dict[str, Callable[[UnitOfWork, Sold], Awaitable[str]]] = {
            "endorsed": self._changed, "cancelled": self._ended, "lapsed": self._ended, "rescinded": self._ended,
            "reinstated": self._stands_again, "resumed": self._resumed, "paid": self._months, "expired": self._months,
            "non_renewed": self._months,
        }  # fmt: skip

    async def post(self, uow: UnitOfWork, event: PolicyEventRow, policy: InsurancePolicyRow) -> str:
        """Post what the event comes to; in words, "" where it is nothing."""
        if event.data["number"] is None:
            return ""
        sold = Sold(event, policy)
        rows = await uow.commissions.of_terms([sold.key])
        if any(not row.source.startswith(sold.source) for row in rows):
            raise Conflict(
                "this term's commission was recorded from another source; dismiss this, or take that back first",
                code="earned_elsewhere",
            )
        if event.kind == "activated":
            return await self._sold(uow, sold, event.data["premium_change_minor"], before=0)
        return await self._follows[event.kind](uow, Sold(event, policy, rows)) if rows else ""

    async def _changed(self, uow: UnitOfWork, sold: Sold) -> str:
        change = sold.told["premium_change_minor"]
        return await self._sold(uow, sold, change, before=max(sold.told["written_premium_minor"] - change, 0))

    async def _stands_again(self, uow: UnitOfWork, sold: Sold) -> str:
        return await self._reverse(uow, sold, ReversalKind.REINSTATED)

    async def _sold(self, uow: UnitOfWork, sold: Sold, premium: int, *, before: int) -> str:
        if not premium:
            return ""
        contract = await self._contract(uow, sold)
        if not contract.advance:
            row = await self._accrue(uow, sold, premium, before=before)
            return f"earned {row.gross} on {premium}"
        if before:
            raise Conflict(
                "the commission of this policy is advanced by months; record what the change earns by hand and dismiss this",
                code="advanced",
            )
        if sold.months < max(contract.advance, 1):
            raise Conflict("the term is shorter than the months that are advanced", code="short_term")
        row = await self._accrue(uow, sold, premium // sold.months, before=0)
        later = await self._months(uow, sold)
        return f"advanced {row.gross}" + (f"; {later}" if later else "")

    async def _months(self, uow: UnitOfWork, sold: Sold) -> str:
        """Earn the months behind an advance that have begun and are paid for."""
        contract = await self._contract(uow, sold)
        waits = sold.event.kind == "paid" and sold.told["status"] not in _IN_FORCE
        if not contract.advance or waits:
            return ""
        told, months = sold.told, sold.months
        written = told["written_premium_minor"]
        owed = written + told["taxes_minor"] + told["fees_minor"]
        paid = sum(
            one.amount_minor for one in await uow.policies.payments(sold.policy.id) if one.state == "settled"
        )  # fmt: skip
        zone = ZoneInfo(sold.policy.contract["zone"])
        begun = months_in_force(sold.policy.starts_on, sold.event.recorded_at.astimezone(zone).date()) + 1
        covered = min(months, begun, months * max(paid, 0) // owed if owed else 0)
        left = written - contract.advance * (written // months)
        parts = apportion(left, [1] * (months - contract.advance)) if months > contract.advance else []
        earned = []
        for month in range(contract.advance + 1, covered + 1):
            if await uow.commissions.accrual_of(f"{sold.source}:months", month) is None:
                await self._accrue(uow, sold, parts[month - contract.advance - 1], before=0, month=month)
                earned.append(str(month))
        return f"months {', '.join(earned)} earned" if earned else ""

    async def _ended(self, uow: UnitOfWork, sold: Sold) -> str:
        flat = sold.event.kind == "rescinded" or sold.told["flat"]
        return await self._reverse(uow, sold, ReversalKind.FLAT if flat else ReversalKind.ENDED)

    async def _resumed(self, uow: UnitOfWork, sold: Sold) -> str:
        """Cover again behind a gap. A commission by premium is earned on what is written anew; one by months stands again."""
        if all(isinstance(Contract.from_dict(row.contract).clause, ReturnPremium) for row in sold.rows):
            return await self._changed(uow, sold)
        return await self._stands_again(uow, sold)

    async def _reverse(self, uow: UnitOfWork, sold: Sold, kind: ReversalKind) -> str:
        told, ended = sold.told, kind is ReversalKind.ENDED
        given = ReversalIn(
            source=sold.source, number=sold.event.version, policy_number=told["number"], carrier=told["carrier"],
            effective_on=sold.policy.starts_on, kind=kind, ended_on=told["effective_on"] if ended else None,
            return_premium_minor=max(-told["premium_change_minor"], 0) if ended else None,
            why=f"policy {sold.event.kind}",
        )  # fmt: skip
        rows, _ = await self._reversals.reverse_in(uow, given)
        kept = ", ".join(f"{row.retained}/{row.retained_of}" for row in rows)
        return f"{sold.event.kind}: kept {kept}"

    async def _accrue(
        self, uow: UnitOfWork, sold: Sold, premium: int, *, before: int, month: int | None = None
    ) -> AccrualRow:
        told = sold.told
        begins = sold.effective_at
        # later months are of the sale, under the plan of its day
        earned_at = begins if month else max(begins, sold.event.effective_at.astimezone(begins.tzinfo))
        given = AccrualIn(
            source=sold.source if month is None else f"{sold.source}:months", number=month or sold.event.version,
            policy=PolicyIn(
                number=told["number"], carrier=told["carrier"], line=Line(told["line"]), state=told["state"],
                effective_at=begins,
            ),
            term=sold.term, premium_minor=premium, before_minor=before, currency=told["currency"], earned_at=earned_at,
            as_earned=month is not None, parties=await _parties(uow, told, earned_at.date()),
            referral_id=await self._referral(uow, sold),
        )  # fmt: skip
        begun = sold.event.kind == "activated" and sold.term is Term.NEW and month is None
        row, _ = await self._accruals.accrue_in(uow, given, promotions=begun)
        return row

    async def _referral(self, uow: UnitOfWork, sold: Sold) -> UUID | None:
        return None if sold.policy.lead_id is None else await self._credited(uow, sold.policy.lead_id)

    async def _contract(self, uow: UnitOfWork, sold: Sold) -> Contract:
        _, plan = await plan_on(uow, sold.policy.starts_on)
        return plan.contract(Line(sold.told["line"]), sold.told["carrier"], sold.told["state"], sold.term)


async def _parties(uow: UnitOfWork, told: dict[str, Any], day: date) -> list[PartyIn]:
    """Who shares, by their shares of record; of whom is in a team that pools on the day, the team. Raises Invalid where nobody is
    of record.
    """
    of_record = [one for one in told["producers"] if one["role"] not in _NOT_PAID]
    if not of_record:
        fault = FieldError(
            "producers", "missing", "are empty", "name the producer of record on the policy, or dismiss this"
        )
        raise Invalid("the policy has no producer of record, so nobody earns its commission", fields=(fault,))
    teams = await uow.teams.pooled_on({UUID(one["producer_id"]) for one in of_record}, day)
    return [
        _party(UUID(one["producer_id"]), teams.get(UUID(one["producer_id"])), one["share"], one["role"])
        for one in of_record
    ]


def _party(producer_id: UUID, team_id: UUID | None, share: str, role: str) -> PartyIn:
    if team_id is None:
        return PartyIn(producer_id=producer_id, weight=Decimal(share), role=role)
    return PartyIn(pool=f"{TEAM_POOL}{team_id}", weight=Decimal(share), role=role)
