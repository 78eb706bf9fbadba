"""A database that is away reads as such, whatever error says so; a fault of ours does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor
from kernel.errors import Unavailable
from services.container import Services
from services.reach import secret_of
from store.sql.engine import open_engine
from store.uow import Database

pytestmark = pytest.mark.both_sides


async def test_a_connection_that_the_server_ends_is_away_and_the_next_one_works(services: Services) -> None:
    with pytest.raises(Unavailable):
        async with services.database.platform() as platform:
            await platform.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with services.database.platform() as platform:
        await platform.ping()


async def test_a_statement_past_the_servers_limit_is_away(services: Services) -> None:
    url = services.settings.postgres.app_url
    assert url is not None
    hasty = services.settings.postgres.model_copy(update={"statement_timeout_ms": 50})
    engine = open_engine(url.get_secret_value(), hasty)
    with pytest.raises(Unavailable):
        async with Database(engine).platform() as platform:
            await platform.session.execute(text("SELECT pg_sleep(20)"))
    await engine.dispose()


@pytest.mark.parametrize("place", ["host=/nowhere", "host=127.0.0.1&port=1"])
async def test_a_server_that_is_not_there_is_away(services: Services, place: str) -> None:
    engine = open_engine(f"postgresql+asyncpg://nobody@/postgres?{place}", services.settings.postgres)
    with pytest.raises(Unavailable):
        async with Database(engine).platform() as platform:
            await platform.ping()
    await engine.dispose()


@pytest.mark.parametrize(
    ("statement", "values"),
    [("SELECT nothing", {}), ("SELECT 1 / 0", {}), ("SELECT CAST(:n AS bigint)", {"n": 2**70})],
)
async def test_a_fault_of_ours_is_not_taken_for_an_absence(
    services: Services, actor: Actor, statement: str, values: dict[str, int]
) -> None:
    with pytest.raises(DBAPIError):
        async with services.database.begin(actor) as uow:
            await uow.session.execute(text(statement), values)


@pytest.fixture
async def lone(services: Services) -> AsyncIterator[Database]:
    """A database on which every unit of work gets the connection of the one before."""
    given = services.settings.postgres
    lone = Database(
        open_engine(secret_of(given.app_url), given.model_copy(update={"pool_size": 1, "pool_overflow": 0}))
    )
    yield lone
    await lone.close()


_WHOSE = text("SELECT coalesce(current_setting('leadwright.agency', true), ''), pg_backend_pid()")


async def whose(database: Database) -> tuple[str, int]:
    async with database.platform() as platform:
        agency, backend = (await platform.session.execute(_WHOSE)).one()
        return agency, backend


async def test_a_connection_acts_for_nobody_once_its_unit_of_work_has_ended(lone: Database, actor: Actor) -> None:
    _, backend = await whose(lone)
    async with lone.begin(actor) as uow:
        assert (await uow.session.execute(_WHOSE)).one() == (str(actor.agency_id), backend)
    assert await whose(lone) == ("", backend)
    async with lone.begin(actor):
        pass  # begins no transaction
    assert await whose(lone) == ("", backend)
    with pytest.raises(DBAPIError):
        async with lone.begin(actor) as uow:
            await uow.session.execute(text("SELECT 1 / 0"))
    assert await whose(lone) == ("", backend)
    async with lone.engine.begin() as connection:
        assert (await connection.execute(_WHOSE)).one() == ("", backend)


async def test_one_agency_after_the_other_sees_its_own(lone: Database, actor: Actor, other_actor: Actor) -> None:
    for who in (actor, other_actor, actor):
        async with lone.begin(who) as uow:
            async with uow.session.begin_nested():
                assert (await uow.session.scalars(text("SELECT id FROM agency"))).all() == [who.agency_id]
            assert (await uow.session.scalars(text("SELECT id FROM agency"))).all() == [who.agency_id]


async def test_a_transaction_that_could_not_begin_gives_its_connection_up(lone: Database, actor: Actor) -> None:
    nobody = replace(actor, agency_id=cast("Any", SimpleNamespace(hex="no agency")))
    with pytest.raises(Unavailable):
        async with lone.begin(nobody) as uow:
            await uow.session.execute(_WHOSE)
    assert (await whose(lone))[0] == ""
