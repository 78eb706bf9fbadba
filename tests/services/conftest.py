"""Services on the session's stores."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import make_url

from services.container import Services


@pytest.fixture(autouse=True)
async def empty_queue(services: Services) -> None:
    """No run of an earlier test: workers take the oldest of every agency first, and there are hundreds."""
    url = services.settings.postgres.owner_url
    assert url is not None
    plain = make_url(url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute("UPDATE graph_run SET status = 'done' WHERE status IN ('queued', 'running')")
    await connection.close()
