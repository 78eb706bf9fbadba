"""Stores of their own for the workers: these tests kill servers, move leases and count every message."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
import structlog
from sqlalchemy import make_url

from kernel.settings import PipelineSettings, Settings
from services.container import Services
from services.opening import open_services


@pytest.fixture(scope="package")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lw-workers-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def settings(home: Path) -> Settings:
    """A lease of seconds and a look around every tenth of one: waiting is all that the defaults would add."""
    pipeline = PipelineSettings(concurrency=4, lease_seconds=2.0, poll_seconds=0.1, max_attempts=2)
    return Settings(_env_file=None, home=home, pipeline=pipeline)  # type: ignore[call-arg]


@pytest.fixture(scope="package")
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as opened:
        yield opened


@pytest.fixture
async def owner(services: Services) -> AsyncIterator[asyncpg.Pool]:
    """Connections as the tables' owner, who sees every agency. The outbox and the queue are empty at the test's start."""
    url = services.settings.postgres.owner_url
    assert url is not None
    plain = make_url(url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)
    async with asyncpg.create_pool(plain, min_size=1, max_size=3) as pool:
        await pool.execute("UPDATE graph_run SET status = 'done' WHERE status IN ('queued', 'running')")
        await pool.execute("UPDATE outbox SET published_at = now() WHERE published_at IS NULL")
        yield pool


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Faults are the point here; nobody reads their traces, and rendering one takes seconds."""
    with structlog.testing.capture_logs():
        yield
