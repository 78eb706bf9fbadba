"""Policies that come to a day: each timer is a row that one worker takes, works and closes in one transaction.

A worker that dies leaves the timer to the next one; what it had begun is undone with its transaction, so that everything happens
once. Where a rule refuses, a person is asked, and the timer is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.actor import system_actor
from domain.documents.owner import Owner
from domain.policies.papers import PaperType, over
from domain.policies.words import Act, Happening, PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import Conflict, Invalid
from services.policies.ending import cancel_by_notice, cancel_for_insured, lapse_in
from services.policies.recording import Held, hold, move, record
from services.policies.renewing import offer_in
from services.policies.schemas import RenewalIn
from store.sql.models import PolicyTimerRow
from store.uow import Database, UnitOfWork

_LEASE = timedelta(minutes=2)
Work = Callable[[UnitOfWork, Held, str, datetime], Awaitable[str]]


class Timing:
    """The policy clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def work(self) -> bool:
        """Work the timer that has been due longest; False when none is."""
        async with self._database.platform() as platform:
            due = await platform.claim_due_policy_timer(now(), _LEASE)
        if due is None:
            return False
        timer_id, agency_id = due
        actor = system_actor(agency_id, "policies")
        try:
            async with self._database.begin(actor) as uow:
                timer, held = await _waiting(uow, timer_id)
                if timer is None or held is None:
                    return True
                at = now()
                await uow.policies.close_timer(timer_id, at, "worked")
                outcome = await WORK[timer.kind](uow, held, f"timer:{timer_id}", at)
                await uow.policies.close_timer(timer_id, at, outcome)
        except (Conflict, Invalid) as refused:
            await self._ask(timer_id, actor.agency_id, refused)
        return True

    async def _ask(self, timer_id: UUID, agency_id: UUID, refused: Conflict | Invalid) -> None:
        """What a rule refused is undone; a person is told of it, once."""
        async with self._database.begin(system_actor(agency_id, "policies")) as uow:
            timer, held = await _waiting(uow, timer_id)
            if timer is None or held is None:
                return
            at = now()
            await uow.policies.close_timer(timer.id, at, refused.code)
            await record(
                uow, held, Act.NEEDS_A_PERSON, key=f"timer:{timer.id}", at=at, code=refused.code, words=refused.detail
            )


async def _waiting(uow: UnitOfWork, timer_id: UUID) -> tuple[PolicyTimerRow | None, Held | None]:
    """The timer and its policy, both locked; Nones where it waits no more.

    The policy is locked first, as by everybody who sets its timers: two workers with two timers of one policy would otherwise
    wait for each other.
    """
    policy_id = await uow.policies.policy_of_timer(timer_id)
    if policy_id is None:
        return None, None
    held = await hold(uow, policy_id)
    timer = await uow.policies.timer(timer_id)
    if timer is None or timer.state != "waiting":
        return None, None
    return timer, held


async def _end(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    happening = Happening.NON_RENEWED if held.status is PolicyStatus.NON_RENEWING else Happening.EXPIRED
    await move(uow, held, happening, held.facts(at, held.contract.end), key=key)
    return happening.value


async def _cancellation(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    await cancel_by_notice(uow, held, key, at)
    return Happening.CANCELLED.value


async def _asked_end(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    asked = held.row.plan["asked_end"]
    day, reason = date.fromisoformat(asked["on"]), Reason(asked["reason"])
    if day == held.contract.end:
        return await _end(uow, held, key, at)
    await cancel_for_insured(uow, held, day, reason, key, at)
    return Happening.CANCELLED.value


async def _lapse(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    await lapse_in(uow, held, key, at)
    return Happening.LAPSED.value


async def _not_taken(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    await move(uow, held, Happening.NOT_TAKEN, held.facts(at, held.contract.start), key=key)
    return Happening.NOT_TAKEN.value


async def _overdue(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    if not held.account(at).overdue:
        return "paid"
    await record(uow, held, Act.BECAME_OVERDUE, key=key, at=at)
    return Act.BECAME_OVERDUE.value


async def _grace_over(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    if not held.account(at).overdue:
        return "paid"
    words = "grace is over and no notice of lapse stands; cover goes on until one was given"
    await record(uow, held, Act.NEEDS_A_PERSON, key=key, at=at, code="no_notice", words=words)
    return "no_notice"


async def _renewal(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    if held.row.plan.get("auto_renew"):
        await offer_in(uow, held, RenewalIn(), key, at)
        return Act.RENEWAL_OFFERED.value
    words = "the policy comes to its end; offer a renewal, or give notice of non-renewal in time"
    await record(uow, held, Act.NEEDS_A_PERSON, key=key, at=at, code="renewal_due", words=words)
    return "renewal_due"


async def _papers(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    """Documents whose last good day is past: a person asks for new ones, once; each leaves the plan with that."""
    until: dict[str, str] = held.row.plan.get("papers_until", {})
    gone = over(until, held.today(at))
    if not gone:
        return "replaced"
    plan = {**held.row.plan, "papers_until": {one: day for one, day in until.items() if one not in gone}}
    rows = [await uow.documents.one(UUID(one), Owner(policy_id=held.row.id)) for one in gone]
    said = ", ".join(f"{PaperType(row.type or 'other').words} until {row.expires_on}" for row in rows)
    words = f"documents of the policy are no longer good: {said}; ask for new versions"
    await record(
        uow, held, Act.NEEDS_A_PERSON, key=key, at=at, values={"plan": plan}, code="document_expired", words=words,
        document_ids=gone,
    )  # fmt: skip
    return "document_expired"


WORK: dict[str, Work] = {
    "end": _end, "cancellation": _cancellation, "asked_end": _asked_end, "lapse": _lapse, "not_taken": _not_taken,
    "overdue": _overdue, "grace_over": _grace_over, "renewal": _renewal, "papers": _papers,
}  # fmt: skip
