"""Real servers for the whole run, each started when a case first asks for it; tests/conftest.py hands them to every case."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
import redis
from neo4j import GraphDatabase
from pydantic import SecretStr

from kernel.settings import (
    ApiSettings,
    BusSettings,
    CacheSettings,
    GraphSettings,
    PostgresSettings,
    Profile,
    Settings,
)
from services.container import Services
from services.opening import open_services
from store.embedded import account as accounts
from store.embedded import binaries
from store.embedded.ports import free_port
from store.migrate import APP_ROLE, app_password_of, upgrade_async
from tests.servers.process import Running, a_folder, listens
from tests.servers.programs import neo4j_jars, redis_program

_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")


@dataclass(frozen=True)
class PostgresUrls:
    """A database of its own, whose owner is no superuser; the application's role is not there yet."""

    owner: str
    app: str
    programs: Path


@dataclass(frozen=True)
class NatsServer:
    """NATS with accounts: the login that publishes, and the running server."""

    settings: BusSettings
    running: Running


@pytest.fixture(scope="session")
def neo4j() -> Iterator[GraphSettings]:
    """Neo4j 5.26 Community."""
    java, jars = neo4j_jars()
    port, password = free_port(), secrets.token_urlsafe(16)
    with a_folder("neo4j") as home:
        for part in ("conf", "data", "logs", "plugins", "import", "run", "licenses"):
            (home / part).mkdir()
        settings = {
            "server.default_listen_address": "127.0.0.1", "server.bolt.listen_address": f":{port}",
            "server.http.enabled": "false", "server.https.enabled": "false", "dbms.usage_report.enabled": "false",
            "server.memory.heap.max_size": "512m", "server.memory.pagecache.size": "64m", "dbms.security.auth_enabled": "true",
        }  # fmt: skip
        (home / "conf" / "neo4j.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        places = {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf"), "PATH": "/usr/bin:/bin"}
        admin = [java, "-cp", f"{jars}/*", "org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password]
        subprocess.run(admin, env=places, check=True, capture_output=True, timeout=120)
        opened = [f"--add-opens={name}=ALL-UNNAMED" for name in _OPENED]
        command = [
            java, "-Xmx512m", "-XX:+UseSerialGC", *opened, "-Dfile.encoding=UTF-8", "-cp", f"{jars}/*",
            "org.neo4j.server.CommunityEntryPoint", f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode",
        ]  # fmt: skip
        url = f"bolt://127.0.0.1:{port}"

        def ready() -> bool:
            if not listens(port):
                return False
            with GraphDatabase.driver(url, auth=("neo4j", password), telemetry_disabled=True) as driver:
                driver.verify_connectivity()
            return True

        running = Running(command, home, ready, patience=180)
        running.start()
        yield GraphSettings(url=url, password=SecretStr(password), timeout_seconds=10)
        running.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[CacheSettings]:
    """Redis 7 over TCP with a password."""
    program, port, password = redis_program(), free_port(), secrets.token_urlsafe(16)
    with a_folder("redis") as folder:
        lines = {
            "bind": "127.0.0.1", "port": str(port), "requirepass": password, "dir": str(folder), "appendonly": "yes",
            "maxmemory": "64mb", "maxmemory-policy": "allkeys-lru",
        }  # fmt: skip
        (folder / "redis.conf").write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        libraries = {"LD_LIBRARY_PATH": str(program.libraries)} if program.libraries else {}
        url = f"redis://:{password}@127.0.0.1:{port}/0"

        def ready() -> bool:
            with redis.Redis.from_url(url) as client:
                about = client.info()
            assert "valkey_version" not in about
            return int(about["redis_version"].split(".")[0]) >= 7

        running = Running([str(program.path), str(folder / "redis.conf")], folder, ready, environment=libraries)
        running.start()
        yield CacheSettings(url=SecretStr(url))
        running.stop()


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """NATS where the login belongs to an account of its own with a limit of disk, beside a system account."""
    port, password = free_port(), secrets.token_urlsafe(16)
    with a_folder("nats") as folder:
        (folder / "nats.conf").write_text(f"""
listen: 127.0.0.1:{port}
server_name: for-tests
jetstream {{ store_dir: "{folder}/js", max_file_store: 1GB }}
accounts {{
  LEADS {{ jetstream {{ max_file: 512MB, max_mem: 16MB }}, users: [ {{ user: leads, password: "{password}" }} ] }}
  SYS {{ users: [ {{ user: sys, password: "{secrets.token_urlsafe(16)}" }} ] }}
}}
system_account: SYS
""")
        running = Running([str(binaries.nats()), "-c", str(folder / "nats.conf")], folder, lambda: listens(port))
        running.start()
        url = SecretStr(f"nats://leads:{password}@127.0.0.1:{port}")
        yield NatsServer(BusSettings(url=url), running)
        running.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresUrls]:
    """Postgres over TCP with passwords (SCRAM)."""
    port, words = free_port(), {name: secrets.token_urlsafe(16) for name in ("postgres", "lw_owner", APP_ROLE)}
    account = accounts.unprivileged()
    with a_folder("postgres") as folder:
        programs = binaries.postgres(folder / "cache", account)
        data, secret = folder / "data", folder / "password"
        data.mkdir(mode=0o700)
        secret.write_text(words["postgres"])
        (folder / "server.log").touch()
        who: dict[str, object] = {}
        if account is not None:
            for path in (data, secret):
                subprocess.run(["chown", f"{account.uid}:{account.gid}", str(path)], check=True)
            who = {"user": account.uid, "group": account.gid, "extra_groups": []}
        initdb = [
            str(programs / "initdb"), "-D", str(data), "-U", "postgres", f"--pwfile={secret}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **who)  # type: ignore[call-overload]
        command = [
            str(programs / "postgres"), "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=",
        ]  # fmt: skip
        admin = f"postgresql://postgres:{words['postgres']}@127.0.0.1:{port}/postgres"

        def ready() -> bool:
            with psycopg.connect(admin, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)

        running = Running(command, folder, ready, account=account)
        running.start()
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                f"CREATE ROLE lw_owner LOGIN CREATEDB CREATEROLE PASSWORD '{words['lw_owner']}'"  # type: ignore[arg-type]
            )
            connection.execute("CREATE DATABASE leadwright OWNER lw_owner")
        yield PostgresUrls(
            f"postgresql://lw_owner:{words['lw_owner']}@127.0.0.1:{port}/leadwright",
            f"postgresql://{APP_ROLE}:{words[APP_ROLE]}@127.0.0.1:{port}/leadwright",
            programs,
        )
        running.stop()


@pytest.fixture(scope="session")
def server_settings(
    neo4j: GraphSettings, redis_server: CacheSettings, nats_server: NatsServer, postgres_server: PostgresUrls,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:  # fmt: skip
    """The server profile on all of them; no Qdrant can be started here, so there are no vectors."""
    return Settings(
        _env_file=None, home=tmp_path_factory.mktemp("shared"), profile=Profile.SERVER, graph=neo4j, cache=redis_server,  # type: ignore[call-arg]
        bus=nats_server.settings, api=ApiSettings(jwt_secret=SecretStr(secrets.token_urlsafe(32))),
        postgres=PostgresSettings(owner_url=SecretStr(postgres_server.owner), app_url=SecretStr(postgres_server.app)),
    )  # fmt: skip


@pytest_asyncio.fixture(scope="session")
async def server_services(server_settings: Settings) -> AsyncIterator[Services]:
    """Every service in the server profile, after `leadwright migrate` as an owner who is no superuser."""
    postgres = server_settings.postgres
    assert postgres.owner_url is not None
    assert postgres.app_url is not None
    password = app_password_of(postgres.app_url.get_secret_value())
    await upgrade_async(postgres.owner_url.get_secret_value(), password, role_is_ours=False)
    async with open_services(server_settings) as opened:
        yield opened
