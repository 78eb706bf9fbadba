"""A database that is away reads as such, whatever error says so; a fault of ours does not."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor
from kernel.errors import Unavailable
from services.container import Services
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
