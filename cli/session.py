"""What every command starts with: settings, logs, an event loop, clear errors."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from importlib.resources import files
from typing import Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.markup import escape

from domain.access.roles import producer_of
from domain.actor import Actor
from kernel.errors import AppError, FieldError, Invalid, NotFound, Unavailable
from kernel.settings import Settings
from kernel.telemetry.logs import configure_logs
from kernel.telemetry.traces import configure_traces
from services.container import Services
from services.opening import open_services

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)
SAMPLE = "sample"
err = Console(stderr=True, highlight=False)
out = Console(highlight=False)


def execute(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Run a command's coroutine; an error of ours ends with one clear message and exit code 1, 2 for bad settings."""
    try:
        settings = Settings()
    except ValidationError as problem:
        for error in problem.errors():
            err.print(f"[red]setting {'.'.join(map(str, error['loc'])) or '(all)'}:[/] {escape(error['msg'])}")
        raise typer.Exit(2) from None
    configure_logs(level=settings.telemetry.log_level, as_json=settings.telemetry.log_json)
    configure_traces(service="leadwright", otlp_endpoint=settings.telemetry.otlp_endpoint)
    try:
        return asyncio.run(work(settings))
    except AppError as problem:
        err.print(f"[red]{problem.title}:[/] {escape(problem.detail)}")
        for field in problem.fields:
            value = f" (got {field.value!r})" if field.value is not None else ""
            err.print(f"  {field.field}: {field.message}{value}. {field.remedy}", markup=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def agency_actor(services: Services, part: str, slug: str | None = None) -> Actor:
    """The platform acting for an agency: the named one, else the configured one. The sample agency is loaded when asked
    for and not there yet; any other must have been loaded.
    """
    wanted = slug or services.settings.agency
    actor = await services.agencies.actor_for(wanted, part)
    if actor is None and wanted == SAMPLE:
        actor = await load_sample(services)
    if actor is None:
        raise NotFound(f"there is no agency {wanted!r}; load one with `leadwright agency load FILE`")
    with suppress(Unavailable):
        await services.projection.refresh(actor)
    return actor


async def load_sample(services: Services) -> Actor:
    """The sample agency, loaded or brought up to the shipped file; doing it again changes nothing."""
    actor = await services.agencies.found(SAMPLE, "Harborline Insurance Group (sample)")
    await services.agencies.load(actor, files("cli.samples").joinpath("agency.json").read_bytes())
    return actor


@asynccontextmanager
async def session(settings: Settings) -> AsyncIterator[Services]:
    """Open services, with a word to the person waiting."""
    async with AsyncExitStack() as stack:
        with err.status("starting stores") if sys.stderr.isatty() else nullcontext():
            services = await stack.enter_async_context(open_services(settings))
        yield services


async def producer_actor(services: Services, actor: Actor, external_id: str | None) -> Actor:
    """The producer with the agency's own id, who acts then; without one the actor stays. Raises NotFound for an unknown id."""
    if external_id is None:
        return actor
    async with services.database.begin(actor) as uow:
        found = (await uow.agencies.ids_by_external()).get(external_id)
    if found is None:
        raise NotFound(f"there is no producer {external_id!r} in this agency")
    return producer_of(actor.agency_id, found)


def checked(model: type[ModelT], **values: Any) -> ModelT:
    """The command's words as the services take them. Raises Invalid for what does not fit."""
    try:
        return model(**values)
    except ValidationError as problem:
        fields = tuple(
            FieldError(".".join(map(str, error["loc"])), error["type"], error["msg"]) for error in problem.errors()
        )
        raise Invalid("the command's words cannot be used", fields=fields) from problem


def in_agency(
    part: str, slug: str | None, work: Callable[[Services, Actor], Awaitable[T]]
) -> Callable[[Settings], Coroutine[Any, Any, T]]:
    """For :func:`execute`: ``work`` with the services, for the platform's ``part`` acting for the agency of that slug."""

    async def opened(settings: Settings) -> T:
        async with session(settings) as services:
            return await work(services, await agency_actor(services, part, slug))

    return opened
