"""A stop in the chat, as the contact rules see it for every lead of the person (DOMAIN T16, T21)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.contact.channels import EVERY, Channel
from kernel.ids import new_id
from services.chat.schemas import ChatBegun, MessageIn
from services.chat.visitors import Visitor
from services.container import Services
from services.leads.schemas import LeadIn
from tests.builders import a_lead
from tests.services.chat.sources import chat_source

AUTO = ("auto", "78701", "2", "2019 Honda Civic", "Geico")


def a_phone() -> str:
    return f"+1512{new_id().int % 7_000_000 + 2_000_000}"


@pytest.fixture
async def source(services: Services, actor: Actor) -> str:
    return await chat_source(services, actor)


async def talked(services: Services, actor: Actor, source: str, says: Iterable[str]) -> ChatBegun:
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    begun = await services.chats.begin(await services.chats.speaker(slug, source, None), None, None)
    for one in says:
        await services.chats.send(Visitor(begun.token), begun.id, MessageIn(text=one))
    return begun


async def known(services: Services, actor: Actor, phone: str) -> UUID:
    """A lead of the same person from another door."""
    body = a_lead(email=f"c{new_id().hex[-10:]}@leads.example", phone=phone)
    return UUID((await services.intake.accept_one(actor, LeadIn(**body), key=None)).body["lead_id"])


async def closed(services: Services, actor: Actor, lead_id: UUID) -> set[str]:
    found = await services.contact.revocations.of_lead(actor, lead_id)
    return {channel for one in found.items for channel in one.channels}


async def codes(services: Services, actor: Actor, lead_id: UUID, channel: Channel) -> list[str]:
    return (await services.contact.verdicts.ask(actor, lead_id, None, channel)).codes


async def lead_of(services: Services, actor: Actor, chat: ChatBegun) -> Any:
    async with services.database.begin(actor) as uow:
        query = text("SELECT l.* FROM chat c JOIN lead l ON l.id = c.lead_id WHERE c.id = :chat")
        return (await uow.session.execute(query, {"chat": chat.id})).one_or_none()


async def test_a_bare_stop_after_the_agreement_blocks_every_lead_of_the_person_at_once(
    services: Services, actor: Actor, source: str
) -> None:
    phone = a_phone()
    before = await known(services, actor, phone)
    assert await closed(services, actor, before) == set()
    chat = await talked(services, actor, source, [*AUTO, "yes", "Ana Ruiz", phone, "skip", "stop"])
    assert await lead_of(services, actor, chat) is None
    later = await known(services, actor, phone)
    for lead_id in (before, later):
        assert await closed(services, actor, lead_id) == {one.value for one in EVERY}
        assert "revoked" in await codes(services, actor, lead_id, Channel.CALL)
        assert "revoked" in await codes(services, actor, lead_id, Channel.SMS)


async def test_the_button_does_the_same_and_pressed_twice_is_one_wish(
    services: Services, actor: Actor, source: str
) -> None:
    phone = a_phone()
    lead_id = await known(services, actor, phone)
    chat = await talked(services, actor, source, [*AUTO, "yes", "Ana Ruiz", phone])
    for _ in range(2):
        assert (await services.chats.stop(Visitor(chat.token), chat.id)).stage == "stopped"
    assert len((await services.contact.revocations.of_lead(actor, lead_id)).items) == 1


@pytest.mark.parametrize("says", [("auto", "78701", "stop"), ("stop",), (*AUTO, "yes", "stop")])
async def test_a_bare_stop_with_nothing_to_suppress_suppresses_nothing(
    services: Services, actor: Actor, source: str, says: tuple[str, ...]
) -> None:
    chat = await talked(services, actor, source, says)
    async with services.database.begin(actor) as uow:
        query = text("SELECT count(*) FROM contact_revocation WHERE key LIKE :key")
        assert await uow.session.scalar(query, {"key": f"said:chat:{chat.id}:%"}) == 0


async def test_no_calls_closes_calls_and_texts_and_leaves_the_agreed_e_mail(
    services: Services, actor: Actor, source: str
) -> None:
    phone = a_phone()
    says = [*AUTO, "yes", "Ana Ruiz", phone, "please don't call me", "yes", f"a{new_id().hex[-8:]}@example.com", "yes"]
    chat = await talked(services, actor, source, says)
    lead = await lead_of(services, actor, chat)
    assert lead.phone is None
    assert not lead.do_not_call
    assert await closed(services, actor, lead.id) == set(), "this lead is not reached by that number"
    other = await known(services, actor, phone)
    found = await closed(services, actor, other)
    assert {"call", "sms"} <= found
    assert "email" not in found


async def test_a_wish_after_the_request_was_sent_holds_for_its_lead(
    services: Services, actor: Actor, source: str
) -> None:
    phone = a_phone()
    chat = await talked(services, actor, source, [*AUTO, "yes", "Ana Ruiz", phone, "skip", "yes", "stop contacting me"])
    lead = await lead_of(services, actor, chat)
    assert lead.do_not_call
    assert await closed(services, actor, lead.id) == {one.value for one in EVERY}
    calls = await talked(services, actor, source, [*AUTO, "yes", "Bo Diaz", a_phone(), "skip", "yes", "don't call me"])
    lead = await lead_of(services, actor, calls)
    assert lead.do_not_call
    assert "email" not in await closed(services, actor, lead.id)


async def test_to_be_forgotten_erases_the_words_and_keeps_the_suppression(
    services: Services, actor: Actor, source: str
) -> None:
    phone = a_phone()
    lead_id = await known(services, actor, phone)
    chat = await talked(services, actor, source, [*AUTO, "yes", "Ana Ruiz", phone, "forget me"])
    view = await services.chats.transcript(Visitor(chat.token), chat.id)
    assert view.stage == "erased"
    assert not any(one.text for one in view.messages)
    assert await closed(services, actor, lead_id) == {one.value for one in EVERY}
