"""``leadwright source``: sources of leads and their secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.table import Table

from cli.session import agency_actor, execute, out, session
from domain.sources.settings import SourceKind
from domain.sources.windows import WindowKind
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from services.sources.schemas import SourceIn, SourceView

source = typer.Typer(no_args_is_help=True, help="Sources of leads: settings, secrets, what is left of their caps.")
secret = typer.Typer(no_args_is_help=True, help="Secrets that sign a source's requests.")
source.add_typer(secret, name="secret")

Slug = Annotated[str, typer.Argument(help="The source's slug.")]


@dataclass(frozen=True, slots=True)
class _Wanted:
    slug: str
    kind: SourceKind
    name: str | None
    file: Path | None
    caps: tuple[str, ...]
    cents: int | None


AgencyName = Annotated[str | None, typer.Option(help="Slug of the agency; without it the setting decides.")]


@source.command("add")
def add(
    slug: Slug,
    kind: Annotated[SourceKind, typer.Option(help="Its door.")] = SourceKind.WEBHOOK,
    name: Annotated[str | None, typer.Option(help="Its name; the slug where left out.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Further settings as JSON (docs/howto/source.md).", exists=True, dir_okay=False)
    ] = None,
    cap: Annotated[list[str] | None, typer.Option(help="Most leads of a window, as in day=100; repeat it.")] = None,
    cents: Annotated[int | None, typer.Option(min=0, help="Price of a lead in US cents.")] = None,
    agency: AgencyName = None,
) -> None:
    """Make a source."""
    execute(lambda settings: _add(settings, agency, _Wanted(slug, kind, name, file, tuple(cap or ()), cents)))


@source.command("list")
def list_(agency: AgencyName = None) -> None:
    """Show every source with what is left of its caps."""
    execute(lambda settings: _list(settings, agency))


@source.command("show")
def show(slug: Slug, agency: AgencyName = None) -> None:
    """Print a source as JSON."""
    execute(lambda settings: _show(settings, agency, slug))


@secret.command("add")
def add_secret(slug: Slug, agency: AgencyName = None) -> None:
    """Make a further secret and print it, alone on stdout, this once."""
    execute(lambda settings: _add_secret(settings, agency, slug))


@secret.command("list")
def list_secrets(slug: Slug, agency: AgencyName = None) -> None:
    """Show which secrets are in force, never the secrets themselves."""
    execute(lambda settings: _list_secrets(settings, agency, slug))


@secret.command("revoke")
def revoke_secret(
    slug: Slug, secret_id: Annotated[UUID, typer.Argument(help="Id of the secret.")], agency: AgencyName = None
) -> None:
    """End a secret at once."""
    execute(lambda settings: _revoke(settings, agency, slug, secret_id))


def _body(wanted: _Wanted) -> SourceIn:
    given: dict[str, Any] = {"name": wanted.slug}
    if wanted.file is not None:
        try:
            given |= json.loads(wanted.file.read_text(encoding="utf-8"))
        except (ValueError, TypeError) as problem:
            fault = FieldError("file", "not_an_object", "is no JSON object", "see docs/howto/source.md")
            raise Invalid("the file cannot be read", fields=(fault,)) from problem
    given |= {"slug": wanted.slug, "kind": wanted.kind.value} | ({"name": wanted.name} if wanted.name else {})
    if wanted.cents is not None:
        given["price"] = {"minor": wanted.cents}
    given["caps"] = {**given.get("caps", {}), **dict(_cap(text) for text in wanted.caps)}
    try:
        return SourceIn.model_validate(given)
    except ValidationError as problem:
        raise Invalid("the settings cannot be accepted", fields=_faults(problem)) from None


async def _add(settings: Settings, agency: str | None, wanted: _Wanted) -> None:
    body = _body(wanted)
    async with session(settings) as services:
        made = await services.sources.create(await agency_actor(services, "source", agency), body)
    following = {
        SourceKind.FORM: f"its form's token is {made.form_token}",
        SourceKind.API: "leads that name it as their source follow its settings",
        SourceKind.CHAT: f"its chat's key is {made.form_token}",
        SourceKind.FILE: "rows that name it as their source follow its settings",
    }
    sign = f"give it a secret: leadwright source secret add {made.settings.slug}"
    out.print(f"source {made.settings.slug} made; {following.get(made.settings.kind, sign)}", markup=False)


def _cap(text: str) -> tuple[str, int]:
    window, _, count = text.partition("=")
    if window not in set(WindowKind) or not count.isdecimal():
        fault = FieldError(
            "cap", "malformed", "is no cap", "write hour, day, week or month, =, and a number", text[:80]
        )
        raise Invalid("the cap cannot be read", fields=(fault,))
    return window, int(count)


def _faults(problem: ValidationError) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(".".join(map(str, one["loc"])) or "file", one["type"], one["msg"], "see docs/howto/source.md")
        for one in problem.errors()
    )


async def _list(settings: Settings, agency: str | None) -> None:
    async with session(settings) as services:
        found = await services.sources.all(await agency_actor(services, "source", agency))
    table = Table("slug", "door", "active", "test", "price", "caps (used of limit)", "secrets", box=None)
    for one in found.items:
        given = one.settings
        caps = ", ".join(f"{cap.window.value} {cap.used} of {cap.limit}" for cap in one.caps)
        price = f"{given.price.minor} {given.price.currency}" if given.price else ""
        flags = ("yes" if given.active else "no", "yes" if given.test else "no")
        table.add_row(given.slug, given.kind.value, *flags, price, caps, str(len(one.secrets)))
    out.print(table)


async def _show(settings: Settings, agency: str | None, slug: str) -> None:
    async with session(settings) as services:
        _print(await services.sources.named(await agency_actor(services, "source", agency), slug))


async def _add_secret(settings: Settings, agency: str | None, slug: str) -> None:
    async with session(settings) as services:
        actor = await agency_actor(services, "source", agency)
        found = await services.sources.named(actor, slug)
        made = await services.sources.add_secret(actor, found.id)
    typer.echo(made.secret)


async def _list_secrets(settings: Settings, agency: str | None, slug: str) -> None:
    async with session(settings) as services:
        found = await services.sources.named(await agency_actor(services, "source", agency), slug)
    for one in found.secrets:
        out.print(f"{one.id}  made {one.created_at:%Y-%m-%d %H:%M} UTC", markup=False)


async def _revoke(settings: Settings, agency: str | None, slug: str, secret_id: UUID) -> None:
    async with session(settings) as services:
        actor = await agency_actor(services, "source", agency)
        found = await services.sources.named(actor, slug)
        await services.sources.revoke_secret(actor, found.id, secret_id)
    out.print(f"secret {secret_id} is revoked")


def _print(view: SourceView) -> None:
    typer.echo(view.model_dump_json(indent=2))
