"""``leadwright api`` and ``leadwright worker``: the processes of the server profile, as many of each as are wanted."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

from api.app import create_watch
from cli.commands.serve import listening, quiet_server, serve_until_told
from cli.session import err, execute, out, session
from cli.workforce import working
from kernel.errors import Conflict
from kernel.settings import Profile, Settings
from services.container import Services


def api() -> None:
    """Serve the API only, on servers; workers are processes of their own."""
    execute(_api)


def worker() -> None:
    """Work the pipeline, the outbox and documents only, on servers, until SIGTERM or Ctrl-C; what was begun goes on elsewhere."""
    execute(_worker)


async def _api(settings: Settings) -> None:
    _refuse_embedded(settings, "api")
    async with session(settings) as services:
        with listening(settings.api.host, settings.api.port) as door:
            await serve_until_told(services, door)


async def _worker(settings: Settings) -> None:
    _refuse_embedded(settings, "worker")
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, told.set)
    async with session(settings) as services, _watched(services), working(services) as pipeline:
        out.print(f"working as {pipeline.name}", markup=False)
        await told.wait()
        services.health.stopping()
        err.print("stopping: steps in flight end, their runs go on elsewhere")


@contextlib.asynccontextmanager
async def _watched(services: Services) -> AsyncIterator[None]:
    """Health and metrics of this worker, where a port is set for them."""
    settings = services.settings.processes
    if settings.worker_port is None:
        yield
        return
    with listening(settings.worker_host, settings.worker_port, "PROCESSES__WORKER_") as door:
        server = quiet_server(create_watch(services))
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)


def _refuse_embedded(settings: Settings, command: str) -> None:
    if settings.profile is Profile.EMBEDDED:
        raise Conflict(
            f"`leadwright {command}` is for LEADWRIGHT_PROFILE=server; embedded stores have one owner, `leadwright serve`"
        )
