"""Options that commands on lists and reports of policies share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from domain.lines import Line

OnlyLines = Annotated[list[Line] | None, typer.Option(help="Only this line; repeatable.")]
OnlyState = Annotated[str | None, typer.Option(help="Only this state, two letters.")]
OnlyCarrier = Annotated[str | None, typer.Option(help="Only this carrier.")]
KnownAt = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="As was known at this instant; else now.")
]
