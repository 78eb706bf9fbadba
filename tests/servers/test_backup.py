"""What docs/howto/servers.md says of backups, done: a dump by the owner, restored into an empty database."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from domain.actor import Actor
from services.container import Services
from services.leads.schemas import LeadIn
from store.migrate import require_schema
from store.sql.engine import open_engine
from store.sql.inspect import database_facts
from store.uow import Database
from tests.builders import a_lead
from tests.conftest import new_agency
from tests.servers.fixtures import PostgresUrls

pytestmark = pytest.mark.servers


async def test_a_restored_dump_has_every_lead_behind_row_security(
    server_services: Services, postgres_server: PostgresUrls, tmp_path: Path
) -> None:
    actor: Actor = await new_agency(server_services, [])
    for number in range(3):
        body = LeadIn(**a_lead(email=f"b{number}@leads.example", full_name=f"Lead {number}"))
        await server_services.intake.accept_one(actor, body, key=None)
    dump, owner = tmp_path / "leadwright.dump", make_url(postgres_server.owner)
    fresh = owner.set(database="restored").render_as_string(hide_password=False)
    _run(postgres_server, "pg_dump", "--format=custom", f"--dbname={postgres_server.owner}", f"--file={dump}")
    _run(postgres_server, "createdb", f"--maintenance-db={postgres_server.owner}", "restored")
    _run(postgres_server, "pg_restore", "--exit-on-error", f"--dbname={fresh}", str(dump))
    app = make_url(postgres_server.app).set(database="restored").render_as_string(hide_password=False)
    engine = open_engine(app, server_services.settings.postgres)
    try:
        await require_schema(engine)
        facts = await database_facts(engine)
        assert (facts.may_too_much, facts.unguarded, facts.seen_without_agency) == (False, (), False)
        restored = replace(server_services, database=Database(engine))
        assert (await restored.books.of(actor)).leads == 3
        assert (await restored.lead_rebuild.rebuild(actor)).differed == 0
    finally:
        await engine.dispose()


def _run(server: PostgresUrls, program: str, *arguments: str) -> None:
    command = [str(server.programs / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
