"""No network but loopback, and one real set of embedded stores for the whole run."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from respx.mocks import HTTPCoreMocker

from domain.actor import Actor
from kernel.ids import new_id
from kernel.settings import Settings
from services.container import Services
from services.opening import open_services
from tests.builders import a_producer, an_agency
from tests.servers.fixtures import (  # noqa: F401 - handed to every case
    nats_server,
    neo4j,
    postgres_server,
    redis_server,
    server_services,
    server_settings,
)
from tests.servers.sides import EMBEDDED, SIDES

# A loaded machine may draw slowly; that says nothing about the code.
hypothesis.settings.register_profile("steady", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None)
hypothesis.settings.load_profile("steady")

# The gateway's own wire: without this line respx would not see what agents send, and the guard on sockets would stop it.
HTTPCoreMocker.add_targets("integrations.llm.connections.Connections")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure() -> None:
    """A shell starts what runs in the background with interrupts ignored, and what we start would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Cases on servers are for `make test-servers` (``-m servers``): everything else leaves them out."""
    if "servers" not in config.option.markexpr:
        left_out = [item for item in items if "servers" in item.keywords]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if "servers" not in item.keywords]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Cases of ``both_sides`` are given the services of each profile."""
    if "services" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_sides"):
        metafunc.parametrize("services", SIDES, indirect=True, scope="session")


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that leaves the machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            msg = f"a test tried to reach {address[0]}"
            raise RuntimeError(msg)
        return real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real public data beside the checkout; a test that needs it is skipped where it is absent."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return data


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A data folder that an unprivileged Postgres may enter even when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="lw-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    """Settings of the embedded profile, untouched by the environment's .env."""
    return Settings(_env_file=None, home=home)  # type: ignore[call-arg]


@pytest.fixture(scope="session")
async def embedded_services(settings: Settings) -> AsyncIterator[Services]:
    """Every service on embedded stores."""
    async with open_services(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Services:
    """Every service on real stores: embedded ones, and in cases of ``both_sides`` on servers as well."""
    side = getattr(request, "param", EMBEDDED)
    found: Services = request.getfixturevalue("embedded_services" if side == EMBEDDED else "server_services")
    return found


async def new_agency(services: Services, producers: list[dict[str, Any]], connections: Any = ()) -> Actor:
    """A fresh agency with these producers, as the actor that may do everything in it."""
    slug = f"test-{str(new_id())[-12:]}"
    actor = await services.agencies.found(slug, slug)
    await services.agencies.load(actor, json.dumps(an_agency(slug, producers, connections)).encode())
    return actor


@pytest.fixture
async def actor(services: Services) -> Actor:
    """An agency of its own for the test: three producers who may take anything."""
    return await new_agency(services, [a_producer("p1"), a_producer("p2"), a_producer("p3")])


@pytest.fixture
async def other_actor(services: Services) -> Actor:
    """Another agency."""
    return await new_agency(services, [a_producer("x1")])
