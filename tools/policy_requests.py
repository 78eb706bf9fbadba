"""Tools of the policy clerk's graph: what a step needs of the services, as who asked or who approved. A model calls none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.policies.asking.deciding import Step, Verdict
from domain.policies.asking.papers import Paper, PaperValue, standing
from domain.policies.asking.telling import bill_told, next_payment_told
from domain.policies.asking.words import Intent, Reading
from domain.policies.letters.letter import LetterKind
from domain.policies.words import Reason
from kernel.errors import Conflict, NotFound, Stale
from services.container import Services
from services.policies.request_views import MoneyEffect, Proposal, TakenFrom
from services.policies.schemas import CancelIn, EndorsementIn, ReinstateIn, RenewalIn
from services.policies.views import EndorsementView


@dataclass(frozen=True, slots=True)
class RequestDeps:
    """The services, who asked, who gave the word if anybody did, and the request that repeated steps are recognised by."""

    services: Services
    asker: Actor
    decider: Actor | None
    policy_id: UUID
    request_id: UUID

    @property
    def key(self) -> str:
        """What every write of the request is filed under."""
        return f"request:{self.request_id}"


async def papers_of(deps: RequestDeps, documents: Sequence[UUID]) -> list[Paper]:
    """What the policy's documents state, as who gave the word sees them, else who asked. What they say is data; nothing here is
    told to a model.

    Raises NotFound for a document that is not of the policy.
    """
    actor, papers = deps.decider or deps.asker, deps.services.policy_papers
    found = [await papers.one(actor, deps.policy_id, one) for one in documents]
    return [
        Paper(
            str(one.id), one.kind, one.status, one.verdict, one.needs_review, one.expires_on, one.replaced_by_id is not None,
            tuple(PaperValue(of.name, of.item, of.value, of.page, of.confidence, of.rank) for of in one.fields),
        )
        for one in found
    ]  # fmt: skip


async def quote_step(deps: RequestDeps, verdict: Verdict, reading: Reading, told: str) -> Proposal:
    """The step with its money, as it would be done. An endorsement is quoted, and found again; else nothing is written.

    Raises Conflict and Invalid where the rules of policies refuse it.
    """
    policies, actor, policy_id = deps.services.policies, deps.asker, deps.policy_id
    endorsement_id: UUID | None = None
    arguments: dict[str, Any] = {}
    if verdict.step is Step.ENDORSE:
        body = EndorsementIn.model_validate(
            {"effective_on": verdict.day, "operations": [one.as_row() for one in verdict.operations]}
        )
        endorsement_id = await policies.changing.quote(actor, policy_id, body, expected=None, key=deps.key)
        money = await policies.effects.endorsement(actor, policy_id, endorsement_id)
        arguments = body.model_dump(mode="json")
    elif verdict.step is Step.CANCEL:
        cancel = CancelIn(reason=Reason(str(reading.slots["reason"])), effective_on=verdict.day)
        money = await _cancelled(deps, actor, cancel)
        arguments = cancel.model_dump(mode="json")
    elif verdict.step is Step.REINSTATE:
        back = ReinstateIn.model_validate(
            {"lapse": reading.slots.get("lapse", True), "no_loss_stated_on": reading.slots.get("no_loss_on")}
        )
        money = await policies.effects.reinstatement(actor, policy_id, back)
        arguments = back.model_dump(mode="json")
    else:
        money = await policies.effects.renewal(actor, policy_id)
    assert verdict.step is not None, "what waits has a step"
    return Proposal(
        step=verdict.step.value, approval=verdict.approval.value, effective_on=verdict.day, assumed_day=verdict.assumed,
        summary=told, arguments=arguments, money=money, endorsement_id=endorsement_id,
        sources=[TakenFrom(slot=one.slot, document_id=UUID(one.document), page=one.page) for one in reading.sources],
    )  # fmt: skip


async def execute_step(deps: RequestDeps, proposal: Proposal) -> dict[str, Any]:
    """Do what was approved, as who approved it, once however often the step is repeated; ids of what it made.

    Raises Conflict where it would cost something else by now than what was approved, where a document that a value was taken
    from counts no more, and where the rules refuse it by now.
    """
    assert deps.decider is not None, "nothing is executed without a person's word"
    policies, actor, policy_id = deps.services.policies, deps.decider, deps.policy_id
    step = Step(proposal.step)
    if step is Step.ENDORSE:
        return await _endorsed(deps, actor, proposal)
    if not await _was_done(deps, actor, step):
        await _papers_stand(deps, proposal)
        await _same_money(deps, actor, step, proposal)
    if step is Step.CANCEL:
        cancel = CancelIn.model_validate(proposal.arguments)
        await policies.ending.cancel(actor, policy_id, cancel, expected=None, key=deps.key)
        return {}
    if step is Step.REINSTATE:
        back = ReinstateIn.model_validate(proposal.arguments)
        await policies.ending.reinstate(actor, policy_id, back, expected=None, key=deps.key)
        return {}
    made = await policies.renewing.offer(actor, policy_id, RenewalIn(), expected=None, key=deps.key)
    return {"renewal_id": str(made)}


async def leave_step(deps: RequestDeps, proposal: Proposal, why: str) -> None:
    """Take back what was quoted for a step that nobody approved; the same again changes nothing."""
    if proposal.endorsement_id is None:
        return
    found = await deps.services.policies.reading.one(deps.asker, deps.policy_id)
    one = next(one for one in found.endorsements if one.id == proposal.endorsement_id)
    if one.state in {"quoted", "approved"}:
        await deps.services.policies.changing.withdraw(deps.asker, deps.policy_id, one.id, why, expected=None)


async def write_letter(deps: RequestDeps, proposal: Proposal) -> UUID | None:
    """The letter on what was done, written once; None where there is none to write yet: an end that is to come is confirmed when
    it comes.
    """
    assert deps.decider is not None, "a letter is on what was approved"
    policies, actor, step = deps.services.policies, deps.decider, Step(proposal.step)
    if step is Step.ENDORSE:
        event_id = await policies.asking.event_under(actor, deps.policy_id, f"applied:{proposal.endorsement_id}")
    else:
        event_id = await policies.asking.done_by(actor, deps.policy_id, _OPERATIONS[step], deps.key)
    assert event_id is not None, "what was done left its event"
    kind = LetterKind.RENEWAL_OFFER if step is Step.RENEW else LetterKind.CONFIRMATION
    try:
        return await policies.letters.write(actor, deps.policy_id, kind, event_id=event_id, key=f"{deps.key}:letter")
    except (NotFound, Conflict):
        return None


async def write_declarations(deps: RequestDeps) -> UUID:
    """The declarations page as the policy stands. Raises NotFound for a policy that was never in force."""
    letters = deps.services.policies.letters
    return await letters.write(deps.asker, deps.policy_id, LetterKind.DECLARATIONS, key=f"{deps.key}:declarations")


async def answers(deps: RequestDeps, asks: tuple[Intent, ...]) -> tuple[list[str], dict[str, Any]]:
    """Sentences on what is only asked about, and the figures in them."""
    told: list[str] = []
    figures: dict[str, Any] = {}
    reading = deps.services.policies.reading
    if Intent.SEND_DECLARATIONS in asks:
        try:
            figures["declarations_id"] = str(await write_declarations(deps))
            told.append("The declarations page is among the policy's documents.")
        except NotFound:
            told.append("There is no declarations page: the policy was never in force.")
    if not {Intent.NEXT_PAYMENT, Intent.EXPLAIN_BILL} & set(asks):
        return told, figures
    found = await reading.one(deps.asker, deps.policy_id)
    if Intent.EXPLAIN_BILL in asks:
        timeline = await reading.timeline(deps.asker, deps.policy_id)
        changes = [
            {"kind": one.kind, **{name: one.data[name] for name in ("effective_on", "premium_change_minor")}}
            for one in timeline.items if one.data.get("premium_change_minor") and one.kind != "activated"
        ]  # fmt: skip
        before = await _written_before(deps, found.renews_id)
        told.append(bill_told(changes, before, found.written_minor, found.currency))
        figures |= {"written_minor": found.written_minor, "changes": changes}
    if Intent.NEXT_PAYMENT in asks:
        unpaid = found.account.unpaid
        due = None
        if unpaid is not None:
            billed = sum(one.amount_minor for one in found.schedule if one.number <= unpaid.number)
            due = {"due_on": unpaid.due_on.isoformat(), "amount_minor": billed - found.account.paid_minor}
        told.append(next_payment_told(due, overdue=found.account.overdue, currency=found.currency))
        figures |= due or {}
    return told, figures


async def _written_before(deps: RequestDeps, renews_id: UUID | None) -> int | None:
    """What the term before was written for; None where there is none, or where it is another producer's and not the asker's."""
    if renews_id is None:
        return None
    try:
        return (await deps.services.policies.reading.one(deps.asker, renews_id)).written_minor
    except NotFound:
        return None


async def _endorsed(deps: RequestDeps, actor: Actor, proposal: Proposal) -> dict[str, Any]:
    """Approve and apply, each unless it is done. What was quoted is priced anew, and refused where that differs; so is another
    price than the one that was shown with the proposal.
    """
    changing = deps.services.policies.changing
    assert proposal.endorsement_id is not None, "an endorsement was quoted"
    one = await _endorsement(deps, actor, proposal.endorsement_id)
    if one.state not in {"quoted", "approved", "applied"}:
        raise Conflict(f"the quoted change is {one.state} by now; ask again", code=f"endorsement_{one.state}")
    shown = proposal.money
    if (one.premium_change_minor, one.tax_change_minor) != (shown.premium_change_minor, shown.tax_change_minor):
        raise Conflict("it has another price by now than what was approved; ask again", code="quote_outdated")
    version = one.version
    try:
        if one.state == "quoted":
            await _papers_stand(deps, proposal)
            await changing.approve(actor, deps.policy_id, one.id, expected=version)
            version += 1
        if one.state != "applied":
            await changing.apply(actor, deps.policy_id, one.id, expected=version)
    except Stale as changed:
        raise Conflict("it was priced anew meanwhile; ask again", code="quote_outdated") from changed
    return {"endorsement_id": str(one.id)}


async def _papers_stand(deps: RequestDeps, proposal: Proposal) -> None:
    """Raises Conflict where a document that a value was taken from has lost its worth since it was shown."""
    if not proposal.sources:
        return
    assert deps.decider is not None, "it is looked at again on a person's word"
    today = (await deps.services.policies.asking.known(deps.decider, deps.policy_id)).today
    for paper in await papers_of(deps, [one.document_id for one in proposal.sources]):
        if (doubt := standing(paper, today)) is not None:
            words = doubt.value.replace("_", " ")
            raise Conflict(f"document {paper.id} is {words} by now; ask again", code=f"document_{doubt.value}")


async def _endorsement(deps: RequestDeps, actor: Actor, endorsement_id: UUID) -> EndorsementView:
    found = await deps.services.policies.reading.one(actor, deps.policy_id)
    return next(one for one in found.endorsements if one.id == endorsement_id)


async def _was_done(deps: RequestDeps, actor: Actor, step: Step) -> bool:
    """Whether an attempt before this one did it: its event has the request's key."""
    asking = deps.services.policies.asking
    return await asking.done_by(actor, deps.policy_id, _OPERATIONS[step], deps.key) is not None


_OPERATIONS: Mapping[Step, str] = {Step.CANCEL: "cancel", Step.REINSTATE: "reinstate", Step.RENEW: "renew"}


async def _same_money(deps: RequestDeps, actor: Actor, step: Step, proposal: Proposal) -> None:
    policies = deps.services.policies
    if step is Step.CANCEL:
        now = await _cancelled(deps, actor, CancelIn.model_validate(proposal.arguments))
    elif step is Step.REINSTATE:
        back = ReinstateIn.model_validate(proposal.arguments)
        now = await policies.effects.reinstatement(actor, deps.policy_id, back)
    else:
        now = await policies.effects.renewal(actor, deps.policy_id)
    if now != proposal.money:
        raise Conflict("it would cost something else by now than what was approved; ask again", code="quote_outdated")


async def _cancelled(deps: RequestDeps, actor: Actor, body: CancelIn) -> MoneyEffect:
    day = body.effective_on
    assert isinstance(day, date), "an end has its day"
    return await deps.services.policies.effects.cancellation(actor, deps.policy_id, day, body.reason)
