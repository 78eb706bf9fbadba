"""Policies that come to a day: each timer is a row that one worker takes, works and closes in one transaction.

Timers are taken some at once and worked in one transaction, so that loading and writing is done once for all of them. A worker
that dies leaves its timers to the next one; what it had begun is undone with its transaction, so that everything happens once.
Where a rule refuses, that policy is left out of the group and worked by itself: a person is asked, and the timer is closed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog

from domain.actor import system_actor
from domain.policies.papers import PaperType, over
from domain.policies.words import Act, Happening, PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import Conflict, Invalid, Unavailable
from services.policies.dunning import WORK as OF_INSTALMENT
from services.policies.ending import cancel_by_notice, cancel_for_insured, lapse_in
from services.policies.held import Held, hold
from services.policies.recording import move, record
from services.policies.renewing import offer_in
from services.policies.schemas import RenewalIn
from store.sql.models import PolicyTimerRow
from store.sql.repositories.platform import DuePolicyTimer
from store.uow import Database, UnitOfWork

_log = structlog.get_logger("leadwright.policies")
_LEASE = timedelta(minutes=2)
_TOGETHER = 40
"""Timers of one transaction. Their policies are locked as long as it takes, some tenths of a second: whoever would change one of
them meanwhile waits so long.
"""
Work = Callable[[UnitOfWork, Held, str, datetime], Awaitable[str]]


class Timing:
    """The policy clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def work(self) -> int:
        """Work the timers that have been due longest, up to so many; how many were taken, 0 when none is due."""
        async with self._database.platform() as platform:
            taken = await platform.claim_due_policy_timers(now(), _LEASE, _TOGETHER)
        by_agency: dict[UUID, list[DuePolicyTimer]] = defaultdict(list)
        for one in taken:
            by_agency[one.agency_id].append(one)
        for agency_id, due in by_agency.items():
            await self._work(agency_id, due)
        return len(taken)

    async def _work(self, agency_id: UUID, due: Sequence[DuePolicyTimer]) -> None:
        """All together, then each that could not be; one that fails is left until its lease is over and holds up no other."""
        try:
            alone = await self._together(agency_id, due)
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever is wrong with one of them must not hold up the others
            _log.warning("timers of policies failed together, each is worked alone", timers=len(due), exc_info=problem)
            alone = [one.timer_id for one in due]
        for timer_id in alone:
            try:
                await self._alone(timer_id, agency_id)
            except Unavailable:
                raise
            except Exception as problem:  # noqa: BLE001 - see above
                _log.error("a timer of a policy failed", timer=str(timer_id), exc_info=problem)

    async def _together(self, agency_id: UUID, due: Sequence[DuePolicyTimer]) -> list[UUID]:
        """Work timers in one transaction; those that are to be worked alone, which it did not touch."""
        async with self._database.begin(system_actor(agency_id, "policies")) as uow:
            group = await uow.take_policies({one.timer_id for one in due}, {one.policy_id for one in due})
            for timer in group.due:
                if not group.turn(timer) or await _too_soon(uow, timer):
                    continue
                try:
                    await _work_one(uow, timer, await hold(uow, timer.policy_id))
                except (Conflict, Invalid):
                    group.leave_out(timer.policy_id)
                await asyncio.sleep(0)  # rules take time of the processor, and others wait for it
            await group.send()
            return group.left

    async def _alone(self, timer_id: UUID, agency_id: UUID) -> None:
        try:
            async with self._database.begin(system_actor(agency_id, "policies")) as uow:
                timer, held = await _waiting(uow, timer_id)
                if timer is not None and held is not None and not await _too_soon(uow, timer):
                    await _work_one(uow, timer, held)
        except (Conflict, Invalid) as refused:
            await self._ask(timer_id, agency_id, refused)

    async def _ask(self, timer_id: UUID, agency_id: UUID, refused: Conflict | Invalid) -> None:
        """What a rule refused is undone; a person is told of it, once."""
        async with self._database.begin(system_actor(agency_id, "policies")) as uow:
            timer, held = await _waiting(uow, timer_id)
            if timer is None or held is None or await _too_soon(uow, timer):
                return
            at = now()
            await uow.policies.close_timer(timer.id, at, refused.code)
            await record(
                uow, held, Act.NEEDS_A_PERSON, key=f"timer:{timer.id}", at=at, code=refused.code, words=refused.detail
            )


async def _too_soon(uow: UnitOfWork, timer: PolicyTimerRow) -> bool:
    """Whether the clock was set back since the timer was taken: it waits on, and no rule is asked before its instant."""
    if now() >= timer.due_at:
        return False
    await uow.policies.release_timer(timer.id)
    return True


async def _work_one(uow: UnitOfWork, timer: PolicyTimerRow, held: Held) -> None:
    """Let a timer that waits do what it is for, and close it. What it does may set timers: it is done before."""
    at = now()
    await uow.policies.close_timer(timer.id, at, "worked")
    outcome = await done(uow, held, timer.kind, timer.due_at, f"timer:{timer.id}", at)
    await uow.policies.close_timer(timer.id, at, outcome)


async def done(uow: UnitOfWork, held: Held, kind: str, due_at: datetime, key: str, at: datetime) -> str:
    """Do what a timer of this kind, due at that instant, is for; what came of it."""
    if kind in OF_INSTALMENT:
        return await OF_INSTALMENT[kind](uow, held, key, at, due_at)
    return await WORK[kind](uow, held, key, at)


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


async def _draft(uow: UnitOfWork, held: Held, key: str, at: datetime) -> str:
    begun = "has ended" if at >= held.row.starts_at else f"ends on {held.row.starts_on}"
    words = (
        f"this renewal is a draft and the term before it {begun}; complete it and offer it, or say that it is not taken"
    )
    await record(uow, held, Act.NEEDS_A_PERSON, key=key, at=at, code="renewal_is_draft", words=words)
    return "renewal_is_draft"


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
    papers = await uow.policies.papers(held.row.id, [UUID(one) for one in gone])
    said = ", ".join(f"{PaperType(one.type).words} until {one.expires_on}" for one in papers)
    words = f"documents of the policy are no longer good: {said}; ask for new versions"
    await record(
        uow, held, Act.NEEDS_A_PERSON, key=key, at=at, values={"plan": plan}, code="document_expired", words=words,
        document_ids=gone,
    )  # fmt: skip
    return "document_expired"


WORK: dict[str, Work] = {
    "end": _end, "cancellation": _cancellation, "asked_end": _asked_end, "lapse": _lapse, "not_taken": _not_taken,
    "draft": _draft, "grace_over": _grace_over, "renewal": _renewal, "papers": _papers,
}  # fmt: skip
