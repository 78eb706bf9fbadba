"""Messages are sent once, in order, when they may be, and never when they may not."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.messages.kinds import Channel
from domain.messages.notices import TOLD_OF
from integrations.messages.port import Away, Handed, Locked, Refusal, Sent
from kernel.clock import frozen, now
from kernel.errors import Invalid
from kernel.ids import new_id
from services.container import Services
from services.messages.messages import Messages
from services.messages.schemas import DeviceIn, DeviceKeys, PreviewIn, WishesIn, WordsIn
from tests.integrations.messages.test_vendors import RFC
from tests.services.messages.conftest import Box


@dataclass
class Verdict:
    allowed: bool
    next_allowed_at: datetime | None = None
    code: str | None = None


async def states(services: Services, actor: Actor) -> list[tuple[str, str | None]]:
    """State and code of the agency's messages, oldest first."""
    page = await services.messages.ledger.page(actor)
    return [(one.state.value, one.code) for one in reversed(page.items)]


async def hurry(services: Services, actor: Actor) -> None:
    """Make everything that waits due."""
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text("UPDATE outgoing_message SET due_at = clock_timestamp() WHERE state IN ('queued', 'held', 'sending')")
        )


async def work(mail: Messages) -> None:
    while await mail.work():
        pass


async def queue(services: Services, actor: Actor, mail: Messages, producer_id: UUID, *keys: str) -> None:
    for key in keys:
        async with services.database.begin(actor) as uow:
            values = {"line": "auto", "state": "TX", "tier": "hot", "link": f"https://x.example/{key}"}
            await mail.outgoing.to_producer(uow, producer_id, "lead_assigned", key=key, values=values)


async def test_a_key_queues_once_and_is_undone_with_its_transaction(
    services: Services, actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    await queue(services, actor, mail, producer_id, "a", "a", "a")
    with suppress(RuntimeError):
        async with services.database.begin(actor) as uow:
            assert await mail.outgoing.to_producer(uow, producer_id, "lead_assigned", key="b") == 1
            raise RuntimeError
    await work(mail)
    assert [message.subject for message in box.messages] == ["A auto lead in TX is yours"]
    assert box.messages[0].html is not None
    (one,) = (await mail.ledger.page(actor)).items
    assert (one.state.value, one.provider, one.provider_id, one.template_version) == ("sent", "box", "p-1", 0)
    assert [step.state.value for step in one.steps] == ["queued", "sent"]


async def test_two_workers_send_each_message_once_and_each_recipients_in_order(
    services: Services, actor: Actor, mail: Messages, box: Box, on: Callable[..., Messages], producer_id: UUID
) -> None:
    async with services.database.begin(actor) as uow:
        others = [one.id for one in await uow.agencies.producers()]
    keys = [f"k{number}" for number in range(6)]
    for key in keys:
        for other in others:
            await queue(services, actor, mail, other, f"{other}/{key}")
    for _ in range(
        12
    ):  # what one of them holds blocks its recipient for the others, who then find nothing and come again
        await asyncio.gather(*(work(on()) for _ in range(3)))
    assert len(box.messages) == len({message.id for message in box.messages}) == len(keys) * len(others)
    for other in others:
        got = [str(message.link).rpartition("/")[2] for message in box.messages if str(other) in str(message.link)]
        assert got == keys


async def test_a_consumer_is_sent_nothing_without_contact_rules(
    services: Services, actor: Actor, mail: Messages, box: Box, lead_id: UUID
) -> None:
    async with services.database.begin(actor) as uow:
        await mail.outgoing.to_lead(uow, lead_id, "news", Channel.EMAIL, key="n", values={"words": "New!", "stop": "x"})
        await mail.outgoing.to_lead(
            uow, lead_id, "follow_up", Channel.SMS, key="f", values={"producer": "D", "when": "now"}
        )
    await work(mail)
    assert box.messages == []
    assert await states(services, actor) == [("suppressed", "no_contact_rules")] * 2


async def test_the_contact_rules_are_asked_before_each_message_and_hold_or_forbid(
    services: Services, actor: Actor, on: Callable[..., Messages], mail: Messages, box: Box, lead_id: UUID
) -> None:
    """DOMAIN T15, T16: what may not go now waits until then; what may never go is suppressed with the rule's code."""
    moment, asked, verdicts = now(), [], []  # type: ignore[var-annotated]

    async def check(_uow: Any, lead: Any, seller: str, channel: str, at: datetime) -> Verdict:
        asked.append((lead.id, bool(seller), channel, at))
        return verdicts.pop(0)

    ruled = on(contact=check)
    async with services.database.begin(actor) as uow:
        await ruled.outgoing.to_lead(
            uow, lead_id, "news", Channel.EMAIL, key="n", values={"words": "New!", "stop": "x"}
        )
    verdicts += [Verdict(False, moment + timedelta(hours=5), "quiet_hours"), Verdict(True)]
    await work(ruled)
    (held,) = (await mail.ledger.page(actor)).items
    assert (held.state.value, held.code, held.due_at, held.attempts) == (
        "held", "quiet_hours", moment + timedelta(hours=5), 0,
    )  # fmt: skip
    assert box.messages == []
    await hurry(services, actor)
    await work(ruled)
    assert "New!" in box.messages[0].text
    async with services.database.begin(actor) as uow:
        await ruled.outgoing.to_lead(uow, lead_id, "news", Channel.SMS, key="m", values={"words": "New!", "stop": "x"})
    verdicts.append(Verdict(False, None, "revoked"))
    await work(ruled)
    assert (await states(services, actor))[-1] == ("suppressed", "revoked")
    assert [(one[0], one[1], one[2]) for one in asked] == [(lead_id, True, "email")] * 2 + [(lead_id, True, "sms")]


async def test_a_revocation_is_confirmed_within_five_minutes_or_not_at_all(
    services: Services, actor: Actor, mail: Messages, box: Box
) -> None:
    """DOMAIN T16."""
    for key in ("soon", "late"):
        async with services.database.begin(actor) as uow:
            await mail.outgoing.to_address(uow, f"+1312555014{len(key)}", "revocation", Channel.SMS, key=key)
        if key == "soon":
            await work(mail)
    with frozen(now() + timedelta(minutes=5)):
        await work(mail)
    assert [state for state, _ in await states(services, actor)] == ["sent", "suppressed"]
    assert (await states(services, actor))[1][1] == "expired"
    assert [message.to for message in box.messages] == ["+13125550144"]
    async with services.database.begin(actor) as uow:
        sealed = (
            await uow.session.execute(text("SELECT sealed::text FROM outgoing_message WHERE sealed IS NOT NULL"))
        ).all()
    assert all("5550144" not in row[0] for row in sealed)


async def test_what_may_pass_waits_doubling_and_what_never_passes_is_a_dead_letter(
    services: Services, actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    await queue(services, actor, mail, producer_id, "a")
    box.answers = [Away("slow", retry_after=900.0, code="http_429"), Away("away"), Locked("key"), Handed(Sent.SENT)]
    for least in (900, 30, 1_800):
        before = now()
        await work(mail)
        (one,) = (await mail.ledger.page(actor)).items
        assert one.state.value == "queued"
        assert one.due_at >= before + timedelta(seconds=least)
        await hurry(services, actor)
    await work(mail)
    (one,) = (await mail.ledger.page(actor)).items
    assert [(step.state.value, step.code) for step in one.steps] == [
        ("queued", None), ("queued", "http_429"), ("queued", "vendor_away"), ("queued", "vendor_auth"), ("sent", None),
    ]  # fmt: skip
    await queue(services, actor, mail, producer_id, "b")
    box.answers = [Away("away") for _ in range(services.settings.messages.attempts)]
    for _ in range(services.settings.messages.attempts):
        await work(mail)
        await hurry(services, actor)
    assert (await states(services, actor))[-1] == ("failed", "vendor_away")
    assert not box.answers


async def test_an_address_that_bounces_takes_nothing_more(
    services: Services, actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    await queue(services, actor, mail, producer_id, "a")
    box.answers = [Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)]
    await work(mail)
    await queue(services, actor, mail, producer_id, "b")
    await work(mail)
    assert await states(services, actor) == [("bounced", "bad_address"), ("suppressed", "suppressed_bad_address")]
    assert len(box.messages) == 1


class _Killed(BaseException):
    """What a worker feels of SIGKILL between the vendor's answer and its own note: nothing after it runs."""


async def test_a_worker_that_dies_after_the_vendor_took_it_leads_to_a_second_sending_under_the_same_id(
    services: Services, actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    await queue(services, actor, mail, producer_id, "a", "b")
    box.answers = [_Killed()]
    with pytest.raises(_Killed):
        await mail.work()
    assert not await mail.work()  # its lease holds, and the later message of this recipient waits behind it
    await hurry(services, actor)
    await work(mail)
    ids = [message.id for message in box.messages]
    assert len(ids) == 3
    assert ids[0] == ids[1] != ids[2]
    assert [state for state, _ in await states(services, actor)] == ["sent", "sent"]


async def test_who_lost_the_lease_writes_nothing(
    services: Services, actor: Actor, mail: Messages, box: Box, on: Callable[..., Messages], producer_id: UUID
) -> None:
    await queue(services, actor, mail, producer_id, "a")
    real = box.send

    async def slow(message: Any) -> Handed:
        box.send = real  # type: ignore[method-assign]
        await hurry(services, actor)
        await work(on())
        raise Away("too late")

    box.send = slow  # type: ignore[method-assign]
    await mail.work()
    assert await states(services, actor) == [("sent", None)]


async def test_producers_quiet_hours_hold_what_is_not_urgent(
    services: Services, actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    said = {
        "channels": ["sms", "email"], "by_kind": {"lead_offered": ["email"]}, "quiet_from": "00:00", "quiet_until": "23:59",
        "language": "es",
    }  # fmt: skip
    wishes = WishesIn.model_validate(said)
    assert (await mail.producers.wish(actor, producer_id, wishes, expected=0)).version == 1
    async with services.database.begin(actor) as uow:
        values = {"line": "auto", "state": "TX", "tier": "hot", "link": "https://x.example/1"}
        assert await mail.outgoing.to_producer(uow, producer_id, "lead_assigned", key="a", values=values) == 2
        until = {**values, "until": "10:45"}
        assert await mail.outgoing.to_producer(uow, producer_id, "lead_offered", key="o", values=until) == 1
    with frozen(datetime(2026, 11, 27, 18, tzinfo=UTC)):
        await work(mail)
    assert [message.subject for message in box.messages] == ["Se le ofrece un cliente de auto en TX hasta las 10:45"]
    held = [one for one in (await mail.ledger.page(actor)).items if one.template == "lead_assigned"]
    assert {(one.state.value, one.code) for one in held} == {("held", "quiet_hours")}
    assert {one.due_at for one in held} == {datetime(2026, 11, 28, 5, 59, tzinfo=UTC)}


async def test_a_device_that_is_gone_is_removed(
    services: Services, actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    body = DeviceIn(endpoint="https://push.example.net/a", keys=DeviceKeys(p256dh=RFC["p256dh"], auth=RFC["auth"]))
    await mail.producers.wish(actor, producer_id, WishesIn(channels=[Channel.PUSH]), expected=0)
    device = await mail.producers.register(actor, producer_id, body)
    assert (await mail.producers.register(actor, producer_id, body)).id == device.id
    box.answers = [Handed(Sent.REFUSED, refusal=Refusal.GONE)]
    await queue(services, actor, mail, producer_id, "a")
    await work(mail)
    assert [(message.to, message.keys is not None) for message in box.messages] == [
        ("https://push.example.net/a", True)
    ]
    assert await states(services, actor) == [("bounced", "gone")]
    assert (await mail.producers.devices(actor, producer_id)).items == []
    await queue(services, actor, mail, producer_id, "b")
    assert len(await states(services, actor)) == 1


async def test_an_assigned_lead_is_told_to_its_producer_once(
    services: Services,
    actor: Actor,
    mail: Messages,
    box: Box,
    lead_id: UUID,
    producer_id: UUID,
    on: Callable[..., Messages],
) -> None:
    while await mail.notices.work():  # what earlier tests of other agencies gave
        pass
    await work(mail)
    box.messages.clear()
    await services.lead_status.queue(actor, lead_id, f"q:{new_id()}", "a test needs a person")
    async with services.database.begin(actor) as uow:
        data = {"producer_id": str(producer_id)}
        await uow.history.append(lead_id, "given", LeadEvent(Happening.ASSIGNED, now(), data))
    await asyncio.gather(*(on().notices.work() for _ in range(3)))
    while await mail.notices.work():
        pass
    await work(mail)
    (told,) = (await mail.ledger.page(actor)).items
    assert (told.template, told.producer_id, told.lead_id) == ("lead_assigned", producer_id, lead_id)
    assert [message.to for message in box.messages] == ["p1@producers.example"]
    assert "Ann Lee" not in box.messages[0].text
    async with services.database.begin(actor) as uow:
        assert (await uow.session.scalar(text("SELECT count(*) FROM message_notice"))) == 0
        trigger = await uow.session.scalar(
            text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'tell_producers'")
        )
    assert {kind for kind in TOLD_OF if f"'{kind}'" in trigger} == set(TOLD_OF)


async def test_own_words_are_checked_versioned_and_used(
    services: Services, actor: Actor, other_actor: Actor, mail: Messages, box: Box, producer_id: UUID
) -> None:
    words = WordsIn(subject="Yours: {{ line }}", text="Hi {{ producer }}", short="Hi", html="<i>{{ producer }}</i>")
    with pytest.raises(Invalid) as caught:
        await mail.templates.save(
            actor, "lead_assigned", "en", words.model_copy(update={"text": "{{ prodcer }}"}), expected=0
        )
    assert [(fault.field, fault.value) for fault in caught.value.fields] == [("text", "prodcer")]
    assert (await mail.templates.save(actor, "lead_assigned", "en", words, expected=0)).version == 1
    await queue(services, actor, mail, producer_id, "a")
    await work(mail)
    assert (box.messages[0].subject, box.messages[0].html) == ("Yours: auto", "<i>Producer p1</i>")
    assert (await mail.ledger.page(actor)).items[0].template_version == 1
    assert (await mail.templates.one(other_actor, "lead_assigned", "en")).version == 0
    shown = await mail.templates.preview(actor, "lead_offered", "es", PreviewIn(values={"until": "9:00"}))
    assert "9:00" in shown.subject
    assert shown.sms_segments >= 1
