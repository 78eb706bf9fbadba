"""``leadwright access person|key``: who may sign in, and the keys of programs. Passwords come from a prompt or from stdin."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

import typer
from rich.table import Column, Table

from cli.session import checked, err, execute, in_agency, out
from domain.access.roles import Role
from domain.actor import Actor, Scope
from services.access.access import Access
from services.access.schemas import (
    KeyIn,
    KeyMade,
    KeyView,
    OnceToken,
    PersonChange,
    PersonIn,
    PersonInvited,
    PersonView,
)

access = typer.Typer(no_args_is_help=True, help="Who may sign in, and the keys of programs.")
person = typer.Typer(no_args_is_help=True, help="People who sign in.")
key = typer.Typer(no_args_is_help=True, help="API keys of programs.")
access.add_typer(person, name="person")
access.add_typer(key, name="key")

_Agency = Annotated[str | None, typer.Option(help="Slug of the agency; without it the setting decides.")]
_Email = Annotated[str, typer.Argument(help="What the person signs in with.")]
_PAGE = 200
_ID = 36  # ids are copied into the next command, so they stand on one line
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


@person.command("add")
def add_person(
    email: _Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="admin, manager or producer.")],
    producer: Annotated[UUID | None, typer.Option(help="For a producer: id of whose leads they see.")] = None,
    agency: _Agency = None,
    *,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password (or read it from stdin) and give no one-time token.")
    ] = False,
) -> None:
    """Add a person. Prints the one-time token with which they set their password, alone on stdout."""
    given = _read_password() if password else None

    async def work(access: Access, actor: Actor) -> PersonInvited:
        wanted = checked(PersonIn, email=email, name=name, role=role, producer_id=producer)
        return await access.people.add(actor, wanted, given)

    made = _ask(agency, work)
    err.print(f"{made.id}: {made.role.value}", markup=False)
    if made.once_token is not None:
        err.print(f"one-time token, shown this once, good until {made.once_expires_at:%Y-%m-%d %H:%M} UTC:")
        typer.echo(made.once_token)


@person.command("list")
def list_people(agency: _Agency = None) -> None:
    """Everybody who may sign in, or could."""

    async def work(access: Access, actor: Actor) -> list[PersonView]:
        return await _every(lambda cursor: access.people.page(actor, cursor, _PAGE))

    table = Table("e-mail", "name", "role", "state")
    for one in _ask(agency, work):
        state = "kept out" if not one.active else "active" if one.has_password else "no password yet"
        table.add_row(one.email, one.name, one.role.value, state)
    out.print(table)


@person.command("disable")
def disable_person(email: _Email, agency: _Agency = None) -> None:
    """Keep a person out: no sign-in, and every session ends."""

    async def work(access: Access, actor: Actor) -> None:
        found = await access.people.by_email(actor, email)
        await access.people.change(actor, found.id, PersonChange(active=False))

    _ask(agency, work)
    err.print(f"{email} is kept out", markup=False)


@person.command("reset")
def reset_person(email: _Email, agency: _Agency = None) -> None:
    """Take a person's password away and print the one-time token that sets a new one, alone on stdout."""

    async def work(access: Access, actor: Actor) -> OnceToken:
        found = await access.people.by_email(actor, email)
        return await access.people.reset(actor, found.id)

    made = _ask(agency, work)
    err.print(f"one-time token, shown this once, good until {made.once_expires_at:%Y-%m-%d %H:%M} UTC:")
    typer.echo(made.once_token)


@key.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Which program has it.")],
    role: Annotated[Role, typer.Option(help="partner or system.")] = Role.PARTNER,
    source: Annotated[str | None, typer.Option(help="For a partner: the source that its leads carry.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; repeat it.")] = None,
    expires: Annotated[datetime | None, typer.Option(help="When it stops working, in UTC.")] = None,
    agency: _Agency = None,
) -> None:
    """Make a key and print it, alone on stdout. It is shown this once."""

    async def work(access: Access, actor: Actor) -> KeyMade:
        wanted = checked(
            KeyIn, name=name, role=role, source=source, scopes=scope or None,
            expires_at=expires and expires.replace(tzinfo=UTC),
        )  # fmt: skip
        return await access.keys.make(actor, wanted)

    typer.echo(_ask(agency, work).key)


@key.command("list")
def list_keys(agency: _Agency = None) -> None:
    """Every key, without its secret."""

    async def work(access: Access, actor: Actor) -> list[KeyView]:
        return await _every(lambda cursor: access.keys.page(actor, cursor, _PAGE))

    table = Table(Column("id", min_width=_ID), "name", "of", "state")
    for one in _ask(agency, work):
        table.add_row(str(one.id), one.name, one.source or one.role.value, _state(one))
    out.print(table)


@key.command("revoke")
def revoke_key(
    key_id: Annotated[UUID, typer.Argument(help="The key's id, as `leadwright access key list` shows it.")],
    agency: _Agency = None,
) -> None:
    """Revoke a key: it stops working within seconds."""
    _ask(agency, lambda access, actor: access.keys.revoke(actor, key_id))
    err.print(f"{key_id} is revoked", markup=False)


class _Page(Protocol[_Item]):
    """Some of a list, and where it goes on."""

    @property
    def items(self) -> list[_Item]: ...
    @property
    def next_cursor(self) -> UUID | None: ...


def _ask(agency: str | None, work: Callable[[Access, Actor], Coroutine[Any, Any, _Done]]) -> _Done:
    """Run a command's work for the platform acting for the agency."""
    return execute(in_agency("access", agency, lambda services, actor: work(services.access, actor)))


async def _every(page: Callable[[UUID | None], Awaitable[_Page[_Item]]]) -> list[_Item]:
    """Every item of a list, page after page."""
    part = await page(None)
    found = list(part.items)
    while part.next_cursor is not None:
        part = await page(part.next_cursor)
        found += part.items
    return found


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _state(key: KeyView) -> str:
    if key.revoked_at is not None:
        return "revoked"
    used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    return f"{used}, ends {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else used
