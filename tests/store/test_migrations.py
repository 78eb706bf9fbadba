"""Migrations give exactly the tables of the models, forward and back."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from services.container import Services
from store.migrate import head_revision, upgrade
from store.sql.models import Row

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


def test_migrations_go_back_and_forth_on_an_empty_database(services: Services) -> None:
    url = make_url(_owner_url(services)).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE back_and_forth"))
    fresh = url.set(database="back_and_forth")
    try:
        assert upgrade(fresh.render_as_string(hide_password=False), None) == head_revision()
        engine = create_engine(fresh)
        config = Config()
        config.set_main_option("script_location", "store/migrations")
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
            left = connection.scalar(
                text("SELECT count(*) FROM pg_tables WHERE tablename IN ('lead', 'agency', 'receipt')")
            )
            assert left == 0
            command.upgrade(config, "head")
        engine.dispose()
    finally:
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE back_and_forth WITH (FORCE)"))
        admin.dispose()
