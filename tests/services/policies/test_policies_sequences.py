"""Whatever is done in whatever order, through services and database, a policy's books and history hold together."""

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from domain.policies.lifecycle import TRANSITIONS
from domain.policies.words import Happening, PolicyStatus
from kernel.errors import AppError
from services.policies.schemas import RenewalIn, RescindIn
from tests.services.policies.book import START, Book, glass


async def anything(book: Book, luck: random.Random, policy_id: Any, today: date) -> None:
    """One random wish; most are refused at most times."""
    day = (START + timedelta(days=luck.randrange(380))).isoformat()
    effective = (today + timedelta(days=luck.choice([5, 12]))).isoformat()
    reason = luck.choice(["nonpayment", "underwriting"])
    change = glass(luck.randrange(50_000), f"g{luck.randrange(3)}")
    void = RescindIn(reason="fraud", basis="the car never existed")  # type: ignore[arg-type]
    wishes: list[Callable[[], Awaitable[object]]] = [
        lambda: book.pay(policy_id, luck.choice([500, 10_000, 40_000])),
        lambda: book.pay(policy_id, 10_000),
        lambda: book.endorse(policy_id, day, change),
        lambda: book.endorse(policy_id, day, change),
        lambda: book.notice(policy_id, today.isoformat(), effective, reason=reason),
        lambda: book.cancel(policy_id, day=day),
        lambda: book.cancel(policy_id, "nonpayment"),
        lambda: book.reinstate(policy_id, lapse=False, no_loss_stated_on=today),
        lambda: book.reinstate(policy_id, lapse=True),
        lambda: book.policies.renewing.offer(book.actor, policy_id, RenewalIn(), expected=None, key=None),
        lambda: book.policies.ending.lapse(book.actor, policy_id, expected=None),
        lambda: book.policies.drafts.submit(book.actor, policy_id, expected=None),
    ]
    if luck.random() < 0.02:
        await book.policies.ending.rescind(book.actor, policy_id, void, expected=None)
    else:
        await luck.choice(wishes)()


async def holds_together(book: Book, policy_id: Any) -> None:
    found = await book.see(policy_id)
    async with book.services.database.begin(book.actor) as uow:
        postings, events = await uow.policies.postings(policy_id), await uow.policies.events(policy_id)
        notices = {one.id: one for one in await uow.policies.notices(policy_id)}
        row = await uow.policies.one(policy_id)
    assert [one.version for one in events] == list(range(1, found.version + 1))
    assert sum(one.premium_minor for one in postings) == found.written_minor >= 0
    owed = found.written_minor + found.taxes_minor + found.fees_minor
    assert sum(one.amount_minor for one in found.schedule) == owed
    told = sum(one.data.get("premium_change_minor", 0) for one in events)
    assert told == found.written_minor  # whoever only listens knows the premium
    status = PolicyStatus.DRAFT
    for event in events:
        if event.kind in {one.value for one in Happening}:
            status = TRANSITIONS[status, Happening(event.kind)].to
            assert event.data["status"] == status.value
    assert status.value == found.status
    if found.status in {"cancelled", "lapsed"} and found.ended_by == "insurer":
        notice = notices[row.notice_id]  # type: ignore[index]
        assert (notice.effective_on - notice.mailed_on).days >= notice.days_required


@pytest.mark.parametrize("seed", range(6))
async def test_t62_legal_sequences_keep_the_books_and_illegal_steps_change_nothing(book: Book, seed: int) -> None:
    luck, refused, done = random.Random(seed), 0, 0
    policy_id = await book.active(frequency="monthly", tax_rate="0.0367", fees_minor=2_500)
    today = START + timedelta(days=20)
    for _ in range(25):
        today += timedelta(days=luck.choice([0, 1, 5, 14]))
        before = await book.see(policy_id)
        with book.on(today):
            try:
                await anything(book, luck, policy_id, today)
                done += 1
            except AppError:
                refused += 1
                if luck.random() < 0.3:
                    after = await book.see(policy_id)
                    assert after.written_minor == before.written_minor
                    assert after.status == before.status
        if luck.random() < 0.4:
            await book.tick(today)
        await holds_together(book, policy_id)
    assert done
    assert refused
