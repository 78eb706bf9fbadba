"""What decides about a commission, read once and frozen: plan, agent of record, pool members, hierarchy, licences of the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.commissions.chargeback import Contract
from domain.commissions.licensing import Verdict
from domain.commissions.matching import policy_key
from domain.commissions.plan import Plan
from domain.commissions.rates import carrier_key
from domain.commissions.record import Chargebacks, RecordChange, of_record
from domain.commissions.refusing import refuse
from domain.commissions.terms import REFERRER, TEAM_POOL, Above, Party, Sharer, Terms, chain, spread
from domain.network.tiers import multiplier_of
from kernel.errors import FieldError, Invalid
from services.commissions.licensed import licences
from services.commissions.referrers import referred
from services.commissions.schemas import AccrualIn, PartyIn
from store.sql.models import CommissionPlanRow, RecordChangeRow
from store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Gathered:
    """The frozen terms, the contract's row, until when the commission waits, and what else is kept with its posting."""

    terms: Terms
    contract: Contract
    hold_until: date
    facts: Mapping[str, Any]


async def plan_on(uow: UnitOfWork, day: date) -> tuple[CommissionPlanRow, Plan]:
    """The plan in force on the day. Raises Invalid where there was none."""
    row = await uow.commissions.plan_on(day)
    if row is None:
        fault = FieldError(
            "plan", "missing", "there is none for this day", "put one in force from an earlier day", str(day)
        )
        raise Invalid(f"no commission plan was in force on {day.isoformat()}", fields=(fault,))
    return row, Plan.from_dict(row.body)


async def gather(uow: UnitOfWork, given: AccrualIn, today: date) -> Gathered:
    """Seven queries, whatever the number of parties; three more for a referrer."""
    policy = given.policy
    effective_on, earned_on = policy.effective_at.date(), (given.earned_at or policy.effective_at).date()
    row, plan = await plan_on(uow, earned_on)
    rate = plan.rate(policy.line, policy.carrier, policy.state, given.term)
    contract = plan.contract(policy.line, policy.carrier, policy.state, given.term)
    changes = await changes_of(uow, policy.carrier, policy.number)
    parties, waits = _of_record(given.parties, effective_on, changes, today, plan.rescission_days)
    members = await _members(uow, parties, earned_on)
    by = await referred(uow, given, plan, earned_on)
    parties += [(one, None) for one in by.party(sum((party.weight for party, _ in parties), Fraction(0)))]
    people = spread([party for party, _ in parties], members)
    uplines = {str(who): str(upper) for who, upper in (await uow.commissions.uplines(earned_on)).items()}
    chains = {who: chain(who, uplines, len(plan.overrides)) for who, _, _, _ in people}
    verdicts = await licences(uow, {*chains, *(one for found in chains.values() for one in found)}, policy.line,
                              policy.state, earned_on)  # fmt: skip
    times = iter(await _multipliers(uow, parties, given.earned_at or policy.effective_at))
    sharers = tuple(
        Sharer(
            who, role, weight, verdicts[who], next(times) if pool is None else Decimal(1), pool,
            tuple(Above(upper, verdicts[upper]) for upper in chains[who]),
        )
        for who, role, weight, pool in people
    )  # fmt: skip
    terms = Terms(
        row.version, row.digest, rate, plan.overrides, given.currency, given.premium_minor, given.taxes_minor,
        given.fees_minor, sharers, max(contract.advance, 1) if not given.as_earned else 1, given.before_minor,
    )  # fmt: skip
    hold_until = earned_on + timedelta(days=plan.hold_days)
    return Gathered(terms, contract, hold_until if waits is None else max(hold_until, waits), by.facts)


async def changes_of(uow: UnitOfWork, carrier: str, number: str) -> list[RecordChange]:
    """Changes of the policy's agent of record."""
    return [change_of(row) for row in await uow.commissions.record_changes(carrier_key(carrier), policy_key(number))]


def change_of(row: RecordChangeRow) -> RecordChange:
    """The row as the domain reads it."""
    return RecordChange(
        str(row.before_id), str(row.after_id), row.effective_on, row.received_on, Chargebacks(row.chargebacks),
        row.rescinded_at is not None,
    )  # fmt: skip


def _of_record(
    parties: Sequence[PartyIn], effective_on: date, changes: Sequence[RecordChange], today: date, rescission_days: int
) -> tuple[list[tuple[Party, Decimal | None]], date | None]:
    found: list[tuple[Party, Decimal | None]] = []
    waits: list[date] = []
    for one in parties:
        weight = Fraction(one.weight)
        if one.producer_id is None:
            found.append((Party(weight, one.role, pool=one.pool), None))
            continue
        if one.role == REFERRER:  # who brought the client stays who did, whoever has the policy now
            found.append((Party(weight, one.role, producer=str(one.producer_id)), one.multiplier))
            continue
        of = of_record(str(one.producer_id), effective_on, changes, today, rescission_days)
        # another's tier is not theirs who took the policy over
        multiplier = one.multiplier if of.payee == str(one.producer_id) else None
        found.append((Party(weight, one.role, producer=of.payee), multiplier))
        if of.waits_until is not None:
            waits.append(of.waits_until)
    return found, max(waits, default=None)


async def _multipliers(
    uow: UnitOfWork, parties: Sequence[tuple[Party, Decimal | None]], earned_at: datetime
) -> list[Decimal]:
    """Of each party that is no pool, in their order, since somebody may sell and refer. What nobody said of a referrer is by the
    tier that the network gave them when it was earned (T29); of a day to come, the tier as it is. Who sold has none.
    """
    direct = [(party.producer, party.role, said) for party, said in parties if party.producer is not None]
    unsaid = [UUID(who) for who, role, said in direct if said is None and role == REFERRER]
    tiers = await uow.effects.tiers_at(unsaid, earned_at) if unsaid else {}
    return [
        said if said is not None else multiplier_of(tiers.get(UUID(who)) if role == REFERRER else None)
        for who, role, said in direct
    ]


async def _members(
    uow: UnitOfWork, parties: Iterable[tuple[Party, Decimal | None]], day: date
) -> dict[str, list[tuple[str, Fraction]]]:
    pools = {party.pool for party, _ in parties if party.pool is not None}
    teams = {pool for pool in pools if pool.startswith(TEAM_POOL)}
    members: dict[str, list[tuple[str, Fraction]]] = {}
    if named := sorted(pools - teams):
        rows = await uow.commissions.pool_members(named, day)
        members = {
            pool: [(str(row.producer_id), Fraction(row.weight)) for row in found] for pool, found in rows.items()
        }
    if teams:
        inside = await uow.teams.members_on([_team_id(pool) for pool in sorted(teams)], day)
        members |= {f"{TEAM_POOL}{team}": [(str(who), Fraction(1)) for who in found] for team, found in inside.items()}
    return members


def _team_id(pool: str) -> UUID:
    try:
        return UUID(pool.removeprefix(TEAM_POOL))
    except ValueError:
        refuse("pool", pool, "is no team", f"give {TEAM_POOL} and the team's id, or a pool by its name")


def looked_at_again(terms: Terms, verdicts: Mapping[str, Verdict]) -> tuple[Terms, list[str]]:
    """The terms with today's knowledge of licences on the day of earning (T43), and what is in doubt.

    Somebody who was licensed by what was known, and of whom nothing is known now, keeps what they have until somebody finds out.
    """
    doubts: list[str] = []

    def decided(payee: str, before: Verdict) -> Verdict:
        fresh = verdicts[payee]
        if before.permits and not fresh.permits and not fresh.known:
            doubts.append(f"{payee}: {fresh.reason}")
            return before
        return before if fresh.permits == before.permits else fresh

    sharers = tuple(
        replace(
            one, licence=decided(one.payee, one.licence),
            above=tuple(replace(upper, licence=decided(upper.payee, upper.licence)) for upper in one.above),
        )
        for one in terms.sharers
    )  # fmt: skip
    return replace(terms, sharers=sharers), doubts
