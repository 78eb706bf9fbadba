"""Stores that stand alone, for processes of the server profile: the embedded binaries, run by whoever measures or tests."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from kernel.settings import ApiSettings, Profile, Settings
from services.reach import addressed, secret_of
from store.embedded import EmbeddedStores


@dataclass(frozen=True, slots=True)
class ServerStores:
    """Running stores. ``settings`` are those of a process that uses them by URL; ``pids`` names each server's process now."""

    settings: Settings
    stores: EmbeddedStores

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by service."""
        return self.stores.pids

    def environment(self) -> dict[str, str]:
        """The settings as a process of its own reads them."""
        at = self.settings
        values = {
            "PROFILE": "server", "HOME": str(at.home), "POSTGRES__OWNER_URL": secret_of(at.postgres.owner_url),
            "POSTGRES__APP_URL": secret_of(at.postgres.app_url), "GRAPH__URL": str(at.graph.url), "GRAPH__USER": at.graph.user,
            "GRAPH__PASSWORD": secret_of(at.graph.password), "GRAPH__DATABASE": at.graph.database,
            "CACHE__URL": secret_of(at.cache.url), "BUS__URL": secret_of(at.bus.url),
            "API__JWT_SECRET": secret_of(at.api.jwt_secret),
        }  # fmt: skip
        return {f"LEADWRIGHT_{name}": value for name, value in values.items()}


@asynccontextmanager
async def server_stores(folder: Path) -> AsyncIterator[ServerStores]:
    """Start the stores under ``folder``; they are empty, and `leadwright migrate` comes first.

    Processes get ``folder/shared`` as the folder that they have in common.
    """
    async with await EmbeddedStores.open(folder / "stores") as stores:
        jwt = ApiSettings(jwt_secret=SecretStr(secrets.token_urlsafe(32)))
        plain = Settings(_env_file=None, home=folder / "shared", api=jwt)
        settings = addressed(plain, stores, secrets.token_urlsafe(24)).model_copy(update={"profile": Profile.SERVER})
        yield ServerStores(settings, stores)
