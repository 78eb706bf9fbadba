"""Numbers, producers, offers, documents, and what is kept of whole fields of work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.actor import Scope
from domain.asking.arguments import AskDocuments, FindProducers, Lookup, Measure, MyNumbers, OpenOffers, Topic
from domain.asking.network_arguments import ListReferrals
from domain.routing.offers import OfferState
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from tools.commissions import commission_balances
from tools.copilot.policies import policies_kept
from tools.copilot.referrals import list_referrals
from tools.copilot.results import AskDeps, Result, cited, together

_DAYS = 30


async def my_numbers(deps: AskDeps, args: MyNumbers) -> Result:
    """What became of the leads that a producer was given in the time."""
    who: UUID | None = deps.actor.producer_id
    if args.producer is not None:
        who = (await deps.services.assistance.finding.producer_named(deps.actor, args.producer)).id
    if who is None:
        fault = FieldError("producer", "missing", "you are no producer", "name one")
        raise Invalid("you have no numbers of your own: name a producer", fields=(fault,))
    until = args.until or now()
    since = args.since or until - timedelta(days=_DAYS)
    # Days are whole: an end at midnight does not add the day that begins there.
    last = (until - timedelta(microseconds=1)).date()
    found = await deps.services.producers.metrics.of(deps.actor, since.date(), last, who)
    return Result(found.model_dump(mode="json"), cited("producer", who))


async def measure(deps: AskDeps, args: Measure) -> Result:
    """A figure over a time, in all or by something."""
    found = await deps.services.assistance.measuring.measure(deps.actor, args)
    by = args.by.value if args.by else None
    parts = [one.value for one in found.figures] if by == "producer" else []
    return Result(found.model_dump(mode="json"), cited("producer", *parts), untrusted=by in {"source", "producer"})


async def find_producers(deps: AskDeps, args: FindProducers) -> Result:
    """Producers that fit, with how many more leads they can take."""
    found = await deps.services.assistance.finding.producers(deps.actor, args)
    return Result(
        found.model_dump(mode="json"), cited("producer", *(one.id for one in found.producers)),
        untrusted=bool(found.producers),
    )  # fmt: skip


async def open_offers(deps: AskDeps, args: OpenOffers) -> Result:
    """Offers that wait for an answer, newest first. Who the person is is told only once the lead is taken."""
    mine = deps.actor.producer_id if args.mine else None
    page = await deps.services.offers.page(deps.actor, [OfferState.OFFERED], mine, None, 50)
    data = {"offers": [one.model_dump(mode="json") for one in page.items], "more": page.next_cursor is not None}
    cites = together(
        cited("offer", *(one.id for one in page.items)), cited("lead", *(one.lead.id for one in page.items)),
        cited("producer", *(one.producer_id for one in page.items)),
    )  # fmt: skip
    return Result(data, cites)


async def ask_documents(deps: AskDeps, args: AskDocuments) -> Result:
    """Sentences of the agency's documents that speak to the question, each with its document."""
    found = await deps.services.knowledge_search.answer(deps.actor, args.question, 5)
    told = found.model_dump(mode="json")
    quotes = found.answer.quotes
    data = {"answer": told["answer"]["answer"], "quotes": told["answer"]["quotes"], "found": bool(quotes)}
    return Result(data, cited("document", *(one.id for one in quotes)), untrusted=bool(quotes))


async def lookup(deps: AskDeps, args: Lookup) -> Result:
    """What is kept of a field of work, in short."""
    if args.what is Topic.COMMISSIONS:
        deps.actor.require(Scope.COMMISSIONS_READ)
        kept = await commission_balances(deps)
        who = cited("producer", *(one["payee_id"] for one in kept["balances"]))
        named = cited("commission", *(one["id"] for one in kept["newest"]))
        return Result({"what": args.what.value, "kept": True, **kept}, together(who, named))
    if args.what is Topic.REFERRALS:
        found = await list_referrals(deps, ListReferrals())
        return replace(found, data={"what": args.what.value, "kept": True, **found.data})
    if args.what is Topic.POLICIES:
        deps.actor.require(Scope.POLICIES_READ)
        found = await policies_kept(deps)
        return replace(found, data={"what": args.what.value, "kept": True, **found.data})
    tied = await deps.services.assistance.finding.connections(deps.actor)
    data = {"what": args.what.value, "kept": True, "connections": tied, "total": len(tied)}
    cites = cited("producer", *(one[side] for one in tied for side in ("from_id", "to_id")))
    return Result(data, together(cites), untrusted=bool(tied))
