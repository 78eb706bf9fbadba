"""A forgotten filter returns nothing of another agency, and the application role cannot get around it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor
from services.container import Services
from services.leads.schemas import LeadIn
from store.sql.models import Row
from tests.builders import a_lead

pytestmark = pytest.mark.both_sides

TENANT_TABLES = sorted(table.name for table in Row.metadata.tables.values() if "agency_id" in table.columns)


async def test_a_forgotten_filter_returns_nothing_of_another_agency(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    await services.intake.accept_one(actor, LeadIn(**a_lead()), key="rls")
    counts = {}
    for who in (actor, other_actor):
        async with services.database.begin(who) as uow:
            counts[who] = {
                table: await uow.session.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("lead", "lead_event", "outbox", "graph_run", "idempotency_key")
            }
    assert set(counts[actor].values()) == {1}
    assert set(counts[other_actor].values()) == {0}


@pytest.mark.parametrize("table", [*TENANT_TABLES, "agency"])
async def test_without_an_agency_nothing_is_visible(services: Services, actor: Actor, table: str) -> None:
    await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    async with services.database.platform() as platform:
        assert await platform.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@pytest.mark.parametrize("table", [*TENANT_TABLES, "agency"])
async def test_every_tenant_table_has_row_security(services: Services, table: str) -> None:
    async with services.database.platform() as platform:
        on = await platform.session.scalar(
            text("SELECT relrowsecurity FROM pg_class WHERE relname = :table AND relkind = 'r'"), {"table": table}
        )
    assert on is True


async def test_a_row_cannot_be_written_for_another_agency(services: Services, actor: Actor, other_actor: Actor) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with services.database.begin(actor) as uow:
            await uow.session.execute(
                text("INSERT INTO producer_profile (agency_id, digest, body) VALUES (:agency, 'x', '{}')"),
                {"agency": other_actor.agency_id},
            )


async def test_the_application_role_cannot_bypass_row_security(services: Services) -> None:
    async with services.database.platform() as platform:
        row = await platform.session.execute(
            text("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        )
        assert row.one() == (False, False, False)
        owned = await platform.session.scalar(
            text("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user")
        )
        assert owned == 0
    with pytest.raises(DBAPIError, match="must be owner"):
        async with services.database.platform() as platform:
            await platform.session.execute(text("ALTER TABLE lead DISABLE ROW LEVEL SECURITY"))


@pytest.mark.parametrize("statement", ["UPDATE lead_event SET kind = 'won'", "DELETE FROM lead_event"])
async def test_history_can_only_be_added_to(services: Services, actor: Actor, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with services.database.begin(actor) as uow:
            await uow.session.execute(text(statement))
