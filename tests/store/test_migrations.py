"""Migrations give exactly the tables of the models, forward and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, make_url, text

from services.container import Services
from store.migrate import head_revision, upgrade
from store.sql.models import Row
from store.sql.repositories.offers import WAITING

pytestmark = pytest.mark.both_sides


def _owner_url(services: Services) -> str:
    owner = services.settings.postgres.owner_url
    assert owner is not None
    return owner.get_secret_value()


def test_the_migrated_schema_is_the_models(services: Services) -> None:
    engine = create_engine(make_url(_owner_url(services)).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [change for change in compare_metadata(context, Row.metadata) if "checkpoint" not in str(change)]
        assert context.get_current_revision() == head_revision()
    engine.dispose()
    assert found == []


def test_the_index_of_waiting_leads_holds_every_reason_that_the_queue_asks_for(services: Services) -> None:
    engine = create_engine(make_url(_owner_url(services)).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        indexed = connection.scalar(
            text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_lead_waiting_for_producer'")
        )
    engine.dispose()
    assert [reason for reason in WAITING if f"'{reason}'" not in str(indexed)] == []


@contextmanager
def _fresh(services: Services, name: str) -> Iterator[tuple[Engine, Config]]:
    """A migrated database of its own, dropped at the end, and the migrations' configuration."""
    url = make_url(_owner_url(services)).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    fresh = url.set(database=name)
    try:
        assert upgrade(fresh.render_as_string(hide_password=False), None) == head_revision()
        engine = create_engine(fresh)
        config = Config()
        config.set_main_option("script_location", "store/migrations")
        yield engine, config
        engine.dispose()
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def _migrate(engine: Engine, config: Config, step: Callable[[Config, str], None], revision: str) -> None:
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        step(config, revision)


def test_migrations_go_back_and_forth_on_an_empty_database(services: Services) -> None:
    with _fresh(services, "back_and_forth") as (engine, config):
        _migrate(engine, config, command.downgrade, "base")
        with engine.connect() as connection:
            left = connection.scalar(
                text("SELECT count(*) FROM pg_tables WHERE tablename IN ('lead', 'agency', 'receipt')")
            )
        assert left == 0
        _migrate(engine, config, command.upgrade, "head")


def test_leads_that_are_there_get_their_house_and_street_keys(services: Services) -> None:
    with _fresh(services, "house_keys") as (engine, config):
        _migrate(engine, config, command.downgrade, "0012sweep")
        with engine.begin() as connection:
            connection.execute(text(
                "INSERT INTO agency (id, slug, name, settings, roster_version, created_at) "
                "VALUES (gen_random_uuid(), 'old', 'Old', '{}', 0, now())"
            ))  # fmt: skip
            # More than one slice of the migration.
            connection.execute(text(
                "INSERT INTO lead (id, agency_id, version, status, source, test, received_at, updated_at, phone_valid, text, "
                "extras, lines, needs_review, do_not_call, apart, street, zip) "
                "SELECT gen_random_uuid(), agency.id, 1, 'queued', 'x', false, now(), now(), false, '', '{}', '{}', false, "
                "false, '{}', CASE WHEN n % 10 > 0 THEN n || ' Oak St Apt 4' END, CASE WHEN n % 7 > 0 THEN '60601-1234' END "
                "FROM agency, generate_series(1, 2500) AS n"
            ))  # fmt: skip
        _migrate(engine, config, command.upgrade, "head")
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT street, zip, house_key, street_key FROM lead")).all()
    assert len(rows) == 2500
    for row in rows:
        house = f"{row.street.split()[0]}|oak" if row.street else None
        assert (row.house_key, row.street_key) == (house, "oak|60601" if row.street and row.zip else None)
