"""What the chat needs of other contexts, in its own words: contexts do not know each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from domain.actor import Actor
from domain.sources.settings import SourceSettings
from store.sql.models import LeadRow, SourceRow
from store.uow import UnitOfWork


class Speaker(Protocol):
    """The source on whose behalf a chat speaks."""

    @property
    def actor(self) -> Actor:
        """Who takes the lead in."""
        ...

    @property
    def source_id(self) -> UUID:
        """The source."""
        ...

    @property
    def settings(self) -> SourceSettings:
        """What was agreed with it."""
        ...


class ChatDoor(Protocol):
    """Finds sources."""

    async def by_chat_key(self, agency: str, source: str, key: str | None) -> Speaker:
        """The active chat source with this public key; None is our own page. Raises Unauthenticated."""
        ...

    def caller_of(self, row: SourceRow, door: str) -> Speaker:
        """The source of a row."""
        ...


class ChatIntake(Protocol):
    """The gate that every lead passes."""

    async def take_in(
        self, uow: UnitOfWork, caller: Any, fields: Mapping[str, str], consent: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        """Take a lead in within the caller's transaction; the status and the answer."""
        ...


class Withdraw(Protocol):
    """Writes down that a person wishes no contact."""

    async def __call__(
        self, uow: UnitOfWork, lead: LeadRow | None, *, phone: str | None, email: str | None, words: str,
        by_phone_only: bool, key: str,
    ) -> None:  # fmt: skip
        """Once for ``key``."""
        ...


class KeepFile(Protocol):
    """Stores a document of a lead."""

    async def __call__(self, actor: Actor, lead_id: UUID, name: str, data: bytes, /) -> tuple[Any, bool]:
        """The document, and whether it is new."""
        ...
