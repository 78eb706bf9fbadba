"""Commands loaded when they are called: together they import every library that we use, which takes seconds."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Listed(NamedTuple):
    """Where a command is: the module of cli.commands, its name there, and what the list says of it, as it says itself."""

    module: str
    name: str
    help: str


class CommandListing(TyperGroup):
    """The commands of ``table``; made by :func:`listing`."""

    table: Mapping[str, Listed] = {}
    _showing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - of the base class
        """Their names, in order."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, loaded; while the list is shown, only what it says of it."""
        listed = self.table.get(cmd_name)
        if listed is None:
            return None
        return TyperCommand(cmd_name, help=listed.help) if self._showing else loaded(cmd_name, listed)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the list."""
        self._showing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._showing = False


def loaded(name: str, listed: Listed) -> Any:
    """The command itself."""
    with _uncollected():
        module = import_module(f"cli.commands.{listed.module}")
    found = getattr(module, listed.name)
    if isinstance(found, typer.Typer):
        made: Any = typer.main.get_group(found)  # a group, though there may be one command in it
    else:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
        alone.command(name)(found)
        made = typer.main.get_command(alone)
    made.name = name
    return made


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is read in the block stays to the end of the process, so the collector goes through it neither now nor at the end: a
    third of the time that a command takes to start and end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def listing(table: Mapping[str, Listed]) -> type[CommandListing]:
    """A group of these commands."""
    return type("CommandListing", (CommandListing,), {"table": table})
