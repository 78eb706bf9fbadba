"""A promotion's bonus is earned with a policy, within caps, by whoever wrote it and has the tier; and comes back with it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.commissions.ledger import Account
from domain.network.tiers import Benefit
from kernel.errors import Forbidden
from services.commissions.promotion_schemas import PromotionIn, PromotionView
from services.commissions.schemas import ReversalKind
from tests.services.commissions.conftest import MakeOffice, Office, ended
from tests.services.commissions.test_policy_earnings import agrees, book_of, earned, set_tier, settle
from tests.services.commissions.test_revenue_sharing import card_of, on


@pytest.fixture
async def writers(office: Office) -> Office:
    """p1 in platinum, p2 in gold, before anything is sold."""
    await set_tier(office, "p1", "platinum", "2025-12-01")
    await set_tier(office, "p2", "gold", "2025-12-01")
    return office


async def announce(office: Office, **changes: Any) -> PromotionView:
    given = {"name": "Winter", "begins_on": "2026-01-01", "ends_on": "2026-02-01", "bonus_minor": 5_000} | changes
    return await office.made.promotions.add(office.actor, PromotionIn.model_validate(given))


def writing(office: Office, name: str) -> list[dict[str, Any]]:
    return [{"producer_id": str(office.ids[name]), "role": "writing", "share": "1"}]


async def given(office: Office) -> int:
    await agrees(office)
    return await office.balance(Account.PROMOTION)


async def test_new_business_earns_it_in_the_commissions_own_batch(writers: Office) -> None:
    await announce(writers)
    book = book_of(writers)
    await book.active(producers=writing(writers, "p1"))
    await book.active(producers=writing(writers, "p2"))  # gold has no promotions
    await settle(writers)
    assert await given(writers) == 5_000
    assert await writers.owed("p1") == 12_000 + 5_000  # what they sold and the bonus; a tier multiplies referrals only
    assert await writers.owed("p2") == 12_000
    first, _ = await earned(writers)
    told = await writers.made.explanations.of(writers.actor, first.id)
    (line,) = [one for one in told.lines if one.line.startswith("promotion:")]
    assert (line.full_minor, line.kept_minor, line.posted_minor, line.payee_id) == (5_000,) * 3 + (writers.ids["p1"],)
    assert "promotion Winter" in line.basis
    assert [one.happening for one in told.history] == ["accrued"]
    (seen,) = (await writers.made.promotions.all(writers.actor)).items
    assert (seen.given_minor, seen.bonus_minor) == (5_000, 5_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": ["home"]}, {"states": ["TX"]}, {"least_tier": "diamond"}, {"ends_on": "2026-01-02", "begins_on": "2026-01-02"},
        {"begins_on": "2025-12-01", "ends_on": "2026-01-01"}, {"begins_on": "2026-01-02"}, {"currency": "CAD"},
        {"cap_each_minor": 4_999}, {"cap_minor": 4_999},
    ],
)  # fmt: skip
async def test_what_it_is_not_for_earns_none(writers: Office, changes: dict[str, Any]) -> None:
    if changes.get("begins_on") == changes.get("ends_on", ""):
        with pytest.raises(ValidationError):
            await announce(writers, **changes)
        return
    await announce(writers, **changes)
    await book_of(writers).active(producers=writing(writers, "p1"))
    await settle(writers)
    assert len(await earned(writers)) == 1
    assert await given(writers) == 0


async def test_caps_hold_and_what_came_back_may_be_given_again(writers: Office) -> None:
    await announce(writers, cap_each_minor=9_999, holding_days=60)
    book = book_of(writers)
    policies = [await book.active(producers=writing(writers, "p1")) for _ in range(2)]
    await settle(writers)
    assert await given(writers) == 5_000
    with book.on("2026-01-05"):
        await book.cancel(policies[0], day="2026-01-01")
    await settle(writers)
    assert await given(writers) == 0
    await book.active(producers=writing(writers, "p1"))
    await settle(writers)
    assert await given(writers) == 5_000


async def test_it_comes_back_within_the_holding_days_as_the_commission_does(writers: Office) -> None:
    await announce(writers, holding_days=181)  # until 1 July
    book = book_of(writers)
    early = await book.active(producers=writing(writers, "p1"))
    with book.on("2026-06-30"):
        await book.cancel(early)
    await settle(writers)
    assert 0 < await given(writers) < 5_000
    with book.on("2026-07-01"):
        await book.reinstate(early, lapse=False, no_loss_stated_on=date(2026, 7, 1))
    await settle(writers)
    assert await given(writers) == 5_000
    with book.on("2026-08-01"):
        await book.cancel(early)
    await settle(writers)
    assert await given(writers) == 5_000, "its holding was over"
    (row,) = await earned(writers)
    assert row.retained != "1/1"
    seen = await book.see(early)
    await writers.made.reversals.reverse(
        writers.actor,
        writers.reversal(
            ReversalKind.FLAT, policy_number=str(seen.number), carrier=seen.carrier, effective_on=seen.starts_on
        ),
    )
    assert await given(writers) == 0, "as if it had never begun"
    assert (await writers.owed("p1"), await writers.balance(Account.HOUSE), await writers.balance(Account.BONUS)) == (
        0,
        0,
        0,
    )


async def test_only_whoever_may_be_paid_earns_it_and_a_replay_posts_nothing(make_office: MakeOffice) -> None:
    office = await make_office(p1={"licences": [*ended("2025-12-31")["licences"]]})
    await office.plan()
    await set_tier(office, "p1", "platinum", "2025-12-01")
    await announce(office)
    await book_of(office).active(producers=writing(office, "p1"))
    await settle(office)
    assert await given(office) == 0
    batches = await office.counted("ledger_batch")
    await office.services.earning.retry(office.actor)
    await settle(office)
    assert await office.counted("ledger_batch") == batches


async def test_producers_see_what_is_open_to_them_and_admins_end_it(writers: Office) -> None:
    with on("2026-01-10"):
        made = await announce(writers)
        assert made.open
        assert [one.id for one in (await writers.made.promotions.all(writers.producer("p1"))).items] == [made.id]
        assert (await writers.made.promotions.all(writers.producer("p1"))).items[0].given_minor is None
        assert (await writers.made.promotions.all(writers.producer("p2"))).items == []
        with pytest.raises(Forbidden):
            await writers.made.promotions.end(writers.producer("p1"), made.id)
        over = await writers.made.promotions.end(writers.actor, made.id)
        assert (over.open, over.ends_on) == (False, date(2026, 1, 10))
        assert (await writers.made.promotions.end(writers.actor, made.id)).ended_at == over.ended_at
        assert (await writers.made.promotions.all(writers.producer("p1"))).items == []


async def test_the_tier_card_shows_it_and_says_that_it_is_applied(office: Office) -> None:
    before = await card_of(office)
    assert before.promotions == []
    assert not {one.benefit: one.applied for one in before.benefits}[Benefit.PROMOTIONS]
    await announce(office, begins_on="2020-01-01", ends_on="2190-01-01", name="Long")
    card = await card_of(office)
    assert [(one.name, one.bonus_minor) for one in card.promotions] == [("Long", 5_000)]
    assert {one.benefit: one.applied for one in card.benefits}[Benefit.PROMOTIONS]
