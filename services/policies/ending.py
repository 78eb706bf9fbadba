"""How cover ends and begins again: notices, cancellations, lapses, non-renewals, rescissions, reinstatements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.lines import Line
from domain.policies.changes import Change, ChangeKind, read_terms
from domain.policies.notices import legal_tables
from domain.policies.returning import PENALISES, Method, ReturnTerms
from domain.policies.words import IN_FORCE, OF_INSURED, Act, Action, By, Happening, PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import Conflict, FieldError
from kernel.ids import new_id
from services.policies.held import Held, hold
from services.policies.noticing import amounts, judge, may_announce, verdict_of
from services.policies.recording import CLEARED, ended_values, move, next_change, record
from services.policies.reinstating import reinstatement
from services.policies.requests import Request
from services.policies.schemas import CancelIn, NoticeIn, ReinstateIn, RescindIn
from services.policies.timers import grace_clock
from store.sql.models import PolicyNoticeRow
from store.uow import Database, UnitOfWork


class Ending:
    """Each use case is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give_notice(
        self, actor: Actor, policy_id: UUID, body: NoticeIn, *, expected: int | None, key: str | None
    ) -> UUID:
        """Write down a statutory notice that was sent, judged by the rule in force. Raises Conflict where no rule with a
        citation is known, or where the notice does not fit it: then it is not kept. It ends somebody's cover on its day: only who
        answers for the agency may say that it was sent.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_whole_agency()
        request = Request.of(actor, "notice", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            before = await uow.policies.under_key(PolicyNoticeRow, policy_id, request.key)
            if before is not None and await request.done(uow, policy_id):
                return before.id
            held.require_version(expected)
            return await self._notice(uow, held, body, request)

    async def _notice(self, uow: UnitOfWork, held: Held, body: NoticeIn, request: Request) -> UUID:
        at = now()
        may_announce(held, body, at)
        found = judge(held, body, at)
        verdict = found.verdict
        if not verdict.valid or verdict.row is None:
            fault = FieldError("effective_on", verdict.code, verdict.words, "ask who knows the law of the state")
            raise Conflict(f"no such notice may take effect: {verdict.words}", fields=(fault,), code=verdict.code)
        notice_id = new_id()
        await uow.policies.put(PolicyNoticeRow, {
            "id": notice_id, "policy_id": held.row.id, "key": request.key, "action": body.action.value,
            "reason": body.reason.value, "sent": body.sent.value, "mailed_on": body.mailed_on,
            "effective_on": body.effective_on, "days_required": verdict.row.needed(body.sent), "rule": verdict.row.key,
            "rule_id": verdict.row.id, "citation": verdict.row.cited.said, "tables_version": verdict.version,
            "proof": body.proof, "recipients": sorted(verdict.row.recipients), "due_on": found.due_on,
            **amounts(held, body, at), "recorded_at": at, "recorded_by": uow.actor.subject,
        })  # fmt: skip
        held.notices = await uow.policies.notices(held.row.id)
        await record(
            uow, held, Act.NOTICE_GIVEN, key=request.key, at=at, effective_on=body.effective_on, request=request.body,
            notice_id=notice_id, action=body.action.value, citation=verdict.row.cited.said,
        )  # fmt: skip
        if body.action is Action.NON_RENEWAL:
            await self._non_renew(uow, held, notice_id, f"{request.key}:decided", at)
        return notice_id

    async def _non_renew(self, uow: UnitOfWork, held: Held, notice_id: UUID, key: str, at: datetime) -> None:
        row = await uow.policies.belonging(PolicyNoticeRow, held.row.id, notice_id)
        facts = held.facts(at, by=By.INSURER, reason=Reason(row.reason), notice=verdict_of(held, row))
        values = {"ended_by": By.INSURER.value, "ended_reason": row.reason, "notice_id": notice_id}
        await move(
            uow, held, Happening.NON_RENEWAL_DECIDED, facts, key=key, values=values, notice_id=notice_id, by=By.INSURER
        )

    async def withdraw_notice(
        self, actor: Actor, policy_id: UUID, notice_id: UUID, why: str, *, expected: int | None
    ) -> None:
        """Take a notice back; a decision not to renew that stood on it goes with it. The same again changes nothing. For who
        answers for the agency, as the notice itself.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, expected)
            row = await uow.policies.belonging(PolicyNoticeRow, policy_id, notice_id)
            if row.withdrawn_at is None:
                await withdraw_in(uow, held, row, why, Request.of(actor, "withdraw", None).key, now())

    async def cancel(
        self, actor: Actor, policy_id: UUID, body: CancelIn, *, expected: int | None, key: str | None
    ) -> None:
        """Cancel at the insured's request, from a day on (in the future: then), or as the insurer's standing notice says.

        Raises Conflict where the insurer has no valid notice, its day has not come, or what it was about was paid.
        """
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "cancel", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            if await request.done(uow, policy_id):
                return
            held.require_version(expected)
            at = now()
            if body.reason not in OF_INSURED:
                await cancel_by_notice(uow, held, request.key, at, request=request.body)
                return
            day = body.effective_on or held.today(at)
            if held.begins(day) > at:
                await self._asked_ahead(uow, held, day, body.reason, request, at)
                return
            await cancel_for_insured(uow, held, day, body.reason, request.key, at, request=request.body)

    async def _asked_ahead(
        self, uow: UnitOfWork, held: Held, day: date, reason: Reason, request: Request, at: datetime
    ) -> None:
        if held.status not in {PolicyStatus.ACTIVE, PolicyStatus.NON_RENEWING} or day > held.contract.end:
            raise Conflict("only what is in force on that day can be cancelled", code=f"policy_{held.row.status}")
        plan = {**held.row.plan, "asked_end": {"on": day.isoformat(), "reason": reason.value}}
        await record(
            uow, held, Act.CANCELLATION_ASKED, key=request.key, at=at, effective_on=day, values={"plan": plan},
            request=request.body, reason=reason.value,
        )  # fmt: skip

    async def keep(self, actor: Actor, policy_id: UUID, *, expected: int | None, key: str | None) -> None:
        """Take back a cancellation that the insured asked for ahead: the policy goes on. Raises Conflict where none waits."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "keep", key)
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            if await request.done(uow, policy_id):
                return
            held.require_version(expected)
            asked = held.row.plan.get("asked_end")
            if asked is None or held.status not in IN_FORCE:
                raise Conflict("no cancellation was asked for ahead", code="not_asked")
            plan = {name: value for name, value in held.row.plan.items() if name != "asked_end"}
            await record(
                uow, held, Act.CANCELLATION_TAKEN_BACK, key=request.key, at=at, values={"plan": plan}, request=request.body,
                asked_for=asked["on"],
            )  # fmt: skip

    async def lapse(self, actor: Actor, policy_id: UUID, *, expected: int | None) -> None:
        """Let it lapse for a premium that is unpaid behind its grace, by its standing notice."""
        actor.require(Scope.POLICIES_WRITE)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, expected)
            await lapse_in(uow, held, Request.of(actor, "lapse", None).key, now())

    async def rescind(self, actor: Actor, policy_id: UUID, body: RescindIn, *, expected: int | None) -> None:
        """Treat it as void from its beginning; everything is returned (T52). For who answers for the whole agency.

        Raises Conflict where no rule with a citation lets it be contested for that reason, or not any more.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id, expected), now()
            request, start = Request.of(actor, "rescind", None), held.contract.start
            key, number = next_change(held)
            change = Change(key, number, ChangeKind.CANCELLATION, start, at, terms=ReturnTerms(Method.FLAT))
            facts, row = held.facts(at, by=By.INSURER, reason=body.reason), held.contest_row(body.reason)
            await move(
                uow, held, Happening.RESCINDED, facts, key=request.key, change=change, flat=True, by=By.INSURER,
                values=ended_values(held, start, By.INSURER, body.reason, None), request=request.body, basis=body.basis,
                reason=body.reason.value, citation=row.cited.said if row else None,
            )  # fmt: skip

    async def reinstate(
        self, actor: Actor, policy_id: UUID, body: ReinstateIn, *, expected: int | None, key: str | None
    ) -> None:
        """Take cover up again (T61): without a lapse as if it had never ended, or from the payment that came since.

        The schedule that stood before the end stands again. Raises Conflict where its window is closed, papers are missing,
        something is overdue by that schedule, or no payment came.
        """
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "reinstate", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            if await request.done(uow, policy_id):
                return
            held.require_version(expected)
            at = now()
            back = reinstatement(held, body, at)
            plan = {name: value for name, value in held.row.plan.items() if name != "asked_end"}
            row = held.reinstatement_row()
            told: dict[str, Any] = {"resumes_at": back.change.resumes_at} if body.lapse else {}
            told["citation"] = row.cited.said if row else None
            await move(
                uow, held, back.happening, back.facts, key=request.key, change=back.change, values={**CLEARED, "plan": plan},
                request=request.body, **told,
            )  # fmt: skip
            # What ended it is spent: a notice ends cover once.
            for notice in [one for one in held.notices if one.withdrawn_at is None]:
                await withdraw_in(uow, held, notice, "reinstated", f"{request.key}:spent:{notice.id}", at)


async def withdraw_in(uow: UnitOfWork, held: Held, row: PolicyNoticeRow, why: str, key: str, at: datetime) -> None:
    """Withdraw a notice within the caller's transaction."""
    row.withdrawn_at, row.withdrawn_why = at, why
    await uow.policies.flush()
    held.notices = await uow.policies.notices(held.row.id)
    if held.status is PolicyStatus.NON_RENEWING and held.row.notice_id == row.id:
        await move(uow, held, Happening.NON_RENEWAL_WITHDRAWN, held.facts(at), key=f"{key}:decision", values=CLEARED)
    await record(uow, held, Act.NOTICE_WITHDRAWN, key=key, at=at, notice_id=row.id, action=row.action)


async def cancel_by_notice(uow: UnitOfWork, held: Held, key: str, at: datetime, **data: object) -> None:
    """Cancel as the standing notice says, from its day on."""
    notice = held.standing_notice(Action.CANCELLATION.value)
    reason = Reason(notice.reason) if notice else Reason.OTHER
    day = notice.effective_on if notice else held.today(at)
    verdict = verdict_of(held, notice) if notice else None
    facts = held.facts(at, day, by=By.INSURER, reason=reason, notice=verdict)
    terms = ReturnTerms(count=held.contract.count)
    change = Change(*next_change(held), ChangeKind.CANCELLATION, day, at, terms=terms)
    notice_id = notice.id if notice else None
    values = ended_values(held, day, By.INSURER, reason, notice_id)
    await move(
        uow, held, Happening.CANCELLED, facts, key=key, change=change, values=values, by=By.INSURER, notice_id=notice_id,
        reason=reason.value, flat=day == held.contract.start, **data,
    )  # fmt: skip


async def cancel_for_insured(
    uow: UnitOfWork, held: Held, day: date, reason: Reason, key: str, at: datetime, **data: object
) -> None:
    """Cancel at the insured's request."""
    facts = held.facts(at, day, by=By.INSURED, reason=reason)
    terms, _ = terms_for(held, reason, day)
    change = Change(*next_change(held), ChangeKind.CANCELLATION, day, at, terms=terms)
    await move(
        uow, held, Happening.CANCELLED, facts, key=key, change=change, by=By.INSURED, reason=reason.value,
        values=ended_values(held, day, By.INSURED, reason, None), flat=day == held.contract.start, **data,
    )  # fmt: skip


async def lapse_in(uow: UnitOfWork, held: Held, key: str, at: datetime) -> None:
    """Lapse within the caller's transaction; cover ends where grace ended it, and not before the notice says."""
    stands, grace, notice = held.account(at), held.grace(at), held.standing_notice(Action.LAPSE.value)
    day, told = held.today(at), dict[str, Any]()
    if grace is not None and stands.clock_on is not None and notice is not None:
        clock = grace_clock(notice, stands.clock_on)
        day = max(grace.lapse_on(clock), notice.effective_on)
        told = {"grace_over_at": grace.over_at(clock, held.contract)} if stands.overdue else {}
    verdict = verdict_of(held, notice) if notice else None
    facts = held.facts(at, day, by=By.INSURER, reason=Reason.NONPAYMENT, notice=verdict, **told)
    terms = ReturnTerms(count=held.contract.count)
    change = Change(*next_change(held), ChangeKind.CANCELLATION, min(day, held.contract.end), at, terms=terms)
    notice_id = notice.id if notice else None
    values = ended_values(held, day, By.INSURER, Reason.NONPAYMENT, notice_id)
    await move(
        uow, held, Happening.LAPSED, facts, key=key, change=change, values=values, by=By.INSURER, notice_id=notice_id,
        reason=Reason.NONPAYMENT.value,
    )  # fmt: skip


def terms_for(held: Held, reason: Reason, day: date) -> tuple[ReturnTerms, str]:
    """How premium is returned, and why so: a penalty and a minimum are for an insured who cancels, and a penalty only where a
    cited rule of the state allows it.
    """
    agreed = read_terms(held.row.terms)
    if reason not in OF_INSURED:
        return ReturnTerms(count=held.contract.count), "the insurer ends it: pro rata"
    if agreed.method not in PENALISES:
        return agreed, "as the contract says"
    allowed = legal_tables().short_rate(held.row.state, Line(held.row.line), agreed.method, day)
    if allowed is not None:
        return agreed, f"as the contract says, allowed by {allowed.cited.said}"
    plain = ReturnTerms(Method.PRO_RATA, agreed.basis, agreed.count, agreed.minimum)
    why = f"the contract says {agreed.method.value}; no rule with a citation allows it in {held.row.state}: pro rata"
    return plain, why
