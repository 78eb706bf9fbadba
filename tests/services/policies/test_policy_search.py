"""Policies are found by name, by what is overdue now, by who shares them, by source, days, ends and how they renew."""

from __future__ import annotations

import random
from datetime import UTC, date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from domain.policies.calendar import Clock, begins
from domain.policies.names import sought, words_of
from services.container import Services
from services.policies.schemas import FromLeadIn
from store.sql.repositories.policy_search import PolicyFilter
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.policies.book import START, Book, contents, noon
from tests.services.policies.test_policy_analytics import grown
from tests.services.policies.test_policy_drafting import a_won_lead


async def found(book: Book, wanted: PolicyFilter) -> set[UUID]:
    page = await book.policies.reading.page(book.actor, wanted, None, 200)
    assert await book.policies.reading.count(book.actor, wanted) == len(page.items)
    return {one.id for one in page.items}


def insured(name: str) -> dict[str, object]:
    whole = contents()
    whole["party"]["ann"]["name"] = name
    return whole


async def named(book: Book, said: str) -> set[UUID]:
    return await found(book, PolicyFilter(insured=sought(said)))


async def test_names_are_found_by_beginnings_of_words_however_they_are_spelled(book: Book) -> None:
    jose = await book.draft(contents=insured("José Ángel Muñoz-O’Neil"))
    soren = await book.draft(contents=insured("Søren Łukasz Straße"))
    await book.draft(contents=insured("Josephine Baker"))
    for said in ("jose munoz", "JOSÉ", "muno ang", "Munoz O'Neil", "oneil", "o neil", "neil jos"):
        assert jose in await named(book, said), said
    assert await named(book, "jose oneil") == {jose}
    assert await named(book, "lukasz SOREN strasse") == {soren}
    assert await named(book, "ose") == set()  # the middle of a word is none of its beginnings
    assert await named(book, "jose baker angel") == set()


async def test_the_database_takes_names_apart_as_the_domain_does(services: Services, book: Book) -> None:
    letters = [chr(code) for code in (*range(0x20, 0x530), *range(0x1E00, 0x2070), *range(0x3000, 0x3100))]
    told = [f"a{one}b {one}c" for one in letters if one.isprintable()]
    told += ["O'Neil-Smith, Jr.", "ΣΊΣΥΦΟΣ", "  ", "'", "İstanbul IŞIK", "Дмитрий ЁЛКИН", "Æsir Œuvre Þór ẞ"]
    async with services.database.begin(book.actor) as uow:
        query = text("SELECT name, policy_name_words(name) FROM unnest(CAST(:names AS text[])) AS name")
        rows = (await uow.session.execute(query, {"names": told})).all()
    assert len(rows) == len(told)
    assert {name: sorted(words) for name, words in rows} == {name: words_of(name) for name in told}


async def test_a_name_that_an_endorsement_corrects_is_found_and_the_one_before_no_more(book: Book) -> None:
    policy_id = await book.active(contents=insured("Ann Leigh"))
    party = {"verb": "change", "part": "party", "key": "ann", "value": {"name": "Ann Zöllner"}}
    with book.on("2026-02-01"):
        await book.endorse(policy_id, "2026-02-01", party, free=True)
    assert policy_id in await named(book, "zollner")
    assert policy_id not in await named(book, "leigh")
    assert (await book.see(policy_id)).insured == "Ann Zöllner"


@pytest.mark.parametrize("seed", range(2))
async def test_what_is_overdue_is_what_each_account_says_at_every_hour_around_its_days(book: Book, seed: int) -> None:
    luck = random.Random(seed)
    last = await grown(book, luck, 12)
    everything = await found(book, PolicyFilter())
    moments = [noon(last)] + [noon(last) + timedelta(hours=luck.randint(1, 24 * 200)) for _ in range(4)]
    seen = 0
    for at in moments:
        overdue, paid_up = (
            await found(book, PolicyFilter(overdue_at=at)),
            await found(book, PolicyFilter(paid_up_at=at)),
        )
        assert overdue | paid_up == everything
        assert not overdue & paid_up
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("services.policies.reading.now", lambda at=at: at)
            assert overdue == {one for one in everything if (await book.see(one)).account.overdue}
        seen += len(overdue)
    assert seen


async def test_a_policy_is_overdue_from_the_first_minute_behind_its_day_in_its_zone(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    due = begins(date(2026, 2, 2), ZoneInfo("America/Chicago"))
    assert await found(book, PolicyFilter(overdue_at=due - timedelta(seconds=1))) == set()
    assert await found(book, PolicyFilter(overdue_at=due)) == {policy_id}
    with book.on("2026-02-03"):
        await book.pay(policy_id, (await book.see(policy_id)).schedule[1].amount_minor)
    assert await found(book, PolicyFilter(overdue_at=due + timedelta(days=3))) == set()


async def test_the_database_begins_days_as_the_domain_does(services: Services, book: Book) -> None:
    zones = ("America/Chicago", "America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Anchorage")
    days = [date(2026, 1, 1) + timedelta(days=7 * week) for week in range(60)] + [date(2026, 3, 8), date(2026, 11, 1)]
    async with services.database.begin(book.actor) as uow:
        query = text("SELECT policy_day_opens(:day, :zone, :clock)")
        for zone in zones:
            for clock in Clock:
                for day in days:
                    told = await uow.session.scalar(query, {"day": day, "zone": zone, "clock": clock.value})
                    assert told.astimezone(UTC) == begins(day, ZoneInfo(zone), clock), (zone, clock, day)


async def test_policies_of_a_source_and_those_that_somebody_shares_are_found(services: Services) -> None:
    book = Book(services, await new_agency(services, [a_producer(name) for name in ("p1", "p2", "p3")]))
    async with services.database.begin(book.actor) as uow:
        who = await uow.agencies.ids_by_external()
    shared = [{"producer_id": str(who[name]), "role": role, "share": "0.5"} for name, role in
              (("p1", "writing"), ("p2", "split"))]  # fmt: skip
    both = await book.active(producers=shared)
    await book.active(producers=[{"producer_id": str(who["p2"])}])
    assert await found(book, PolicyFilter(shared_with=who["p2"])) == {both}
    assert await found(book, PolicyFilter(shared_with=who["p3"])) == set()

    lead_id = await a_won_lead(book)
    body = FromLeadIn.model_validate({"carrier": "Prairie Mutual", "starts_on": START, "type": "auto.standard"})
    sold = await book.policies.drafts.from_lead(book.actor, lead_id, body, key=None)
    async with services.database.begin(book.actor) as uow:
        source = (await uow.leads.one(lead_id)).source
    assert await found(book, PolicyFilter(source=source)) == {sold}


async def test_days_ends_renewals_and_sources_narrow_each_other(book: Book) -> None:
    early = await book.active(auto_renew=True)
    late = await book.active(starts_on=date(2026, 3, 1))
    with book.on("2026-03-02"):
        await book.cancel(early, day="2026-03-02")
    assert await found(book, PolicyFilter(starts_from=date(2026, 2, 1))) == {late}
    assert await found(book, PolicyFilter(starts_before=date(2026, 3, 1))) == {early}
    assert await found(book, PolicyFilter(starts_from=START, starts_before=START)) == set()
    assert await found(book, PolicyFilter(auto_renew=True)) == {early}
    assert await found(book, PolicyFilter(auto_renew=False)) == {late}
    assert await found(book, PolicyFilter(ended_reason=["request"])) == {early}
    assert await found(book, PolicyFilter(ended_reason=["nonpayment"])) == set()
    assert await found(book, PolicyFilter(source="zillow")) == set()
