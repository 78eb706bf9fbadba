"""Questions on insurance policies: one, several, what is in force and when, what may be lost, why a bill changed, what
an end would return. Nothing here writes.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.asking.policy_arguments import (
    ExplainBill,
    FindPolicies,
    PoliciesAtRisk,
    PoliciesInForce,
    PolicyOnDay,
    QuoteCancellation,
    ShowPolicy,
    WhichPolicy,
)
from domain.policies.names import sought
from domain.policies.words import Act, Happening, PolicyStatus
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from services.policies.views import PolicyActivity, PolicyDetail, PolicyItem
from store.sql.repositories.policy_search import PolicyFilter
from tools.copilot.results import AskDeps, Result, cited, together

_PRICED = frozenset({
    Happening.ACTIVATED.value, Act.ENDORSED.value, Happening.CANCELLED.value, Happening.LAPSED.value,
    Happening.RESCINDED.value, Happening.REINSTATED.value, Happening.RESUMED.value,
})  # fmt: skip
_MONEY_MOVED = frozenset({
    Act.PAYMENT_FAILED.value, Act.PAYMENT_REVERSED.value, Act.REFUNDED.value, Act.REFUND_RETURNED.value,
})  # fmt: skip
_SOON = timedelta(days=60)
_LISTED = 20


async def show_policy(deps: AskDeps, args: ShowPolicy) -> Result:
    """The term as it is now; of a number the latest."""
    found = await policy_of(deps, args)
    account, standing = found.account, [one for one in found.notices if one.withdrawn_at is None]
    data = {
        **_item(found), "term_number": found.term_number, "starts_on": _day(found.starts_on), "covered_now": found.covered_now,
        "ended_on": _day(found.ended_on), "ended_reason": found.ended_reason, "taxes_minor": found.taxes_minor,
        "fees_minor": found.fees_minor, "paid_minor": account.paid_minor, "billed_minor": account.billed_minor,
        "credit_minor": account.credit_minor, "overdue": account.overdue,
        "grace_until": account.grace_until.isoformat() if account.grace_until else None,
        "next_payment": account.unpaid.model_dump(mode="json") if account.unpaid else None,
        "notices": [
            {"action": one.action, "reason": one.reason, "effective_on": _day(one.effective_on), "citation": one.citation}
            for one in standing
        ],
        "offer_renewal_by": _day(found.renewal.offer_by),
    }  # fmt: skip
    return Result(data, together(cited("policy", found.id), cited("lead", found.lead_id)), untrusted=True)


async def explain_bill(deps: AskDeps, args: ExplainBill) -> Result:
    """Every event that wrote or returned premium, in order, with what it made of it; then what is billed now."""
    found = await policy_of(deps, args)
    timeline = (await deps.services.policies.reading.timeline(deps.actor, found.id)).items
    changes = {one.id: one for one in found.endorsements}
    steps = []
    for one in timeline:
        if one.kind in _PRICED:
            of = _uuid(one.data.get("endorsement_id"))
            endorsement = changes.get(of) if of else None
            operations = endorsement.operations if endorsement else []
            steps.append(
                {**_step(one), "what": [f"{part['verb']} {part['part']} {part['key']}" for part in operations]}
            )
        elif one.kind in _MONEY_MOVED:
            steps.append({
                "kind": one.kind, "recorded_at": one.recorded_at.isoformat(), "amount_minor": one.data["amount_minor"],
            })  # fmt: skip
    data = {
        **_item(found), "steps": steps, "billed_minor": found.account.billed_minor, "paid_minor": found.account.paid_minor,
        "schedule": [one.model_dump(mode="json") for one in found.schedule],
        "next_payment": found.account.unpaid.model_dump(mode="json") if found.account.unpaid else None,
    }  # fmt: skip
    return Result(data, cited("policy", found.id), untrusted=True)


async def policy_on_day(deps: AskDeps, args: PolicyOnDay) -> Result:
    """The term of that day, which may be one before the policy's latest, at its noon as it is known now."""
    found = await policy_of(deps, args)
    while args.on < found.starts_on and found.renews_id is not None:
        found = await deps.services.policies.reading.one(deps.actor, found.renews_id)
    at = datetime.combine(args.on, time(12), ZoneInfo(found.contract["zone"]))
    then = await deps.services.policies.reading.as_of(deps.actor, found.id, at, None)
    data = {
        **_item(found), "on": args.on.isoformat(), "covered": then.covered, "starts_on": _day(found.starts_on),
        "ended_on": _day(found.ended_on), "ended_reason": found.ended_reason, "price_then_minor": then.price_minor,
        "ahead": at > now(),
    }  # fmt: skip
    return Result(data, cited("policy", found.id), untrusted=True)


async def quote_cancellation(deps: AskDeps, args: QuoteCancellation) -> Result:
    """The return by what is paid, with its method in words. Nothing is ended."""
    found = await policy_of(deps, args)
    day = args.on or now().astimezone(ZoneInfo(found.contract["zone"])).date()
    quote = await deps.services.policies.reading.quote_cancel(deps.actor, found.id, day, args.reason)
    data = {**_item(found), "quote": quote.model_dump(mode="json")}
    return Result(data, cited("policy", found.id), untrusted=True)


async def find_policies(deps: AskDeps, args: FindPolicies) -> Result:
    """Terms that fit, and how many there are in all."""
    reading = deps.services.policies.reading
    producer = None
    if args.producer is not None:
        producer = (await deps.services.assistance.finding.producer_named(deps.actor, args.producer)).id
    wanted = PolicyFilter(
        status=[one.value for one in args.status], line=[one.value for one in args.line], state=args.state,
        carrier=args.carrier, producer_id=producer, ends_from=args.ends_from, ends_before=args.ends_before,
        starts_from=args.starts_from, starts_before=args.starts_before, insured=_named(args.insured), source=args.source,
        overdue_at=now() if args.overdue else None, paid_up_at=now() if args.overdue is False else None,
        auto_renew=args.auto_renew, ended_reason=[one.value for one in args.ended_reason],
    )  # fmt: skip
    page = await reading.page(deps.actor, wanted, None, args.limit)
    more = page.next_cursor is not None
    total = await reading.count(deps.actor, wanted) if more else len(page.items)
    data = {"policies": [_item(one) for one in page.items], "total": total}
    return Result(data, cited("policy", *(one.id for one in page.items)), untrusted=bool(page.items))


async def policies_in_force(deps: AskDeps, args: PoliciesInForce) -> Result:
    """Counted once each, as it is known now."""
    found = await deps.services.policies.reading.in_force(deps.actor, args.at or now(), None)
    return Result({"at": found.at.isoformat(), "count": found.count, "by_line": found.by_line})


async def policies_at_risk(deps: AskDeps, args: PoliciesAtRisk) -> Result:
    """Those that something speaks against, with the reasons; a producer's own without the agency's commission."""
    found = await deps.services.retention.at_risk(deps.actor, args.limit)
    items = [
        {
            "id": str(one.policy_id), "number": one.number, "insured": one.insured, "line": one.line,
            "ends_on": _day(one.ends_on), "risk": one.risk, "at_stake_minor": one.at_stake_minor, "currency": one.currency,
            "reasons": [reason.words for reason in one.reasons],
        }
        for one in found.items
    ]  # fmt: skip
    data = {"policies": items, "watched": found.watched, "complete": found.complete}
    return Result(data, cited("policy", *(one.policy_id for one in found.items)), untrusted=bool(items))


async def policies_kept(deps: AskDeps) -> Result:
    """The whole field in short: how many are in force, and which terms end within sixty days."""
    today = now().date()
    ending = await find_policies(
        deps,
        FindPolicies(
            status=[PolicyStatus.ACTIVE, PolicyStatus.NON_RENEWING],
            ends_from=today,
            ends_before=today + _SOON,
            limit=_LISTED,
        ),
    )
    counted = await policies_in_force(deps, PoliciesInForce())
    return Result({**ending.data, "in_force": counted.data}, ending.cites, untrusted=ending.untrusted)


async def policy_of(deps: AskDeps, args: WhichPolicy) -> PolicyDetail:
    """The policy that is meant; of a number its latest term."""
    reading = deps.services.policies.reading
    policy_id = args.policy_id or (await reading.find(deps.actor, args.number or "")).id
    return await reading.one(deps.actor, policy_id)


def _named(insured: str | None) -> list[str]:
    if insured is None:
        return []
    words = sought(insured)
    if not words:
        fault = FieldError("insured", "no_word", "has no letter or digit", "give a word of the name", insured[:80])
        raise Invalid("nobody is called that", fields=(fault,))
    return words


def _item(one: PolicyItem) -> dict[str, Any]:
    return {
        "id": str(one.id), "number": one.number, "status": one.status, "carrier": one.carrier, "line": one.line, "type": one.type,
        "state": one.state, "insured": one.insured, "ends_on": _day(one.ends_on), "currency": one.currency,
        "price_minor": one.price_minor, "written_minor": one.written_minor,
    }  # fmt: skip


def _step(one: PolicyActivity) -> dict[str, Any]:
    data = one.data
    change = data["premium_change_minor"] + data["tax_change_minor"] + data["fee_change_minor"]
    after = data["written_premium_minor"] + data["taxes_minor"] + data["fees_minor"]
    return {
        "kind": one.kind, "recorded_at": one.recorded_at.isoformat(), "effective_on": data["effective_on"],
        "change_minor": change, "before_minor": after - change, "after_minor": after, "reason": data.get("reason"),
    }  # fmt: skip


def _uuid(value: Any) -> UUID | None:
    return UUID(value) if isinstance(value, str) else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
