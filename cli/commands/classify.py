"""``leadwright classify FILE`` and ``leadwright classify train|use``: one command with two more under its name."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from cli.commands.classify_rows import classify_rows
from cli.commands.classify_train import train, use

_ROWS = "rows"


class _RowsUnlessNamed(TyperGroup):
    """Takes ``rows`` as said where the first word is no command, so that a file (or an option of it) can stand there.

    A file that is called like a command is reached as ``./train``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_ROWS, *args]
        return super().parse_args(ctx, args)


classify = typer.Typer(
    cls=_RowsUnlessNamed, no_args_is_help=True,
    help="Line, intent and urgency of each row of a table: `classify FILE --column C`; or learn from labelled rows.",
)  # fmt: skip
classify.command(_ROWS)(classify_rows)
classify.command("train")(train)
classify.command("use")(use)
