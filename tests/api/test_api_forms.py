"""Web forms and the person's own word."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from domain.actor import Actor
from domain.messages.kinds import Channel
from integrations.messages.port import Handed, Message, Sent
from kernel.clock import frozen, now
from kernel.errors import Unavailable
from services.container import Services
from services.messages.messages import Messages
from store.sql.repositories.leads import LeadFilter
from tests.api.sources import SourceAt, SourceMaker, statement_of

FORM = "application/x-www-form-urlencoded"
WORDS = "I agree that Acme Agency may call me at the number given."


class Postbox:
    """Keeps what it is handed; says that the server is away as often as told."""

    name = "postbox"

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.away = 0
        self.answer = Sent.SENT

    async def send(self, message: Message) -> Handed:
        if self.away:
            self.away -= 1
            raise Unavailable("away")
        self.messages.append(message)
        return Handed(self.answer)


def messages_by(services: Services, postbox: Postbox) -> Messages:
    """The messages service whose mail goes to ``postbox``."""
    boxes = {**services.messengers, Channel.EMAIL: postbox}
    asked = {"opt_in": services.opt_ins.words}
    return Messages.on(services.database, boxes, services.sealer, services.settings, asked=asked)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest_asyncio.fixture
async def post(services: Services, postbox: Postbox) -> AsyncIterator[Messages]:
    """The messages service on that postbox; what other tests left is sent before."""
    sender = messages_by(services, postbox)
    while await sender.work():
        pass
    postbox.messages.clear()
    yield sender


async def submit(
    source: SourceAt, client: httpx.AsyncClient, headers: dict[str, str] | None = None, **fields: Any
) -> Any:
    body = {**source.lead(), "form_token": source.made["form_token"], **fields}
    sent = urlencode({name: value for name, value in body.items() if value is not None})
    return await client.post(f"{source.path}/form", content=sent, headers={"Content-Type": FORM, **(headers or {})})


async def leads_of(client: httpx.AsyncClient, signed: dict[str, str], source: SourceAt) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await client.get("/api/v1/leads", params={"source": source.slug}, headers=signed)
    ).json()["items"]
    return found


async def test_a_form_becomes_a_lead_with_its_consent(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("form", sellers=["Acme Agency"], consent_text=WORDS, zone="America/Chicago")
    answer = await submit(source, client, {"Referer": "https://quotes.example/auto"}, consent="yes")
    assert (answer.status_code, answer.json()) == (202, {"status": "received"})
    (lead,) = await leads_of(client, signed, source)
    consent = (await client.get(f"/api/v1/leads/{lead['id']}", headers=signed)).json()["consent"]
    assert (consent["text"], consent["sellers"], consent["zone"]) == (WORDS, ["Acme Agency"], "America/Chicago")
    assert (consent["page_url"], consent["ip"]) == ("https://quotes.example/auto", "127.0.0.1")
    assert consent["at"].endswith("+00:00")


async def test_an_old_wording_stays_when_the_form_has_a_new_one(
    make_source: SourceMaker, client: Any, signed: Any
) -> None:
    """DOMAIN T20."""
    source = await make_source("form", consent_text=WORDS)
    await submit(source, client, consent="yes")
    assert (await source.change(consent_text="Other words.")).status_code == 200
    await submit(source, client, consent="yes")
    hashes = []
    for lead in await leads_of(client, signed, source):
        consent = (await client.get(f"/api/v1/leads/{lead['id']}", headers=signed)).json()["consent"]
        hashes.append(consent["text_hash"])
    texts = [(await client.get(f"/api/v1/consent-texts/{one}", headers=signed)).json()["text"] for one in hashes]
    assert set(texts) == {WORDS, "Other words."}
    assert (await client.get(f"/api/v1/consent-texts/{'0' * 64}", headers=signed)).status_code == 404


@pytest.mark.parametrize(
    ("raw", "email"), [("a%2Bb%40x.example", "a+b@x.example"), ("a+b%40x.example", "a+b@x.example")]
)
async def test_a_plus_is_a_plus(make_source: SourceMaker, client: Any, signed: Any, raw: str, email: str) -> None:
    """DOMAIN T66."""
    source = await make_source("form")
    body = f"email={raw}&full_name=Ann+Lee&form_token={source.made['form_token']}"
    answer = await client.post(f"{source.path}/form", content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 202, answer.text
    (lead,) = await leads_of(client, signed, source)
    assert (lead["email"], lead["name"]) == (email, "Ann Lee")


async def test_a_multipart_form_is_read_too(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("form")
    fields = source.lead(full_name="Ana Ruíz") | {"form_token": source.made["form_token"]}
    parts = {name: (None, value) for name, value in fields.items()} | {"photo": ("a.png", b"\x89PNG", "image/png")}
    answer = await client.post(f"{source.path}/form", files=parts)
    assert answer.status_code == 202, answer.text
    (lead,) = await leads_of(client, signed, source)
    assert lead["name"] == "Ana Ruíz"


async def test_machines_are_answered_alike_and_leave_nothing(
    make_source: SourceMaker, client: Any, signed: Any
) -> None:
    source = await make_source("form")
    answer = await submit(source, client, website="http://spam.example")
    assert (answer.status_code, answer.json()) == (202, {"status": "received"})
    assert await leads_of(client, signed, source) == []
    assert await source.refusals() == {"honeypot": 1}


async def test_only_the_sources_own_pages_are_redirected_to(make_source: SourceMaker, client: Any, signed: Any) -> None:
    source = await make_source("form", redirects=["https://quotes.example/thanks"])
    answer = await submit(source, client, redirect="https://quotes.example/thanks")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://quotes.example/thanks")
    refused = await submit(source, client, redirect="https://evil.example/")
    assert (refused.status_code, refused.json()["code"]) == (422, "redirect_not_allowed")
    assert len(await leads_of(client, signed, source)) == 1


async def test_a_wrong_token_an_inactive_and_an_unknown_source_look_the_same(
    make_source: SourceMaker, client: Any
) -> None:
    source, off = await make_source("form"), await make_source("form", active=False)
    answers = [await submit(source, client, form_token="x"), await submit(source, client, form_token=None)]
    answers.append(await submit(off, client))
    source.slug = "nothing-here"
    answers.append(await submit(source, client))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_a_lead_waits_for_its_persons_word(
    make_source: SourceMaker,
    client: Any,
    signed: Any,
    post: Messages,
    postbox: Postbox,
    services: Services,
    actor: Actor,
) -> None:
    source = await make_source("form", double_opt_in=True, price={"minor": 500})
    answer = await submit(source, client, {"Accept": "text/html"})
    assert answer.status_code == 202
    assert "e-mail" in answer.text
    (lead,) = await leads_of(client, signed, source)
    assert lead["status"] == "unconfirmed"
    assert (await statement_of(client, signed, source))["accepted"] == 0
    assert await post.work()
    (message,) = postbox.messages
    assert message.to == lead["email"]
    link = next(word for word in message.text.split() if "/confirm/" in word).removeprefix("http://127.0.0.1:8000")
    shown = await client.get(link)
    assert (shown.status_code, "<button" in shown.text) == (200, True)
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    (unchanged,) = await leads_of(client, signed, source)
    assert unchanged["status"] == "unconfirmed"
    pages = await asyncio.gather(*(client.post(link) for _ in range(5)))
    assert {page.status_code for page in pages} == {200}
    (confirmed,) = await leads_of(client, signed, source)
    assert confirmed["status"] == "received"
    assert confirmed["received_at"] > lead["received_at"]
    async with services.database.begin(actor) as uow:
        assert await uow.runs.open_of([confirmed["id"]])
    account = await statement_of(client, signed, source)
    assert (account["accepted"], account["amounts"][0]["spend_minor"]) == (1, 500)
    assert "<button" not in (await client.get(link)).text
    rebuilt = await services.lead_rebuild.rebuild(actor)
    assert rebuilt.differed == 0


async def test_links_that_are_not_ours_or_too_old_confirm_nothing(
    make_source: SourceMaker, client: Any, signed: Any, post: Messages, postbox: Postbox
) -> None:
    source = await make_source("form", double_opt_in=True)
    await submit(source, client)
    assert await post.work()
    link = next(word for word in postbox.messages[0].text.split() if "/confirm/" in word)
    path = link.removeprefix("http://127.0.0.1:8000")
    head, _, mac = path.rpartition(".")
    about, _, until = head.rpartition(".")
    forged = [f"{head}.{mac[:-2]}AA", f"{about}.{int(until) + 9999}.{mac}", "/api/v1/inbound/confirm/x", f"{head}."]
    for one in forged:
        assert (await client.post(one)).status_code == 410
    with frozen(now() + timedelta(hours=72)):
        assert (await client.post(path)).status_code == 410
    (lead,) = await leads_of(client, signed, source)
    assert lead["status"] == "unconfirmed"


async def test_a_server_that_is_away_delays_a_message(
    make_source: SourceMaker, client: Any, post: Messages, postbox: Postbox, services: Services, actor: Actor
) -> None:
    source = await make_source("form", double_opt_in=True)
    await submit(source, client)
    postbox.away = 1
    assert await post.work()
    assert not await post.work()
    assert postbox.messages == []
    async with services.database.begin(actor) as uow:
        waiting = (await uow.leads.page(LeadFilter(), after=None, at_most=1))[0]
        await uow.session.execute(text("UPDATE outgoing_message SET due_at = now() WHERE state = 'queued'"))
    assert await post.work()
    assert [message.to for message in postbox.messages] == [waiting.email]
    assert not await post.work()


async def test_an_unconfirmed_lead_makes_nobody_a_duplicate(
    make_source: SourceMaker, client: Any, signed: Any, services: Services, actor: Actor
) -> None:
    source = await make_source("form", double_opt_in=True)
    lead = source.lead()
    await submit(source, client, **lead)
    sent = await client.post("/api/v1/leads", json=lead, headers=signed)
    found = await services.duplicates.find(actor, sent.json()["lead_id"], ("auto",))
    assert found.suspects == 0
