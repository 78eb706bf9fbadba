"""What a tool of the copilot hands back: JSON, and the records that it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.actor import Actor
from services.container import Services
from services.copilot.schemas import Citation


@dataclass(frozen=True, slots=True)
class AskDeps:
    """Who asks, and the services. Never taken from what a model or a person wrote."""

    actor: Actor
    services: Services


@dataclass(frozen=True, slots=True)
class Result:
    """``data`` is JSON. ``cites`` are the records in it: an answer may name these and no others. ``untrusted``: words from
    outside stand in it. ``error`` says what was refused, in words for the person; then there are no data.
    """

    data: dict[str, Any]
    cites: tuple[Citation, ...] = ()
    untrusted: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a write did, and how it may be taken back: an undo's tool and arguments."""

    data: dict[str, Any]
    undo: dict[str, Any] | None = None
    cites: tuple[Citation, ...] = field(default=())


def cited(kind: str, *ids: UUID | str | None) -> tuple[Citation, ...]:
    """Records of one kind, without those that are not there."""
    return tuple(Citation(kind=kind, id=str(one)) for one in ids if one is not None)


def together(*groups: Iterable[Citation]) -> tuple[Citation, ...]:
    """Every record once, in order."""
    return tuple({(one.kind, one.id): one for group in groups for one in group}.values())
