"""Where the stores answer and which keys hold: the embedded servers started, or the addresses that the settings give."""

from __future__ import annotations

from contextlib import AsyncExitStack
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
    """Where the stores answer: settings with every address filled in, whichever profile gave them."""

    settings: Settings
    owner: bool
    app_password: str | None
    vectors_folder: Path


async def reach(settings: Settings, stack: AsyncExitStack) -> Reached:
    """Start or attach to the embedded stores where the profile asks for them; ``stack`` stops them."""
    folder = settings.home_path / "vectors"
    if settings.profile is Profile.SERVER:
        return Reached(settings, owner=True, app_password=None, vectors_folder=folder)
    stores = await stack.enter_async_context(await EmbeddedStores.open(settings.home_path))
    at = stores.endpoints
    password = Home.at(settings.home_path).secret("app-role")
    owner_url = at.postgres_dsn("postgres", at.postgres_admin_password, DATABASE, "asyncpg")
    app_url = at.postgres_dsn(APP_ROLE, password, DATABASE, "asyncpg")
    addressed = {
        "postgres": settings.postgres.model_copy(
            update={"owner_url": SecretStr(owner_url), "app_url": SecretStr(app_url)}
        ),
        "graph": settings.graph.model_copy(
            update={
                "url": at.graph_url, "user": at.graph_user, "password": SecretStr(at.graph_password),
                "database": at.graph_database,
            }
        ),
        "cache": settings.cache.model_copy(update={"url": SecretStr(at.redis_url)}),
        "bus": settings.bus.model_copy(update={"url": SecretStr(at.nats_url)}),
    }  # fmt: skip
    return Reached(settings.model_copy(update=addressed), stores.owner, password, at.vectors_path)


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
