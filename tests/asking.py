"""People who ask, leads to ask about, and answerers that do as they are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from services.container import Services
from tests.services.test_relations import a_qualified_lead
from tools.copilot.answering import Answered, Asked, Emit
from tools.copilot.toolbox import Toolbox

Does = Callable[[Asked, Toolbox, Emit], Awaitable[str]]


def producer(actor: Actor, producer_id: UUID, name: str = "p") -> Actor:
    """A producer of the agency."""
    return replace(
        actor, kind=ActorKind.PRODUCER, subject=f"person:{name}", producer_id=producer_id, scopes=SCOPES[Role.PRODUCER]
    )


def manager(actor: Actor, name: str = "m") -> Actor:
    """A manager of the agency."""
    return replace(actor, kind=ActorKind.PERSON, subject=f"person:{name}", scopes=SCOPES[Role.MANAGER])


async def given(services: Services, actor: Actor, producer_id: UUID, **changes: str) -> UUID:
    """A lead that the producer has."""
    lead_id = await a_qualified_lead(services, actor, **changes)
    await services.assignments.assign(actor, lead_id, producer_id, expected=None)
    return lead_id


class Told:
    """Answers by a function; not as who obeys what it reads."""

    def __init__(self, does: Does) -> None:
        self.does = does

    async def answer(self, asked: Asked, tools: Toolbox, emit: Emit) -> Answered:
        return Answered(await self.does(asked, tools, emit), "told.1", "local")
