"""One customer's story through the whole system: from a chat to the renewal, with commissions right to the cent at each step."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from langgraph.runtime import RunControl
from sqlalchemy import text

from agents.registry import specialists
from domain.actor import Actor
from domain.chat.state import Stage
from graphs.runner import LeadRunner
from kernel.clock import frozen
from kernel.money import Money
from services.chat.schemas import MessageIn
from services.chat.visitors import Visitor
from services.commissions.plan_schemas import PlanIn
from services.container import Services
from services.policies.schemas import FromLeadIn, PolicyDraftIn, RenewalIn
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.chat.sources import chat_source
from tests.services.policies.book import Book
from tests.services.policies.test_policies_ending import a_life

SAYS = (
    "life insurance", "94105", "3/14/1985", "no", "enough for my kids", "yes", "Ana Ruiz", "415-555-0142",
    "ana.ruiz@leads.example", "yes",
)  # fmt: skip
PLAN = {
    "rates": [
        {"match": {"terms": ["renewal"]}, "basis": {"kind": "percent", "rate": "0.05"}, "house": "0.4"},
        {"match": {}, "basis": {"kind": "percent", "rate": "0.50"}, "house": "0.4"},
    ],
    "contracts": [{"match": {}, "clause": {"kind": "return_premium"}}],
    "hold_days": 10, "rescission_days": 10, "tolerance": 5, "least_payout": 2_500,
}  # fmt: skip


class Story:
    """The agency, and what the ledger owes its producer."""

    def __init__(self, services: Services, actor: Actor) -> None:
        self.services, self.actor, self.book = services, actor, Book(services, actor)

    async def work(self) -> None:
        """Work every queued run, as a worker does, with the specialists."""
        runner = LeadRunner(self.services, specialists(self.services))
        while claimed := await self.services.runs.claim("story", 10):
            for one in claimed:
                await runner.execute(one, RunControl())

    async def settle(self) -> tuple[int, int]:
        """Post what waits; what the commissions come to in all, and what of it is the producer's, in minor units."""
        while await self.services.earning.work():
            pass
        held = await self.services.earning.page(self.actor, ["held", "waiting"])
        assert held.items == []
        kept, theirs = 0, 0
        for one in (await self.services.commissions.accruals.page(self.actor, limit=200)).items:
            told = await self.services.commissions.explanations.of(self.actor, one.id)
            assert told.agrees
            kept += sum(line.kept_minor for line in told.lines)
            theirs += sum(line.posted_minor for line in told.lines if line.payee_id is not None)
        async with self.services.database.begin(self.actor) as uow:
            assert sum(one.minor for one in await uow.ledger.standing()) == 0
        return kept, theirs


async def test_from_a_chat_to_the_renewal(services: Services) -> None:
    actor = await new_agency(services, [a_producer("ann", states=["CA"], time_zone="America/Los_Angeles")])
    story = Story(services, actor)
    await services.commissions.plans.put(
        actor, PlanIn.model_validate({"effective_on": "2026-01-01", "why": "contract of 2026", "plan": PLAN})
    )

    lead_id, producer_id = await met(story)
    policy_id = await won(story, lead_id, producer_id)
    written = await endorsed(story, policy_id)
    await lapsed(story, policy_id)
    await stood_again(story, policy_id, written)
    await renewed(story, policy_id)


async def met(story: Story) -> tuple[UUID, UUID]:
    """A person writes, is asked one thing after another, and goes to the producer who should have them."""
    with frozen(datetime(2026, 5, 4, 18, tzinfo=UTC)):
        lead_id = await talk(story.services, story.actor)
        await story.work()
        lead = await story.services.lead_queries.one(story.actor, lead_id)
        assert (lead.status, lead.declared_line) == ("assigned", "life")
        assert lead.producer_id is not None
    return lead_id, lead.producer_id


async def won(story: Story, lead_id: UUID, producer_id: UUID) -> UUID:
    """The producer wins them, and the policy begins with what is known; its first payment earns the commission."""
    services, actor = story.services, story.actor
    with frozen(datetime(2026, 5, 20, 18, tzinfo=UTC)):
        await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
        await services.lead_status.change(
            actor, lead_id, "win", reason=None, expected=None, premium=Money(120_000, "USD")
        )
        begun = FromLeadIn(carrier="Pacific Life", starts_on=date(2026, 6, 1), type="life.term", months=12)
        policy_id = await story.book.policies.drafts.from_lead(actor, lead_id, begun, key="story")
        draft = await story.book.see(policy_id)
        parties = draft.contents["party"]
        assert [one["name"] for one in parties.values()] == ["Ana Ruiz"]
        assert draft.state == "CA"
        assert await story.settle() == (0, 0)
        await issue(story, policy_id, producer_id)
    with story.book.on("2026-06-01"):
        await story.book.pay(policy_id, 10_000)
    assert (await story.book.see(policy_id)).status == "active"
    assert await story.settle() == (60_000, 36_000)  # half of 1,200.00, of which the house keeps four tenths
    return policy_id


async def endorsed(story: Story, policy_id: UUID) -> int:
    """More cover from the first of July; what is written then."""
    with story.book.on("2026-06-20"):
        more = {"verb": "change", "part": "coverage", "key": "d", "value": {"premium_minor": 156_500}}
        await story.book.endorse(policy_id, "2026-07-01", more)
    written = (await story.book.see(policy_id)).written_minor
    assert written == 120_000 + 33_500  # 335 of 365 days of 365.00
    assert await story.settle() == (76_750, 46_050)
    return written


async def lapsed(story: Story, policy_id: UUID) -> None:
    """The payment of August is missed: notice, grace, lapse."""
    with story.book.on("2026-07-01"):
        await story.book.pay(policy_id, (await story.book.see(policy_id)).schedule[1].amount_minor)
    await story.book.tick("2026-08-02")
    assert "became_overdue" in await story.book.kinds(policy_id)
    with story.book.on("2026-08-10"):
        await story.book.notice(policy_id, "2026-08-10", "2026-10-01", action="lapse", sent="mail")
    await story.book.tick("2026-10-01")
    ended = await story.book.see(policy_id)
    assert (ended.status, ended.ended_on) == ("lapsed", date(2026, 10, 1))
    assert ended.written_minor == 40_110 + 9_200  # 122 days of 1,200.00 and 92 of 365.00
    # 1,041.90 comes back: 814.51 of the first premium and 227.39 of the second; half of what is left of each, halves up
    assert await story.settle() == (19_275 + 5_381, 11_565 + 3_229)


async def stood_again(story: Story, policy_id: UUID, written: int) -> None:
    """Paid after all, with evidence and no loss: as if it had never ended."""
    with story.book.on("2026-10-20"):
        quote = await story.book.policies.reading.quote_reinstate(story.actor, policy_id, lapse=False)
        assert quote.to_pay_minor == 3 * 13_046  # August to October
        await story.book.pay(policy_id, quote.to_pay_minor)
        await story.book.reinstate(
            policy_id, lapse=False, no_loss_stated_on=date(2026, 10, 20), evidence="health statement, file 12"
        )
    again = await story.book.see(policy_id)
    assert (again.status, again.written_minor) == ("active", written)
    assert await story.settle() == (76_750, 46_050)


async def renewed(story: Story, policy_id: UUID) -> None:
    """And the next year."""
    with story.book.on("2027-05-01"):
        renewal_id = await story.book.policies.renewing.offer(
            story.actor, policy_id, RenewalIn(), expected=None, key=None
        )
        await story.book.pay(renewal_id, (await story.book.see(renewal_id)).schedule[0].amount_minor)
    await story.book.tick("2027-06-01")
    second = await story.book.see(renewal_id)
    assert (second.status, second.term_number, second.written_minor) == ("active", 2, 156_500)
    assert await story.settle() == (76_750 + 7_825, 46_050 + 4_695)  # a twentieth of the renewal


async def talk(services: Services, actor: Actor) -> UUID:
    """The whole conversation; the lead that it ends in."""
    source = await chat_source(services, actor)
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    speaker = await services.chats.speaker(slug, source, None)
    begun = await services.chats.begin(speaker, None, "https://www.example.com/quote")
    visitor = Visitor(begun.token)
    for place, words in enumerate(SAYS):
        view = await services.chats.send(visitor, begun.id, MessageIn(text=words, key=f"k{place}"))
    assert view.stage == Stage.SENT
    async with services.database.begin(actor) as uow:
        lead_id = await uow.session.scalar(text("SELECT lead_id FROM chat WHERE id = :chat"), {"chat": begun.id})
    assert isinstance(lead_id, UUID)
    return lead_id


async def issue(story: Story, policy_id: UUID, producer_id: UUID) -> None:
    """Complete the draft as the carrier's answer says, and ask for the first payment."""
    body = PolicyDraftIn.model_validate({
        **a_life(), "carrier": "Pacific Life", "number": "PL-2026-1", "starts_on": date(2026, 6, 1), "months": 12,
        "producers": [{"producer_id": str(producer_id), "role": "writing", "share": "1"}],
    })  # fmt: skip
    await story.book.policies.drafts.revise(story.actor, policy_id, body, expected=None)
    await story.book.policies.drafts.submit(story.actor, policy_id, expected=None)
    found = await story.book.see(policy_id)
    assert found.schedule[0].amount_minor == 10_000
