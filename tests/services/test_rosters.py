"""A roster that is brought up to date is the one that would be read anew, and reads no more than what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from kernel.ids import digest
from services.container import Services
from services.producers.schemas import ProducerPatch
from services.routing.roster import AgencyRoster, Rosters
from store.sql.repositories.agencies import Agencies
from tests.builders import a_producer
from tests.conftest import new_agency


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Whose rows were read."""
    found: list[UUID] = []
    real = Agencies.seats

    async def seats(self: Agencies, producer_ids: Sequence[UUID]) -> Any:
        found.extend(producer_ids)
        return await real(self, producer_ids)

    monkeypatch.setattr(Agencies, "seats", seats)
    return found


async def ids_of(services: Services, actor: Actor) -> dict[str, UUID]:
    async with services.database.begin(actor) as uow:
        return await uow.agencies.ids_by_external()


async def read(services: Services, actor: Actor, rosters: Rosters) -> AgencyRoster:
    async with services.database.begin(actor) as uow:
        return await rosters.current(uow)


async def write(services: Services, actor: Actor, statement: str, **given: Any) -> None:
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text(statement), given)


def same(one: AgencyRoster, other: AgencyRoster) -> bool:
    names = ("version", "profiles", "by_external", "settings", "lines")
    assert list(one.profiles) == list(other.profiles)
    assert dict(one.digests) == dict(other.digests) == {who: digest(p.as_dict()) for who, p in one.profiles.items()}
    assert one.bodies == other.bodies
    return all(getattr(one, name) == getattr(other, name) for name in names)


async def test_of_a_change_only_the_producer_is_read(services: Services, actor: Actor, asked: list[UUID]) -> None:
    rosters, who = Rosters(), await ids_of(services, actor)
    first = await read(services, actor, rosters)
    assert sorted(asked) == sorted(who.values())
    assert same(first, await read(services, actor, Rosters()))
    asked.clear()
    change = ProducerPatch(profile={"capacity_daily": 7, "lines": ["life"]})
    await services.producers.records.change(actor, who["p2"], change, expected=None)
    after = await read(services, actor, rosters)
    assert asked == [who["p2"]]
    assert after.profiles[who["p2"]].capacity_daily == 7
    assert after.profiles[who["p1"]] is first.profiles[who["p1"]]
    assert first.profiles[who["p2"]].capacity_daily != 7, "whoever works with the roster of before keeps it"
    assert same(after, await read(services, actor, Rosters()))


async def test_who_comes_goes_or_rests_is_seen(services: Services, actor: Actor, asked: list[UUID]) -> None:
    rosters, who = Rosters(), await ids_of(services, actor)
    await read(services, actor, rosters)
    asked.clear()
    await write(services, actor, "DELETE FROM producer WHERE id = :id", id=who["p1"])
    await write(services, actor, "UPDATE producer SET active = false WHERE id = :id", id=who["p2"])
    async with services.database.begin(actor) as uow:
        profile = (await uow.agencies.producer(who["p3"])).profile
        row = {
            "id": who["p1"], "external_id": "p0", "name": "New", "email": None, "phone": None, "active": True, "version": 1,
            "profile": {**profile, "producer_id": str(who["p1"])}, "loaded": None,
            "updated_at": (await uow.agencies.producer(who["p3"])).updated_at,
        }  # fmt: skip
        await uow.agencies.save_producers([row])
    after = await read(services, actor, rosters)
    assert sorted(asked) == sorted([who["p1"], who["p2"]])
    assert after.by_external == {"p0": who["p1"], "p2": who["p2"], "p3": who["p3"]}
    assert after.profiles[who["p2"]].active is False
    assert same(after, await read(services, actor, Rosters()))


async def test_what_one_transaction_writes_twice_is_read_twice(services: Services, actor: Actor) -> None:
    rosters, who = Rosters(), await ids_of(services, actor)
    query = "UPDATE producer SET profile = profile || jsonb_build_object('capacity_daily', CAST(:many AS int)) WHERE id = :id"
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text(query), {"id": who["p1"], "many": 3})
        assert (await rosters.current(uow)).profiles[who["p1"]].capacity_daily == 3
        await uow.session.execute(text(query), {"id": who["p1"], "many": 4})
    assert (await read(services, actor, rosters)).profiles[who["p1"]].capacity_daily == 4


async def test_what_a_transaction_took_back_is_read_again(services: Services, actor: Actor) -> None:
    rosters, who = Rosters(), await ids_of(services, actor)
    before = (await read(services, actor, rosters)).profiles[who["p1"]].capacity_daily
    with pytest.raises(RuntimeError):
        await taken_back(services, actor, rosters, who["p1"])
    await write(services, actor, "UPDATE producer SET name = 'Other' WHERE id = :id", id=who["p2"])
    await write(services, actor, "UPDATE producer SET name = 'Another' WHERE id = :id", id=who["p2"])
    assert (await read(services, actor, rosters)).profiles[who["p1"]].capacity_daily == before


async def taken_back(services: Services, actor: Actor, rosters: Rosters, who: UUID) -> None:
    async with services.database.begin(actor) as uow:
        query = """UPDATE producer SET profile = profile || '{"capacity_daily": 99}' WHERE id = :id"""
        await uow.session.execute(text(query), {"id": who})
        assert (await rosters.current(uow)).profiles[who].capacity_daily == 99
        raise RuntimeError("taken back")


async def test_a_tier_that_was_counted_anew_is_another_profile(services: Services, asked: list[UUID]) -> None:
    actor = await new_agency(services, [a_producer("p1"), a_producer("p2")])
    who = await ids_of(services, actor)
    await services.brokers.standing.tier(actor, who["p1"])  # counts
    rosters = Rosters()
    await read(services, actor, rosters)
    asked.clear()
    query = "UPDATE network_effect SET tier = 'gold', score = 200 WHERE producer_id = :id"
    await write(services, actor, query, id=who["p1"])
    await write(services, actor, "UPDATE agency SET roster_version = roster_version + 1")
    after = await read(services, actor, rosters)
    assert asked == [who["p1"]]
    assert (after.profiles[who["p1"]].network_tier, after.profiles[who["p2"]].network_tier) == ("gold", "bronze")


async def test_a_connection_changes_no_profile(services: Services, actor: Actor, asked: list[UUID]) -> None:
    rosters = Rosters()
    before = await read(services, actor, rosters)
    asked.clear()
    await write(services, actor, "UPDATE agency SET roster_version = roster_version + 1")
    after = await read(services, actor, rosters)
    assert after.version > before.version
    assert after.profiles is before.profiles, "panels stand as long as it is the same"
    assert asked == []
