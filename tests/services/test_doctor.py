"""The doctor sees what is wrong, says what to do, and never repeats a secret."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text

import store.sql.inspect as inspected
from domain.actor import Actor
from kernel.clock import now
from kernel.settings import ApiSettings, GraphSettings, PostgresSettings, Profile, Settings, VectorSettings
from prompts.registry import Library, library
from services.container import Services
from services.doctor import local
from services.doctor.examine import examine
from services.doctor.findings import Finding, Report, State, fail, secrets_in, without_secrets
from services.doctor.local import settings_of
from services.leads.schemas import LeadIn
from services.reach import Reached, secret_of
from store.sql.engine import open_engine
from tests.builders import a_lead, a_sent_lead

pytestmark = pytest.mark.both_sides

Changed = Callable[..., Reached]


@pytest.fixture
def reached(services: Services) -> Changed:
    """The session's stores as a process that attached to them reaches them, with changed settings."""

    def make(**changes: object) -> Reached:
        settings = services.settings.model_copy(update=changes)
        return Reached(settings, owner=False, app_password=None, vectors_folder=settings.home_path / "vectors")

    return make


def of(report: Report, part: str, state: State) -> list[Finding]:
    return [one for one in report.findings if one.part == part and one.state is state]


def failing(report: Report) -> set[str]:
    return {one.part for one in report.findings if one.state is State.FAIL}


@pytest_asyncio.fixture
async def as_owner(services: Services) -> AsyncIterator[Callable[[str], object]]:
    engine = open_engine(secret_of(services.settings.postgres.owner_url), services.settings.postgres)

    async def run(statement: str) -> None:
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    yield run
    await engine.dispose()


async def test_a_healthy_installation_has_nothing_to_mend(reached: Changed, services: Services, actor: Actor) -> None:
    await services.projection.refresh(actor)
    report = await examine(reached())
    assert failing(report) == set(), report
    assert {one.part for one in report.findings} == {
        "postgres", "graph", "cache", "bus", "vectors", "blobs", "prompts", "models", "settings",
    }  # fmt: skip
    assert all(one.remedy for one in report.findings if one.state is not State.OK)


async def test_a_store_that_is_away_fails_alone_and_no_secret_is_told(reached: Changed, services: Services) -> None:
    settings = services.settings
    dead = settings.cache.model_copy(update={"url": SecretStr("redis://:a-long-secret-word@127.0.0.1:1")})
    report = await examine(reached(cache=dead))
    assert failing(report) == {"cache"}
    said = report.model_dump_json()
    assert not [word for word in secrets_in(settings) if word in said]
    assert "a-long-secret-word" not in said


async def test_a_role_that_passes_row_security_fails(reached: Changed, services: Services) -> None:
    postgres = services.settings.postgres
    report = await examine(reached(postgres=postgres.model_copy(update={"app_url": postgres.owner_url})))
    assert {one.check for one in of(report, "postgres", State.FAIL)} >= {"role"}


async def test_rows_that_show_themselves_without_an_agency_fail(
    reached: Changed, services: Services, actor: Actor
) -> None:
    await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    postgres = services.settings.postgres
    report = await examine(reached(postgres=postgres.model_copy(update={"app_url": postgres.owner_url})))
    assert "row security" in {one.check for one in of(report, "postgres", State.FAIL)}


async def test_a_table_without_row_security_is_named(reached: Changed, as_owner: Callable[[str], object]) -> None:
    await as_owner("CREATE TABLE left_open (agency_id uuid)")  # type: ignore[misc]
    try:
        report = await examine(reached())
    finally:
        await as_owner("DROP TABLE left_open")  # type: ignore[misc]
    (found,) = of(report, "postgres", State.FAIL)
    assert (found.check, found.detail) == ("row security", "off on left_open")


@pytest.mark.parametrize(("seconds", "state"), [(5, State.WARN), (-60, State.FAIL)])
async def test_clocks_that_differ_are_seen(
    reached: Changed, monkeypatch: pytest.MonkeyPatch, seconds: int, state: State
) -> None:
    monkeypatch.setattr(inspected, "now", lambda: now() + timedelta(seconds=seconds))
    report = await examine(reached())
    assert "clock" in {one.check for one in of(report, "postgres", state)}


async def test_a_folder_that_is_not_the_shared_one_is_seen(
    reached: Changed, services: Services, actor: Actor, tmp_path: Path
) -> None:
    await services.documents.add(actor, await a_sent_lead(services, actor), "note.txt", b"a few words about a house")
    assert not of(await examine(reached()), "blobs", State.FAIL)
    report = await examine(reached(home=tmp_path, home_path=tmp_path))
    (found,) = of(report, "blobs", State.FAIL)
    assert "not in this folder" in found.detail
    assert "LEADWRIGHT_HOME" in found.remedy


async def test_a_changed_prompt_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    shutil.copytree(library().folder, folder)
    assert [one.state for one in await _prompts(monkeypatch, folder)] == [State.OK]
    changed = folder / "extractor" / "v1.md"
    changed.write_text(changed.read_text() + "\nbe bold\n")
    (found,) = await _prompts(monkeypatch, folder)
    assert found.state is State.FAIL
    assert "extractor" in found.detail


async def _prompts(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Finding]:
    monkeypatch.setattr(local, "library", lambda: Library(folder))
    return await local.prompts()


def on_servers(**changes: object) -> Settings:
    known = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={
            "profile": Profile.SERVER,
            "postgres": PostgresSettings(
                app_url=SecretStr("postgresql://leadwright_app:Zr4kqP@db.internal/lw?ssl=require")
            ),
            "graph": GraphSettings(url="neo4j+s://graph.internal", password=SecretStr("Tt8vXa")),
            "vectors": VectorSettings(url="https://vectors.internal", api_key=SecretStr("Kk29xz")),
            "api": ApiSettings(jwt_secret=SecretStr("0123456789abcdef0123456789abcdef")),
        }
    )
    return known.model_copy(update=changes)


def checks(settings: Settings) -> dict[str, State]:
    return {one.check: one.state for one in settings_of(settings)}


def test_unsafe_settings_are_named() -> None:
    assert checks(on_servers()) == {"virus scan": State.WARN}
    weak = on_servers(graph=GraphSettings(url="neo4j+s://graph.internal", password=SecretStr("neo4j")))
    assert checks(weak)["passwords"] is State.FAIL
    plain = on_servers(vectors=VectorSettings(url="http://vectors.internal", api_key=SecretStr("Kk29xz")))
    assert checks(plain)["encryption"] is State.WARN
    unlocked = on_servers(vectors=VectorSettings(url="https://vectors.internal"))
    assert checks(unlocked)["passwords"] is State.FAIL
    guessed = on_servers(api=ApiSettings(jwt_secret=SecretStr("a" * 40), token_minutes=100_000))
    assert (checks(guessed)["jwt secret"], checks(guessed)["tokens"]) == (State.FAIL, State.WARN)
    owner = PostgresSettings(
        owner_url=SecretStr("postgresql://owner:Qw8@127.0.0.1/lw"),
        app_url=SecretStr("postgresql://leadwright_app@db.internal/lw?sslmode=require"),
    )
    assert checks(on_servers(postgres=owner)) == {
        "owner": State.WARN, "passwords": State.FAIL, "virus scan": State.WARN,
    }  # fmt: skip


def test_secrets_are_struck_out_of_whatever_quotes_them() -> None:
    settings = on_servers()
    words = f"cannot reach {settings.postgres.app_url.get_secret_value()} with Zr4kqP"  # type: ignore[union-attr]
    (found,) = without_secrets([fail("postgres", "answer", words, "try Tt8vXa")], settings)
    assert found.detail == "cannot reach *** with ***"
    assert found.remedy == "try ***"
