"""From draft to active, paid, changed and ended, through the services and the database."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.actor import Actor, ActorKind, Scope
from domain.policies.words import Reason
from kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound, Stale
from services.leads.schemas import LeadIn
from services.policies.schemas import (
    EndorsementIn,
    FromLeadIn,
    NumberIn,
    PaymentIn,
    RefundIn,
    RenewalIn,
    RescindIn,
)
from store.sql.models import OutboxRow
from store.sql.repositories.policy_search import PolicyFilter
from tests.builders import a_lead
from tests.services.policies.book import START, Book, a_policy, contents, glass, noon


async def code(work: object) -> str:
    with pytest.raises(AppError) as refused:
        await work  # type: ignore[misc]
    return refused.value.code


async def test_a_policy_goes_from_draft_to_active_with_its_first_payment(book: Book) -> None:
    with book.on(START):
        policy_id = await book.draft(frequency="monthly", tax_rate="0.03", fees_minor=2_500)
        draft = await book.see(policy_id)
        assert (draft.status, draft.written_minor, draft.price_minor, draft.insured) == ("draft", 0, 120_000, "Ann Lee")
        await book.policies.drafts.submit(book.actor, policy_id, expected=draft.version)
        waiting = await book.see(policy_id)
        assert sum(one.amount_minor for one in waiting.schedule) == 120_000 + 3_600 + 2_500
        assert await code(book.policies.drafts.activate(book.actor, policy_id, expected=None)) == "not_paid"
        await book.pay(policy_id, waiting.schedule[0].amount_minor)
        active = await book.see(policy_id)
    assert (active.status, active.written_minor, active.taxes_minor, active.fees_minor) == (
        "active",
        120_000,
        3_600,
        2_500,
    )
    assert await book.kinds(policy_id) == ["drafted", "submitted", "paid", "activated"]
    assert active.cover[0].opens_at == datetime(2026, 1, 1, 6, 1, tzinfo=UTC)
    assert active.renewal.review_on == date(2026, 11, 17)
    assert active.account.unpaid is not None
    assert active.account.unpaid.due_on == date(2026, 2, 1)


async def test_an_incomplete_draft_names_everything_that_is_missing(book: Book) -> None:
    policy_id = await book.draft(contents={}, number=None)
    with pytest.raises(Conflict) as refused:
        await book.policies.drafts.submit(book.actor, policy_id, expected=None)
    assert {"coverage", "object", "party"} <= {one.field for one in refused.value.fields}


async def test_a_payment_without_a_number_waits_for_it(book: Book) -> None:
    policy_id = await book.active(number=None)
    with book.on(START):
        assert (await book.see(policy_id)).status == "pending_payment"
        await book.policies.drafts.number(book.actor, policy_id, NumberIn(number="pm 77-1").number, expected=None)
        assert (await book.see(policy_id)).status == "active"
        assert await code(book.policies.drafts.number(book.actor, policy_id, "other", expected=None)) == "numbered"


async def test_a_converted_lead_becomes_a_draft_once_with_what_is_known(book: Book) -> None:
    lead = await book.services.intake.accept_one(
        book.actor, LeadIn(**a_lead(street="12 Oak St", city="Chicago")), key="won"
    )
    lead_id = UUID(str(lead.body["lead_id"]))
    body = FromLeadIn(carrier="Prairie Mutual", starts_on=START, type="auto.standard")
    drafts = book.policies.drafts
    assert await code(drafts.from_lead(book.actor, lead_id, body, key=None)) == "lead_not_won"
    async with book.services.database.begin(book.actor) as uow:
        row = await uow.history.locked(lead_id)
        row.status = "won"
    policy_id = await drafts.from_lead(book.actor, lead_id, body, key=None)
    assert await drafts.from_lead(book.actor, lead_id, body, key=None) == policy_id
    found = await book.see(policy_id)
    assert (found.lead_id, found.insured, found.state, found.contract["zone"]) == (
        lead_id,
        "Ann Lee",
        "IL",
        "America/Chicago",
    )
    assert found.contents["object"]["vehicle-1"]["data"] == {"garaging_zip": "60614"}
    other = body.model_copy(update={"carrier": "Other"})
    assert await code(drafts.from_lead(book.actor, lead_id, other, key=None)) == "idempotency_key_reused"


async def test_the_same_request_again_finds_what_it_did_and_another_body_is_refused(book: Book) -> None:
    body = a_policy(number="K-1")
    one = await book.policies.drafts.draft(book.actor, body, key="k")
    assert await book.policies.drafts.draft(book.actor, body, key="k") == one
    changed = body.model_copy(update={"carrier": "Other"})
    assert await code(book.policies.drafts.draft(book.actor, changed, key="k")) == "idempotency_key_reused"
    policy_id = await book.active()
    with book.on("2026-02-01"):
        pay = PaymentIn(amount_minor=500, method="card")
        first = await book.policies.paying.pay(book.actor, policy_id, pay, key="p")
        assert await book.policies.paying.pay(book.actor, policy_id, pay, key="p") == first
        assert (await book.see(policy_id)).paid_minor == 120_500


async def test_an_old_version_is_refused(book: Book) -> None:
    policy_id = await book.draft()
    with pytest.raises(Stale):
        await book.policies.drafts.revise(book.actor, policy_id, a_policy(), expected=7)


async def test_who_may_not_see_it_does_not_find_it(book: Book, other_actor: Actor) -> None:
    policy_id = await book.active()
    with pytest.raises(NotFound):
        await book.policies.reading.one(other_actor, policy_id)
    partner = Actor(book.actor.agency_id, ActorKind.PARTNER, "partner:x", frozenset(Scope), source="web")
    assert (await book.policies.reading.page(partner, PolicyFilter(), None, 10)).items == []
    reader = Actor(book.actor.agency_id, ActorKind.PERSON, "person:x", frozenset({Scope.POLICIES_READ}))
    with pytest.raises(Forbidden):
        await book.policies.drafts.draft(reader, a_policy(), key=None)


async def test_a_producer_sees_and_issues_the_own_ones_only(book: Book) -> None:
    async with book.services.database.begin(book.actor) as uow:
        mine, theirs = sorted((await uow.agencies.ids_by_external()).values())[:2]
    scopes = frozenset({Scope.POLICIES_READ, Scope.POLICIES_WRITE})
    producer = Actor(book.actor.agency_id, ActorKind.PRODUCER, f"producer:{mine}", scopes, mine)
    own = await Book(book.services, producer).draft()
    assert (await book.see(own)).producer_id == mine
    of_another = await book.draft(producers=[{"producer_id": theirs}])
    listed = await book.policies.reading.page(producer, PolicyFilter(), None, 50)
    assert [one.id for one in listed.items] == [own]
    with pytest.raises(NotFound):
        await book.policies.reading.one(producer, of_another)
    shared = await book.draft(
        producers=[{"producer_id": theirs, "share": "0.6"}, {"producer_id": mine, "role": "split", "share": "0.4"}]
    )
    assert (await book.policies.reading.one(producer, shared)).id == shared
    listed = await book.policies.reading.page(producer, PolicyFilter(), None, 50)
    assert [one.id for one in listed.items] == [shared, own]
    of_record = (await book.see(shared)).producers
    await book.policies.drafts.revise(producer, shared, a_policy(), expected=None)
    assert (await book.see(shared)).producers == of_record
    with pytest.raises(Forbidden):
        await book.policies.drafts.draft(producer, a_policy(producers=[{"producer_id": theirs}]), key=None)
    with pytest.raises(Forbidden):
        await book.policies.paying.refund(producer, own, RefundIn(amount_minor=1, method="check"), key=None)
    with pytest.raises(Invalid, match="shares"):
        await book.draft(producers=[{"producer_id": mine, "share": "0.4"}])


async def test_t48_the_insured_cancels_and_the_letter_names_the_method(book: Book) -> None:
    policy_id = await book.active(tax_rate="0.04", fees_minor=2_500, returns={"method": "short_rate_90"})
    with book.on("2026-07-02"):
        quote = await book.policies.reading.quote_cancel(book.actor, policy_id, date(2026, 7, 2), Reason.REQUEST)
        assert (quote.method, quote.premium_return_minor) == ("pro_rata", 60_164)  # 183 of 365 days
        assert "no rule with a citation allows it in IL" in quote.why_method
        await book.cancel(policy_id, day="2026-07-02")
        ended = await book.see(policy_id)
        assert (ended.status, ended.written_minor, ended.fees_minor) == ("cancelled", 59_836, 2_500)
        assert ended.taxes_minor == 2_393
        assert ended.account.credit_minor == quote.refund_minor == 60_164 + 2_407
        await book.policies.paying.refund(
            book.actor, policy_id, RefundIn(amount_minor=quote.refund_minor, method="check"), key=None
        )
        assert await code(
            book.policies.paying.refund(book.actor, policy_id, RefundIn(amount_minor=1, method="check"), key=None)
        ) == ("beyond_credit")


async def test_t50_a_penalty_is_kept_where_the_state_allows_it(book: Book) -> None:
    policy_id = await book.active(state="FL", zone="America/New_York", returns={"method": "short_rate_90"})
    with book.on("2026-07-02"):
        await book.cancel(policy_id, day="2026-07-02")
        assert (await book.see(policy_id)).written_minor == 120_000 - 54_148


async def test_t52_a_flat_cancellation_returns_everything(book: Book) -> None:
    policy_id = await book.active(tax_rate="0.04", fees_minor=2_500)
    with book.on("2026-01-05"):
        await book.cancel(policy_id, day="2026-01-01")
        ended = await book.see(policy_id)
    assert (ended.written_minor, ended.taxes_minor, ended.fees_minor, ended.cover) == (0, 0, 0, [])
    assert ended.account.credit_minor == 127_300
    last = (await book.policies.reading.timeline(book.actor, policy_id)).items[-1]
    assert (last.data["flat"], last.data["premium_change_minor"], last.data["by"]) == (True, -120_000, "insured")


async def test_t63_an_endorsement_entered_later_for_an_earlier_day_puts_the_other_on_top(book: Book) -> None:
    policy_id = await book.active(contents=contents(36_500))
    surcharge = {"verb": "add", "part": "adjustment", "key": "claims", "value": {"factor": "1.10"}}
    with book.on("2026-04-02"):
        await book.endorse(policy_id, "2026-04-01", surcharge)
    with book.on("2026-05-02"):
        body = EndorsementIn.model_validate({"effective_on": "2026-03-01", "operations": [glass(7_300)]})
        made = await book.policies.changing.quote(book.actor, policy_id, body, expected=None, key=None)
        quoted = (await book.see(policy_id)).endorsements[-1]
        assert (quoted.premium_change_minor, quoted.repriced) == (6_670, [2])
        assert (
            await code(book.policies.changing.apply(book.actor, policy_id, made, expected=None)) == "endorsement_quoted"
        )
        await book.policies.changing.approve(book.actor, policy_id, made, expected=1)
        await book.policies.changing.apply(book.actor, policy_id, made, expected=2)
        found = await book.see(policy_id)
    assert found.written_minor == 36_500 + 2_750 + 6_670
    async with book.services.database.begin(book.actor) as uow:
        postings = await uow.policies.postings(policy_id)
    assert sorted(one.premium_minor for one in postings) == [550, 2_750, 6_120, 36_500]
    known = await book.policies.reading.as_of(book.actor, policy_id, noon("2026-03-15"), noon("2026-04-15"))
    now = await book.policies.reading.as_of(book.actor, policy_id, noon("2026-03-15"), noon("2026-06-01"))
    assert (known.price_minor, now.price_minor) == (36_500, 43_800)
    assert known.money.written_minor == 36_500


async def test_an_endorsement_that_does_not_fit_or_leaves_it_incomplete_is_refused_with_names(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-01"):
        gone = {"verb": "remove", "part": "coverage", "key": "bi"}
        body = EndorsementIn.model_validate({"effective_on": "2026-03-01", "operations": [gone]})
        with pytest.raises(Conflict) as refused:
            await book.policies.changing.quote(book.actor, policy_id, body, expected=None, key=None)
        assert refused.value.code == "incomplete"
        assert "bodily_injury" in refused.value.fields[0].message
        late = EndorsementIn.model_validate({"effective_on": "2027-01-01", "operations": [glass(1)]})
        assert (
            await code(book.policies.changing.quote(book.actor, policy_id, late, expected=None, key=None))
            == "not_covered"
        )


async def test_a_quote_that_another_change_made_wrong_is_not_applied(book: Book) -> None:
    policy_id = await book.active(contents=contents(36_500))
    surcharge = {"verb": "add", "part": "adjustment", "key": "claims", "value": {"factor": "1.10"}}
    with book.on("2026-02-01"):
        body = EndorsementIn.model_validate({"effective_on": "2026-03-01", "operations": [glass(7_300)]})
        made = await book.policies.changing.quote(book.actor, policy_id, body, expected=None, key=None)
        await book.policies.changing.approve(book.actor, policy_id, made, expected=None)
        await book.endorse(policy_id, "2026-02-15", surcharge)
        assert await code(book.policies.changing.apply(book.actor, policy_id, made, expected=None)) == "quote_outdated"


async def test_payments_in_part_beyond_failed_and_reversed(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    with book.on("2026-02-03"):
        await book.pay(policy_id, 4_000)
        assert (await book.see(policy_id)).account.overdue
        hanging = await book.pay(policy_id, 6_000, settled=False)
        assert (await book.see(policy_id)).account.overdue
        await book.policies.paying.fail(book.actor, policy_id, hanging, "insufficient funds")
        assert await code(book.policies.paying.settle(book.actor, policy_id, hanging)) == "payment_failed"
        again = await book.pay(policy_id, 6_000, settled=False)
        await book.policies.paying.settle(book.actor, policy_id, again)
        assert not (await book.see(policy_id)).account.overdue
        await book.policies.paying.reverse(book.actor, policy_id, again, "returned")
        await book.policies.paying.reverse(book.actor, policy_id, again, "returned")
        found = await book.see(policy_id)
        assert (found.account.overdue, found.paid_minor) == (True, 14_000)
        await book.pay(policy_id, 200_000)
        assert (await book.see(policy_id)).account.credit_minor == 94_000
    kinds = await book.kinds(policy_id)
    assert kinds.count("payment_reversed") == 1
    assert kinds.count("payment_failed") == 1


async def test_a_rescission_makes_it_void_and_needs_a_ground(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-03-01"):
        other = RescindIn(reason="other", basis="the application was wrong")  # type: ignore[arg-type]
        assert await code(book.policies.ending.rescind(book.actor, policy_id, other, expected=None)) == "no_ground"
        body = RescindIn(reason="fraud", basis="the car never existed; clause 7")  # type: ignore[arg-type]
        await book.policies.ending.rescind(book.actor, policy_id, body, expected=None)
        found = await book.see(policy_id)
    assert (found.status, found.written_minor, found.cover) == ("rescinded", 0, [])


async def test_t57_in_force_counts_each_policy_once_as_it_was_known(book: Book) -> None:
    policy_id = await book.active()
    await book.active(starts_on=date(2026, 6, 1))
    with book.on("2026-03-10"):
        await book.cancel(policy_id, day="2026-03-01")
    with book.on("2026-03-20"):
        await book.reinstate(policy_id, lapse=False, no_loss_stated_on="2026-03-20")
    moment = noon("2026-03-05")
    counts = {}
    for known in ("2026-03-05", "2026-03-15", "2026-03-25"):
        found = await book.policies.reading.in_force(book.actor, moment, noon(known))
        counts[known] = found.count
    assert counts == {"2026-03-05": 1, "2026-03-15": 0, "2026-03-25": 1}
    both = await book.policies.reading.in_force(book.actor, noon("2026-07-01"), noon("2026-07-01"))
    assert both.by_line == {"auto": 2}


async def test_t64_a_renewal_is_a_term_of_its_own_with_the_same_number(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-11-20"):
        renewal_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key="r")
        assert (
            await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key="r") == renewal_id
        )
        assert (
            await code(book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key="s"))
            == "renewed"
        )
        renewal = await book.see(renewal_id)
        assert (renewal.status, renewal.term_number, renewal.renews_id) == ("pending_payment", 2, policy_id)
        assert renewal.starts_on == date(2027, 1, 1)
        await book.pay(renewal_id, 120_000)
    last = (await book.policies.reading.timeline(book.actor, renewal_id)).items[-1]
    assert (last.kind, last.data["new_business"], last.data["premium_change_minor"]) == ("activated", False, 120_000)
    assert await book.tick("2027-01-02") >= 1
    assert (await book.see(policy_id)).status == "expired"
    found = await book.policies.reading.find(book.actor, str(renewal.number).lower().replace("-", " "))
    assert found.id == renewal_id


async def test_t55_renewals_count_from_the_anchor_of_the_first_term(book: Book) -> None:
    policy_id = await book.active(starts_on=date(2024, 2, 29))
    ends = [(await book.see(policy_id)).ends_on]
    for year in (2025, 2026, 2027):
        with book.on(date(year, 2, 1)):
            policy_id = await book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None)
            await book.pay(policy_id, 120_000)
            ends.append((await book.see(policy_id)).ends_on)
    assert ends == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


async def test_the_export_is_safe_from_formulas_and_pages_do_not_repeat(book: Book) -> None:
    """DOMAIN T69."""
    evil = contents(party={"x": {"role": "named_insured", "name": "=1+1"}, "d": {"role": "driver", "name": "d"}})
    for number in range(5):
        await book.draft(contents=evil, number=f"E-{number}", carrier="-Mutual")
    lines = [line async for line in book.policies.exporting.csv(book.actor, PolicyFilter())]
    assert len(lines) == 6
    assert all(",'=1+1," in line and ",'-Mutual," in line for line in lines[1:])
    seen, cursor = [], None
    while True:
        page = await book.policies.reading.page(book.actor, PolicyFilter(status=["draft"]), cursor, 2)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert await book.policies.reading.count(book.actor, PolicyFilter(carrier="-Mutual")) == 5
    with pytest.raises(Invalid):
        await book.policies.reading.page(book.actor, PolicyFilter(), "nonsense", 2)


async def test_pages_of_several_statuses_are_one_list_newest_first(book: Book) -> None:
    await book.active()
    made = []
    for day in range(1, 8):
        with book.on(f"2025-12-{day:02}"):
            made.append(await book.draft())
            if day % 3:
                await book.policies.drafts.submit(book.actor, made[-1], expected=None)
    wanted, seen, cursor = PolicyFilter(status=["pending_payment", "draft", "lapsed", "draft"]), [], None
    for left in (5, 3, 1, 0):
        page = await book.policies.reading.page(book.actor, wanted, cursor, 2)
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
        assert (cursor is None) == (left == 0)
    assert seen == made[::-1]


async def test_events_reach_the_bus_with_what_commissions_need(book: Book) -> None:
    policy_id = await book.active(tax_rate="0.04", fees_minor=2_500)
    with book.on("2026-07-02"):
        await book.cancel(policy_id, day="2026-07-02")
    async with book.services.database.begin(book.actor) as uow:
        rows = await uow.policies.events(policy_id)
        ids = [one.id for one in rows]
        messages = {
            row.subject: row.payload
            for row in await uow.session.scalars(select(OutboxRow).where(OutboxRow.id.in_(ids)))
        }
    activated, cancelled = messages["policies.v1.activated"], messages["policies.v1.cancelled"]
    data = activated["data"]
    assert (data["premium_change_minor"], data["tax_change_minor"], data["fee_change_minor"]) == (120_000, 4_800, 2_500)
    assert (data["line"], data["state"], data["carrier"], data["new_business"]) == (
        "auto",
        "IL",
        "Prairie Mutual",
        True,
    )
    assert activated["effective_at"] == "2026-01-01T06:01:00+00:00"
    assert cancelled["data"]["premium_change_minor"] == -60_164
    assert cancelled["data"]["earned_premium_minor"] == 59_836
    assert "Ann" not in str(messages)
