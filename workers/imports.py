"""The import worker: takes in the files of leads that wait, one at a time."""

from __future__ import annotations

from services.container import Services
from workers.loop import again_and_again


async def take_imports(services: Services) -> None:
    """Take files in until cancelled. What was begun and not ended goes on at its next row once its lease has run out."""
    await again_and_again("imports", services.imports.work, idle_seconds=1.0)
