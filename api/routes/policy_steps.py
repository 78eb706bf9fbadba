"""What is done with a policy: submitted, paid, changed, noticed, ended, reinstated, renewed. Each answers with the policy."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from api.dependencies import PolicyWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from api.routes.policies import shown
from services.policies.schemas import (
    BackdatingIn,
    CancelIn,
    EndorsementIn,
    NoteIn,
    NoticeIn,
    NumberIn,
    PaymentIn,
    PriceIn,
    RefundIn,
    ReinstateIn,
    RenewalIn,
    RenewalQuoteIn,
    RescindIn,
    WhyIn,
)
from services.policies.views import PolicyDetail

router = APIRouter(prefix="/policies/{policy_id}", tags=["policies"], route_class=GuardedRoute)

_STEP = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
_MONEY = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)


@router.post("/submit", responses=_STEP)
async def submit_policy(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    expected: Expected,
    response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:
    """Let a complete draft wait for its first payment; its instalments are fixed."""
    await services.policies.drafts.submit(actor, policy_id, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/submit-backdated", responses=_STEP)
async def submit_backdated_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: BackdatingIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """The same for one that began long ago, with the reason; for who answers for the whole agency."""
    await services.policies.drafts.submit(actor, policy_id, expected=expected, key=key, backdating=body.why)
    return await shown(services, actor, policy_id, response)


@router.post("/reopen", responses=_STEP)
async def reopen_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, expected: Expected, response: Response
) -> PolicyDetail:
    """Take it back to the desk before anything is paid."""
    await services.policies.drafts.reopen(actor, policy_id, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/number", responses=_STEP)
async def number_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: NumberIn, expected: Expected, response: Response
) -> PolicyDetail:
    """Enter the carrier's number, once."""
    await services.policies.drafts.number(actor, policy_id, body.number, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/activate", responses=_STEP)
async def activate_policy(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    expected: Expected,
    response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:
    """Put it in force from its first day; a first payment does so by itself."""
    await services.policies.drafts.activate(actor, policy_id, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/not-taken", responses=_STEP)
async def leave_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, expected: Expected, response: Response
) -> PolicyDetail:
    """The insured does not want it, and nothing is paid."""
    await services.policies.drafts.not_taken(actor, policy_id, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/notices", status_code=201, responses=_STEP)
async def give_policy_notice(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: NoticeIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Record a statutory notice that was sent. It is refused where no rule with a citation allows it. On its day it takes effect
    by itself, unless what it is about was paid; a notice of non-renewal is a decision at once.
    """
    await services.policies.ending.give_notice(actor, policy_id, body, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/notices/{notice_id}/withdraw", responses=_STEP)
async def withdraw_policy_notice(
    services: Provided, actor: PolicyWriter, policy_id: UUID, notice_id: UUID, body: WhyIn, expected: Expected,
    response: Response,
) -> PolicyDetail:  # fmt: skip
    """Take a notice back, and the decision that stands on it."""
    await services.policies.ending.withdraw_notice(actor, policy_id, notice_id, body.why, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/cancel", responses=_STEP)
async def cancel_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: CancelIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Cancel: at the insured's request from a day on, a coming one included; or as the insurer's standing notice says."""
    await services.policies.ending.cancel(actor, policy_id, body, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/keep", responses=_STEP)
async def keep_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Take back a cancellation that the insured asked for ahead."""
    await services.policies.ending.keep(actor, policy_id, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/lapse", responses=_STEP)
async def lapse_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, expected: Expected, response: Response
) -> PolicyDetail:
    """Let it lapse behind its grace, by its standing notice; its timer does so by itself."""
    await services.policies.ending.lapse(actor, policy_id, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/rescind", responses=_STEP)
async def rescind_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: RescindIn, expected: Expected, response: Response
) -> PolicyDetail:
    """Treat it as void from its beginning, for misrepresentation or fraud; everything is returned."""
    await services.policies.ending.rescind(actor, policy_id, body, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/reinstate", responses=_STEP)
async def reinstate_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: ReinstateIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Take cover up again: without a lapse as if it had never ended, or from the payment that came since."""
    await services.policies.ending.reinstate(actor, policy_id, body, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/endorsements", status_code=201, responses=_STEP)
async def quote_endorsement(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: EndorsementIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Price a change from a day on; the quote says which later changes it puts anew on top of itself."""
    await services.policies.changing.quote(actor, policy_id, body, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)


@router.put("/endorsements/{endorsement_id}/price", responses=_STEP)
async def price_endorsement(
    services: Provided, actor: PolicyWriter, policy_id: UUID, endorsement_id: UUID, body: PriceIn, expected: Expected,
    response: Response,
) -> PolicyDetail:  # fmt: skip
    """Enter the carrier's price of a change, or that it charges nothing, with its reference; for a person. The change is quoted
    anew, and a request that waits for a word on it shows the new price under a new digest. If-Match is the endorsement's version.
    """
    await services.policies.changing.price(actor, policy_id, endorsement_id, body, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/endorsements/{endorsement_id}/approve", responses=_STEP)
async def approve_endorsement(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    endorsement_id: UUID,
    expected: Expected,
    response: Response,
) -> PolicyDetail:
    """Agree to a quote, for who answers for the whole agency. If-Match is the endorsement's version."""
    await services.policies.changing.approve(actor, policy_id, endorsement_id, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/endorsements/{endorsement_id}/apply", responses=_STEP)
async def apply_endorsement(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    endorsement_id: UUID,
    expected: Expected,
    response: Response,
) -> PolicyDetail:
    """Put an approved change in force. If-Match is the endorsement's version."""
    await services.policies.changing.apply(actor, policy_id, endorsement_id, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/endorsements/{endorsement_id}/withdraw", responses=_STEP)
async def withdraw_endorsement(
    services: Provided, actor: PolicyWriter, policy_id: UUID, endorsement_id: UUID, body: WhyIn, expected: Expected,
    response: Response,
) -> PolicyDetail:  # fmt: skip
    """Leave a change that is not applied. If-Match is the endorsement's version."""
    await services.policies.changing.withdraw(actor, policy_id, endorsement_id, body.why, expected=expected)
    return await shown(services, actor, policy_id, response)


@router.post("/payments", status_code=201, responses=_MONEY)
async def record_payment(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    body: PaymentIn,
    response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:
    """Record money that came, or is on its way. It settles the oldest instalments first; the first one puts the policy in force,
    and one that answers a notice for non-payment ends it.
    """
    await services.policies.paying.pay(actor, policy_id, body, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/payments/{payment_id}/settle", responses=_MONEY)
async def settle_payment(
    services: Provided, actor: PolicyWriter, policy_id: UUID, payment_id: UUID, response: Response
) -> PolicyDetail:
    """A payment that was on its way has come; the same again changes nothing."""
    await services.policies.paying.settle(actor, policy_id, payment_id)
    return await shown(services, actor, policy_id, response)


@router.post("/payments/{payment_id}/fail", responses=_MONEY)
async def fail_payment(
    services: Provided, actor: PolicyWriter, policy_id: UUID, payment_id: UUID, body: WhyIn, response: Response
) -> PolicyDetail:
    """A payment that was on its way did not come; grace goes on from where it was."""
    await services.policies.paying.fail(actor, policy_id, payment_id, body.why)
    return await shown(services, actor, policy_id, response)


@router.post("/payments/{payment_id}/reverse", responses=_MONEY)
async def reverse_payment(
    services: Provided, actor: PolicyWriter, policy_id: UUID, payment_id: UUID, body: WhyIn, response: Response
) -> PolicyDetail:
    """The bank took a payment back."""
    await services.policies.paying.reverse(actor, policy_id, payment_id, body.why)
    return await shown(services, actor, policy_id, response)


@router.post("/refunds", status_code=201, responses=_MONEY)
async def refund_credit(
    services: Provided,
    actor: PolicyWriter,
    policy_id: UUID,
    body: RefundIn,
    response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:
    """Give credit back, at most what there is; for who answers for the whole agency."""
    await services.policies.paying.refund(actor, policy_id, body, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/refunds/{payment_id}/returned", responses=_MONEY)
async def return_refund(
    services: Provided, actor: PolicyWriter, policy_id: UUID, payment_id: UUID, body: WhyIn, response: Response
) -> PolicyDetail:
    """A refund came back: the credit stands again. The same again changes nothing; for who answers for the whole agency."""
    await services.policies.paying.returned(actor, policy_id, payment_id, body.why)
    return await shown(services, actor, policy_id, response)


@router.post("/notes", status_code=201, responses=_MONEY)
async def note_on_policy(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: NoteIn, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Write words on the timeline. The same key with the same words finds the note again; a request to forget lets them go."""
    await services.policies.noting.note(actor, policy_id, body, key=key)
    return await shown(services, actor, policy_id, response)


@router.post("/renewals", status_code=201, responses=_STEP)
async def offer_renewal(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: RenewalIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Prepare the next term, a policy of its own with the same number; the answer is that one."""
    made = await services.policies.renewing.offer(actor, policy_id, body, expected=expected, key=key)
    return await shown(services, actor, made, response)


@router.post("/renewal-quote", responses=_STEP)
async def quote_renewal(
    services: Provided, actor: PolicyWriter, policy_id: UUID, body: RenewalQuoteIn, expected: Expected, response: Response,
    key: IdempotencyKey = None,
) -> PolicyDetail:  # fmt: skip
    """Enter what the carrier asks for the next term; for a person. The offer to come is made at it; an offer of which nothing is
    paid is made anew. 409 `renewal_too_late` where a law wanted its price or its terms told earlier.
    """
    await services.policies.renewing.quote(actor, policy_id, body, expected=expected, key=key)
    return await shown(services, actor, policy_id, response)
