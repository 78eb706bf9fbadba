"""The server profile: a migration of its own, several processes of each kind, one told to stop while the others go on."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from bench.server_stores import ServerStores, server_stores
from store.migrate import head_revision
from tests.builders import a_lead, a_producer, an_agency
from tests.cli.terminal import PATIENCE, Terminal, first_line, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="lw-servers-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest_asyncio.fixture(scope="module")
async def stores(folder: Path) -> AsyncIterator[ServerStores]:
    async with server_stores(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def terminal(stores: ServerStores, folder: Path) -> Terminal:
    named = {name.removeprefix("LEADWRIGHT_"): value for name, value in stores.environment().items()}
    return Terminal(folder, **named, AGENCY="desk", PROCESSES__DRAIN_SECONDS="2", PIPELINE__LEASE_SECONDS="3")


def version_of(stores: ServerStores, becomes: str) -> None:
    url = make_url(stores.settings.postgres.owner_url.get_secret_value()).set(drivername="postgresql")  # type: ignore[union-attr]
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (becomes,))


def test_a_process_refuses_a_database_that_nobody_migrated(terminal: Terminal) -> None:
    for command in ("api", "worker"):
        done = terminal.run(command)
        assert done.code == 1
        assert "run `leadwright migrate`" in done.words
        assert "Traceback" not in done.err


def test_migrating_is_a_step_of_its_own_and_may_be_repeated(terminal: Terminal) -> None:
    for _ in range(2):
        done = terminal.run("migrate")
        assert (done.code, done.out) == (0, f"database is at {head_revision()}\n"), done.err


@pytest.mark.parametrize(
    ("present", "words"),
    [("0001firsttables", "is older"), ("9999unheardof", "start the newer release")],
)
def test_a_process_refuses_tables_of_another_release(
    terminal: Terminal, stores: ServerStores, present: str, words: str
) -> None:
    version_of(stores, present)
    try:
        done = terminal.run("worker")
    finally:
        version_of(stores, head_revision())
    assert done.code == 1
    assert words in done.words
    assert present in done.words


def test_the_doctor_examines_servers_and_exits_by_what_it_finds(terminal: Terminal) -> None:
    well = terminal.run("doctor", "--json")
    report = json.loads(well.out)
    assert (well.code, report["state"]) == (0, "warn"), well
    assert {one["check"] for one in report["findings"] if one["state"] == "warn"} >= {"server", "owner"}
    ill = terminal.run("doctor", CACHE__URL="redis://:word-that-is-secret@127.0.0.1:1")
    assert ill.code == 1
    assert "fail cache: answer" in ill.out
    assert "word-that-is-secret" not in ill.out + ill.err


def test_embedded_stores_have_no_separate_processes(terminal: Terminal) -> None:
    done = Terminal(terminal.folder, HOME=str(terminal.folder / "none")).run("worker")
    assert done.code == 1
    assert "LEADWRIGHT_PROFILE=server" in done.words


def test_two_workers_share_the_work_of_one_api_and_each_stops_in_order(terminal: Terminal) -> None:
    agency = json.dumps(an_agency("desk", [a_producer(f"p{n}") for n in range(4)]))
    assert terminal.run("agency", "load", terminal.write("desk.json", agency)).code == 0
    token = terminal.run("token", "--agency", "desk").out.strip()
    watch = free_port()
    with (
        terminal.running("api") as door,
        terminal.running("worker", PROCESSES__WORKER_PORT=str(watch)) as first,
        terminal.running("worker") as second,
        httpx.Client(base_url=f"http://127.0.0.1:{terminal.port}", timeout=60) as client,
    ):
        first_line(door.stdout, "serving http")
        names = {first_line(one.stdout, "working as") for one in (first, second)}
        assert len(names) == 2
        assert httpx.get(f"http://127.0.0.1:{watch}/health/ready", timeout=60).status_code == 200
        assert "leadwright_runs_in_flight" in httpx.get(f"http://127.0.0.1:{watch}/metrics", timeout=60).text
        assert httpx.get(f"http://127.0.0.1:{watch}/api/v1/leads", timeout=60).status_code == 404
        client.headers["Authorization"] = f"Bearer {token}"
        sent = [_sent(client, number) for number in range(12)]
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0, first.stderr.read()  # type: ignore[union-attr]
        sent += [_sent(client, number) for number in range(12, 20)]
        assert {_settled(client, lead_id) for lead_id in sent} <= {"assigned", "queued"}
        door.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        last = client.get("/health/ready")
        assert last.status_code == 503
        assert {"name": "process", "ok": False, "needed": True, "detail": "is stopping"} in last.json()["parts"]
        assert client.get("/health/live").status_code == 200, "it answers on while it drains"
        client.close()
        assert door.wait(PATIENCE) == 0, door.stderr.read()  # type: ignore[union-attr]
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE) == 0, second.stderr.read()  # type: ignore[union-attr]


def _sent(client: httpx.Client, number: int) -> str:
    body = a_lead(full_name=f"Lead {number}", email=f"lead{number}@leads.example", phone=None)
    answer = client.post("/api/v1/leads", json=body, headers={"Idempotency-Key": f"lead-number-{number}"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["lead_id"])


def _settled(client: httpx.Client, lead_id: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        status = str(client.get(f"/api/v1/leads/{lead_id}").json()["status"])
        if status not in {"received", "qualified", "processing"}:
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
