"""``leadwright serve`` and ``leadwright run``: API and workers in one process, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from importlib.resources import as_file, files

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from cli.commands.process import summary, table_of, take_and_wait
from cli.commands.receipt import explained
from cli.session import agency_actor, err, execute, load_sample, out, session
from cli.workforce import working
from domain.actor import Actor
from kernel.errors import Conflict
from kernel.settings import Profile, Settings
from services.container import Services
from services.leads.schemas import RowResult

_PATIENCE = 10
"""Seconds for requests in flight when the server stops."""
_TURN_PATIENCE = 6.0
"""Seconds of them for turns of the copilot, so that those who listen still hear how theirs ended."""


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers of its own: the command decides when and in which order things stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve() -> None:
    """Serve the API and work the pipeline until Ctrl-C."""
    execute(_serve)


def run() -> None:
    """Load the sample agency, send the sample leads through the pipeline, explain one, and serve."""
    execute(_run)


async def _serve(settings: Settings) -> None:
    async with session(settings) as services:
        _refuse_second(services)
        with listening(settings.api.host, settings.api.port) as door:
            await agency_actor(services, "serve")
            async with working(services):
                await serve_until_told(services, door)


async def _run(settings: Settings) -> None:
    async with session(settings) as services:
        _refuse_second(services)
        with listening(settings.api.host, settings.api.port) as door:
            actor = await load_sample(services)
            await services.projection.refresh(actor)
            async with working(services):
                with as_file(files("cli.samples").joinpath("leads.csv")) as sample:
                    results = await take_and_wait(services, actor, "leads.csv", sample)
                out.print(table_of(results))
                out.print(summary(results))
                await _explain_one(services, actor, results)
                await serve_until_told(services, door)


async def serve_until_told(services: Services, door: socket.socket) -> None:
    """Serve on the bound socket ``door`` until SIGINT or SIGTERM.

    Readiness then says no for the drain time that is set, so that a balancer sends nothing more; requests in flight end
    first, and turns of the copilot that take longer are given back. A second signal ends the wait.
    """
    app = create_app(services)
    server = quiet_server(app)
    loop = asyncio.get_running_loop()
    draining: list[asyncio.Task[None]] = []

    def end() -> None:
        services.live.hub.stop()  # listeners go elsewhere; nothing else would end their requests
        draining.append(loop.create_task(app.state.copilot.drain(_TURN_PATIENCE)))
        server.should_exit = True

    def told() -> None:
        services.health.stopping()
        pause = 0.0 if asked.is_set() else services.settings.processes.drain_seconds
        asked.set()
        loop.call_later(pause, end)

    asked = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, told)
    host, port = door.getsockname()[:2]
    where = f"[{host}]:{port}" if door.family == socket.AF_INET6 else f"{host}:{port}"
    words = f"\nserving http://{where} (documentation at /docs; `leadwright token` makes a token; Ctrl-C stops)"
    door.listen()  # so that what is said next holds: a caller waits a moment where nobody accepts yet
    out.print(words, markup=False)
    try:
        await server.serve(sockets=[door])
        await asyncio.gather(*draining)
    finally:
        err.print("stopping")


def quiet_server(app: FastAPI) -> uvicorn.Server:
    """A server for ``app`` that writes no log of its own and leaves signals alone."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=_PATIENCE, server_header=False,
        ws_max_size=65_536, ws_per_message_deflate=False,  # small frames: packing each for each listener costs more
        proxy_headers=False,  # the setting api.trusted_proxies decides whom to believe
    )  # fmt: skip
    return _Server(config)


async def _explain_one(services: Services, actor: Actor, results: list[RowResult]) -> None:
    assigned = [result for result in results if result.receipt_id and result.producer_id]
    chosen = max(assigned, key=lambda result: (result.score or 0, -result.row), default=None)
    if chosen is None or chosen.receipt_id is None:
        return
    out.print(f"\n[bold]One decision in full[/] (row {chosen.row})")
    if chosen.lead_id is not None:
        out.print((await services.explanations.of(actor, chosen.lead_id)).text, markup=False)
    view = await services.receipts.get(actor, chosen.receipt_id)
    out.print(explained(view, await services.receipts.replay(actor, chosen.receipt_id)))


def listening(host: str, port: int, setting: str = "API__") -> socket.socket:
    """A door's socket, bound ahead of all work. Raises Conflict when another program has the port."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as problem:
        door.close()
        raise Conflict(
            f"cannot listen on {host} port {port} ({problem.strerror}); stop what uses it, or set "
            f"LEADWRIGHT_{setting}PORT or LEADWRIGHT_{setting}HOST"
        ) from problem
    return door


def _refuse_second(services: Services) -> None:
    if services.settings.profile is Profile.EMBEDDED and not services.owner:
        raise Conflict("this data folder is already served by another process; stop that one, or set LEADWRIGHT_HOME")
