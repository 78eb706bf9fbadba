"""What every repository holds."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor


class Repository:
    """One transaction seen by one actor."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        self.session = session
        self.actor = actor
