"""Producers' records, licences and numbers on real stores; routing sees every change with the next lead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor, ActorKind, Scope
from domain.routing.profile import Measure, Tally
from kernel.clock import now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kernel.money import Money
from services.container import Services
from services.producers.schemas import LicenceRowsIn, ProducerMetrics, ProducerPatch
from store.sql.repositories.runs import run_of
from tests.builders import a_producer, an_agency
from tests.conftest import new_agency
from tests.services.test_relations import a_qualified_lead, ended, of


def herself(actor: Actor, producer_id: UUID) -> Actor:
    scopes = frozenset({Scope.PRODUCERS_READ, Scope.PRODUCERS_WRITE})
    return replace(actor, kind=ActorKind.PRODUCER, subject="person:p", producer_id=producer_id, scopes=scopes)


def patch(**profile: Any) -> ProducerPatch:
    return ProducerPatch(profile=profile)


async def ranked(services: Services, actor: Actor) -> set[UUID]:
    lead_id = await a_qualified_lead(services, actor)
    found = await services.ranking.rank(actor, run_of(lead_id, "lead", 0)[0], lead_id, None)
    return {one.producer_id for one in found.receipt.ranking.order}


async def numbers(services: Services, actor: Actor, who: UUID, **days: date) -> ProducerMetrics:
    (one,) = (await services.producers.metrics.of(actor, days.get("since"), days.get("until"), who)).items
    return one


async def test_a_change_has_a_version_and_a_line_in_the_history(services: Services, actor: Actor) -> None:
    who = (await of(services, actor))["p1"]
    records = services.producers.records
    first = await records.one(actor, who)
    changed = await records.change(
        actor,
        who,
        ProducerPatch(phone="312-555-0100", team="west", profile={"capacity_daily": 7}),
        expected=first.version,
    )
    assert (changed.version, changed.phone, changed.profile["capacity_daily"]) == (first.version + 1, "312-555-0100", 7)
    with pytest.raises(Stale) as stale:
        await records.change(actor, who, patch(capacity_daily=8), expected=first.version)
    assert stale.value.current["version"] == changed.version
    assert (await records.change(actor, who, patch(capacity_daily=7), expected=None)).version == changed.version
    (line,) = (await records.changes(actor, who, None, 10)).items
    assert (line.actor, line.did, line.changed["capacity_daily"]) == (
        actor.subject,
        "edit",
        {"before": 100, "after": 7},
    )
    assert line.changed["phone"] == {}, "contact details leave no values behind"
    assert "team_id" in line.changed


async def test_wrong_fields_are_all_named_and_nothing_changes(services: Services, actor: Actor) -> None:
    who = (await of(services, actor))["p1"]
    wrong = patch(
        rank=9, conversion={"won": 1, "tried": 1}, nonsense=1, licences=[{"state": "FL"}], paused_until="soon"
    )
    with pytest.raises(Invalid) as problem:
        await services.producers.records.change(actor, who, wrong, expected=None)
    named = {one.field for one in problem.value.fields}
    assert {"profile.conversion", "profile.nonsense", "profile.licences", "profile.paused_until"} <= named
    assert (await services.producers.records.changes(actor, who, None, 10)).items == []


@pytest.mark.parametrize(
    "profile",
    [
        {"active": "yes"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": 5},
        {"zip_code": 60601},
        {"holiday_region": {}},
        {"capacity_daily": 10**30},
        {"capacity_daily": True},
        {"languages": "en"},
        {"lat": "north"},
        {"rank": 2.5},
        {"appointments": [{"carrier": 5, "state": "IL", "effective": "2020-01-01"}]},
        {"licences": ["IL"]},
        {"schedule": [{"weekday": 9, "start": "09:00:00", "end": "17:00:00"}]},
        {"absences": ["some day"]},
    ],
    ids=lambda profile: str(profile)[:40],
)
async def test_what_routing_could_not_read_is_refused(
    services: Services, actor: Actor, profile: dict[str, Any]
) -> None:
    who = (await of(services, actor))["p1"]
    with pytest.raises(Invalid) as problem:
        await services.producers.records.change(actor, who, patch(**profile), expected=None)
    assert problem.value.fields[0].field == f"profile.{next(iter(profile))}"


async def test_a_producer_changes_the_own_hours_and_nothing_else(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    me, records = herself(actor, ids["p1"]), services.producers.records
    assert [one.id for one in (await records.page(me, None, 10)).items] == [ids["p1"]]
    seen = await records.change(me, ids["p1"], patch(absences=["2026-12-24"], languages=["en", "es"]), expected=None)
    assert seen.may_change == ["absences", "languages", "paused_until", "schedule"]
    for beyond in (patch(capacity_daily=9), ProducerPatch(name="X"), ProducerPatch(team="t"), patch(active=True)):
        with pytest.raises(Forbidden):
            await records.change(me, ids["p1"], beyond, expected=None)
    with pytest.raises(NotFound):
        await records.change(me, ids["p2"], patch(languages=["en"]), expected=None)
    with pytest.raises(Forbidden):
        await services.producers.licences.take(me, LicenceRowsIn(source="s", rows=[{"producer": "p1"}]))
    with pytest.raises(Forbidden):
        await services.producers.metrics.mark(me, await a_qualified_lead(services, actor), 5)


async def test_hours_and_pauses_are_seen_by_the_next_ranking(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    records = services.producers.records
    assert await ranked(services, actor) == set(ids.values())
    await records.change(herself(actor, ids["p1"]), ids["p1"], patch(schedule=[]), expected=None)
    assert await ranked(services, actor) == {ids["p2"], ids["p3"]}
    later = (now() + timedelta(hours=5)).isoformat()
    await records.change(actor, ids["p2"], patch(paused_until=later), expected=None)
    assert await ranked(services, actor) == {ids["p3"]}
    await records.change(actor, ids["p2"], patch(paused_until=None), expected=None)
    assert await ranked(services, actor) == {ids["p2"], ids["p3"]}


async def test_licences_come_with_a_report_for_each_row(services: Services) -> None:
    """DOMAIN T2: a source that lists nothing removes nothing."""
    actor = await new_agency(services, [a_producer("p1", states=["IL"]), a_producer("p2", states=["TX"])])
    ids = await of(services, actor)
    base = {"producer": "p1", "state": "FL", "number": "W1", "status": "active", "effective": "2020-01-01"}
    rows = [
        {**base, "loa": "property"}, {**base, "loa": "casualty"},
        {**base, "state": "IL", "number": "IL-1", "loa": "property", "status": "revoked"},
        {"producer": "p2"}, {**base, "producer": "nobody"}, {**base, "state": "Utopia"},
    ]  # fmt: skip
    take = services.producers.licences.take
    report = await take(actor, LicenceRowsIn(source="nipr", rows=rows))
    outcomes = [one.outcome for one in report.items]
    assert outcomes == ["added", "changed", "changed", "unknown", "refused", "refused"]
    assert report.producers_changed == 1
    held = {one["state"]: one for one in (await services.producers.records.one(actor, ids["p1"])).profile["licences"]}
    assert held["FL"]["authorities"] == ["casualty", "property"]
    assert (held["FL"]["source"], held["IL"]["status"]) == ("nipr", "revoked")
    assert len((await services.producers.records.one(actor, ids["p2"])).profile["licences"]) == 1
    (line,) = (await services.producers.records.changes(actor, ids["p1"], None, 5)).items
    assert line.did == "licences from nipr"


async def test_a_producer_without_leads_has_no_rates(services: Services, actor: Actor) -> None:
    """DOMAIN T75."""
    one = await numbers(services, actor, (await of(services, actor))["p1"])
    assert (one.assigned, one.converted.n, one.converted.rate, one.converted.low) == (0, 0, None, None)
    assert (one.response.p50, one.response.p95, one.response.p95_few, one.satisfaction) == (None, None, False, None)
    assert one.revenue == []


async def test_a_reassigned_lead_counts_for_whoever_had_it_when_it_happened(services: Services, actor: Actor) -> None:
    """DOMAIN T76."""
    ids = await of(services, actor)
    lead_id = await a_qualified_lead(services, actor)
    await services.assignments.assign(actor, lead_id, ids["p1"], expected=None)
    await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
    await services.assignments.assign(actor, lead_id, ids["p2"], expected=None)
    await services.lead_status.change(actor, lead_id, "win", reason=None, expected=None)
    one, two = await numbers(services, actor, ids["p1"]), await numbers(services, actor, ids["p2"])
    assert (one.assigned, one.accepted.count, one.worked, one.converted.count) == (1, 1, 1, 0)
    assert (two.assigned, two.worked, two.converted.count, two.converted.rate) == (1, 1, 1, 1.0)
    everybody = await services.producers.metrics.of(actor, None, None)
    assert {row.producer_id for row in everybody.items} == {ids["p1"], ids["p2"]}


async def test_a_lead_belongs_to_its_day_in_the_agencys_zone(services: Services, actor: Actor) -> None:
    """DOMAIN T74: 21:23 in Chicago belongs to that day."""
    who = (await of(services, actor))["p1"]
    lead_id = await ended(services, actor, who, "win")
    async with services.database.begin(actor) as uow:
        await uow.agencies.save_setting("time_zone", "America/Chicago")
        query = text("UPDATE lead SET received_at = :at WHERE id = :lead")
        await uow.session.execute(query, {"at": datetime(2026, 3, 1, 3, 23, tzinfo=UTC), "lead": lead_id})
    day = date(2026, 2, 28)
    assert (await numbers(services, actor, who, since=day, until=day)).assigned == 1
    assert (await numbers(services, actor, who, since=date(2026, 3, 1), until=date(2026, 3, 1))).assigned == 0
    with pytest.raises(Invalid):
        await services.producers.metrics.of(actor, date(2026, 3, 2), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 3, 8), "2026-03-08T06:00:00+00:00", "2026-03-09T04:59:59+00:00"),  # 23 hours
        (date(2026, 11, 1), "2026-11-01T05:00:00+00:00", "2026-11-02T05:59:59+00:00"),  # 25 hours
    ],
)
async def test_t74_a_day_has_23_or_25_hours_where_the_clocks_change(
    services: Services, actor: Actor, day: date, first: str, last: str
) -> None:
    who = (await of(services, actor))["p1"]
    lead_id = await ended(services, actor, who, "win")
    begins, ends = datetime.fromisoformat(first), datetime.fromisoformat(last) + timedelta(seconds=1)
    counted = {}
    for at in (begins - timedelta(seconds=1), begins, ends - timedelta(seconds=1), ends):
        async with services.database.begin(actor) as uow:
            await uow.agencies.save_setting("time_zone", "America/Chicago")
            query = text("UPDATE lead SET received_at = :at WHERE id = :lead")
            await uow.session.execute(query, {"at": at, "lead": lead_id})
        counted[at] = (await numbers(services, actor, who, since=day, until=day)).assigned
    assert list(counted.values()) == [0, 1, 1, 0]


async def test_minutes_are_percentiles_and_few_of_them_are_flagged(services: Services, actor: Actor) -> None:
    """DOMAIN T75."""
    who = (await of(services, actor))["p1"]

    async def answered_after(minutes: int) -> None:
        lead_id = await ended(services, actor, who, "lose")
        async with services.database.begin(actor) as uow:
            touched = "SELECT min(at) FROM lead_event WHERE lead_id = :lead AND kind = 'contacted'"
            query = f"UPDATE assignment SET assigned_at = ({touched}) - make_interval(mins => :minutes) WHERE lead_id = :lead"
            await uow.session.execute(text(query), {"lead": lead_id, "minutes": minutes})

    for minutes in (10, 20, 60):
        await answered_after(minutes)
    one = await numbers(services, actor, who)
    assert (one.response.n, one.response.p50, one.response.p95, one.response.p95_few) == (3, 20.0, 56.0, True)
    for many, few in ((16, True), (1, False)):
        for _ in range(many):
            await answered_after(5)
        assert (await numbers(services, actor, who)).response.p95_few is few, "19 are few and 20 are not"


async def test_revenue_is_the_premiums_that_were_given(services: Services, actor: Actor) -> None:
    who, change = (await of(services, actor))["p1"], services.lead_status.change
    for premium in (Money.of("1200.50"), Money.of("99"), None):
        lead_id = await a_qualified_lead(services, actor)
        await services.assignments.assign(actor, lead_id, who, expected=None)
        with pytest.raises(Invalid):
            await change(actor, lead_id, "contact", reason=None, expected=None, premium=Money.of("1"))
        await change(actor, lead_id, "win", reason=None, expected=None, premium=premium)
    (sold,) = (await numbers(services, actor, who)).revenue
    assert (sold.currency, sold.minor, sold.n) == ("USD", 129950, 2)


async def test_a_consumer_marks_a_lead_once(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    lead_id, metrics = await ended(services, actor, ids["p1"], "win"), services.producers.metrics
    assert (await metrics.mark(actor, lead_id, 4)).producer_id == ids["p1"]
    assert (await metrics.mark(actor, lead_id, 4)).mark == 4
    with pytest.raises(Conflict):
        await metrics.mark(actor, lead_id, 5)
    with pytest.raises(Conflict):
        await metrics.mark(actor, await a_qualified_lead(services, actor), 5)
    one = await numbers(services, actor, ids["p1"])
    assert (one.satisfaction, one.marks) == (4.0, 1)


async def test_routing_learns_what_happened_and_keeps_what_came_before(services: Services) -> None:
    people = [a_producer("p1", conversion={"won": 1, "tried": 10}), a_producer("p2")]
    actor = await new_agency(services, people)
    ids = await of(services, actor)
    learning = services.producers.learning
    assert await learning.fold(actor) == 0
    won = await ended(services, actor, ids["p1"], "win")
    await ended(services, actor, ids["p1"], "lose")
    await services.producers.metrics.mark(actor, won, 5)
    assert await learning.fold(actor) == 1
    assert await learning.fold(actor) == 0, "nothing new, nothing written"
    async with services.database.begin(actor) as uow:
        profile = (await services.rosters.current(uow)).profiles[ids["p1"]]
    assert profile.conversion == Tally(2, 12)
    assert profile.satisfaction == Measure(5.0, 1)
    assert profile.response is not None
    assert profile.response.n == 2


async def test_the_same_file_again_undoes_neither_edits_nor_what_was_learnt(services: Services) -> None:
    people = [a_producer("p1", conversion={"won": 1, "tried": 10})]
    actor = await new_agency(services, people)
    who = (await of(services, actor))["p1"]
    await ended(services, actor, who, "win")
    await services.producers.learning.fold(actor)
    edited = await services.producers.records.change(
        actor, who, patch(languages=["en", "es"], active=False), expected=None
    )
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    await services.agencies.load(actor, json.dumps(an_agency(slug, people)).encode())
    assert await services.producers.records.one(actor, who) == edited
    people[0]["profile"]["capacity_daily"] = 3
    await services.agencies.load(actor, json.dumps(an_agency(slug, people)).encode())
    after = await services.producers.records.one(actor, who)
    assert (after.profile["capacity_daily"], after.profile["languages"], after.active) == (3, ["en", "es"], False)
    assert after.profile["conversion"] == {"won": 2, "tried": 11}
    assert (await services.producers.records.changes(actor, who, None, 1)).items[0].did == "load"
