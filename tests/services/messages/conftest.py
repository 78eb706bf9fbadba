"""Messages on the session's stores, with postboxes in place of vendors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from domain.actor import Actor
from domain.messages.kinds import Channel
from integrations.messages.port import Handed, Message, Sent
from kernel.ids import new_id
from services.container import Services
from services.leads.schemas import LeadIn
from services.messages.messages import Messages
from tests.builders import a_lead


class Box:
    """Keeps what it is handed; ``answers`` are given in turn, those that are faults raised, and then everything is taken."""

    name = "box"

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answers: list[Handed | BaseException] = []

    async def send(self, message: Message) -> Handed:
        self.messages.append(message)
        answer = self.answers.pop(0) if self.answers else Handed(Sent.SENT, f"p-{len(self.messages)}")
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def on(services: Services, box: Box) -> Callable[..., Messages]:
    def make(**more: Any) -> Messages:
        boxes = dict.fromkeys(Channel, box)
        settings = more.pop("settings", services.settings)
        return Messages.on(services.database, boxes, services.sealer, settings, asked={}, **more)

    return make


@pytest_asyncio.fixture
async def mail(on: Callable[..., Messages], box: Box, services: Services, actor: Actor) -> AsyncIterator[Messages]:
    """Messages; what other tests left is sent before."""
    made = on()
    while await made.work():
        pass
    box.messages.clear()
    yield made


@pytest.fixture
async def lead_id(services: Services, actor: Actor) -> UUID:
    lead = LeadIn(**a_lead(email=f"ann.{new_id().hex[-12:]}@leads.example"))
    return UUID((await services.intake.accept_one(actor, lead, key=None)).body["lead_id"])


@pytest.fixture
async def producer_id(services: Services, actor: Actor) -> UUID:
    async with services.database.begin(actor) as uow:
        return (await uow.agencies.ids_by_external())["p1"]
