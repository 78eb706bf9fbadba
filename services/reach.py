"""Where the stores answer, and which keys hold: servers by the settings, or embedded ones that this process starts or attaches
to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from integrations.sealing import Sealer
from kernel.settings import Profile, Settings
from store.embedded import EmbeddedStores, Home
from store.migrate import APP_ROLE

DATABASE = "postgres"


@dataclass(frozen=True, slots=True)
class Reached:
    """Settings with every address filled in, whichever profile gave them.

    ``owner`` says that this process started the stores, and so migrates them and has the folder of vectors. ``app_password``
    is that of the application role where the role is ours to manage.
    """

    settings: Settings
    owner: bool
    app_password: str | None
    vectors_folder: Path


@asynccontextmanager
async def reach(settings: Settings, *, durable: bool = True) -> AsyncIterator[Reached]:
    """Start embedded stores or attach to them, and stop them at the end if they are ours; servers are only named.

    ``durable`` off lets a loss of power take the data of stores started here with it.
    """
    if settings.profile is Profile.SERVER:
        yield Reached(settings, owner=False, app_password=None, vectors_folder=settings.home_path / "vectors")
        return
    async with await EmbeddedStores.open(settings.home_path, durable=durable) as stores:
        password = Home.at(settings.home_path).secret("app-role")
        yield Reached(addressed(settings, stores, password), stores.owner, password, stores.endpoints.vectors_path)


def addressed(settings: Settings, stores: EmbeddedStores, app_password: str) -> Settings:
    """The settings with the addresses of these stores."""
    at = stores.endpoints
    owner_url = at.postgres_dsn("postgres", at.postgres_admin_password, DATABASE, "asyncpg")
    app_url = at.postgres_dsn(APP_ROLE, app_password, DATABASE, "asyncpg")
    graph = {
        "url": at.graph_url, "user": at.graph_user, "password": SecretStr(at.graph_password), "database": at.graph_database,
    }  # fmt: skip
    postgres = {"owner_url": SecretStr(owner_url), "app_url": SecretStr(app_url)}
    return settings.model_copy(
        update={
            "postgres": settings.postgres.model_copy(update=postgres),
            "graph": settings.graph.model_copy(update=graph),
            "cache": settings.cache.model_copy(update={"url": SecretStr(at.redis_url)}),
            "bus": settings.bus.model_copy(update={"url": SecretStr(at.nats_url)}),
        }
    )


def secret_of(value: SecretStr | None) -> str:
    """A setting that the profile's check has made sure of."""
    assert value is not None, "settings were checked to be complete"
    return value.get_secret_value()


def sealer_of(settings: Settings) -> Sealer | None:
    """What seals stored secrets; None where the server profile has no key for it."""
    earlier = [key.get_secret_value() for key in settings.inbound.earlier_secret_keys]
    if settings.inbound.secret_key is not None:
        return Sealer(settings.inbound.secret_key.get_secret_value(), earlier)
    if settings.profile is Profile.EMBEDDED:
        return Sealer(Home.at(settings.home_path).secret("sources"), earlier)
    return None


def jwt_secret_of(settings: Settings) -> str:
    """The key that signs tokens."""
    if settings.api.jwt_secret is not None:
        return settings.api.jwt_secret.get_secret_value()
    return Home.at(settings.home_path).secret("jwt")
