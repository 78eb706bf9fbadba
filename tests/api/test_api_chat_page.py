"""The chat's page over real HTTP, as a browser without JavaScript uses it: what the page shows is all that is known of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from services.container import Services
from tests.api.live import PATIENCE, served
from tests.api.sources import SourceAt, SourceMaker

ANSWERS = ("I need car insurance", "78701", "2", "2019 Honda Civic", "Geico", "yes", "Ana Ruiz", "512-555-0142", "skip")


@dataclass
class Form:
    """A form as it stands in the page."""

    action: str
    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """What somebody sees: the messages and the forms."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer
        self.language = ""
        self.forms: list[Form] = []
        self.messages: list[str] = []
        self._in_message = False
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given["lang"]
        elif tag == "form":
            assert given["method"] == "post"
            self.forms.append(Form(given["action"], given.get("enctype", "application/x-www-form-urlencoded")))
        elif tag == "input" and given["type"] == "file":
            self.forms[-1].files.append(given["name"])
        elif tag == "input":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and "name" in given:
            self.forms[-1].buttons[given["value"]] = given["name"]
        elif tag == "li":
            self._in_message = True
            self.messages.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_message = self._in_message and tag != "li"

    def handle_data(self, data: str) -> None:
        if self._in_message:
            self.messages[-1] += data

    @property
    def asks(self) -> bool:
        """Whether a message can be written."""
        return any("text" in one.fields for one in self.forms)


class Browser:
    """Fills in forms and follows where they lead; keeps cookies and nothing else."""

    def __init__(self, client: httpx.AsyncClient, here: str) -> None:
        self.client, self.here = client, here
        self.page: Page

    async def open(self, **headers: str) -> Page:
        self.page = Page(await self.client.get(self.here, headers=headers))
        return self.page

    async def say(self, *words: str) -> Page:
        for one in words:
            form = next(form for form in self.page.forms if "text" in form.fields)
            await self._send(form, data={**form.fields, "text": one})
        return self.page

    async def press(self, value: str) -> Page:
        form = next(form for form in self.page.forms if value in form.buttons)
        return await self._send(form, data={**form.fields, form.buttons[value]: value})

    async def attach(self, name: str, content: bytes) -> Page:
        form = next(form for form in self.page.forms if form.files)
        assert form.kind == "multipart/form-data"
        return await self._send(form, files={form.files[0]: (name, content, "text/plain")})

    async def _send(self, form: Form, **body: Any) -> Page:
        # A browser names the page's origin with every form; another one's is refused.
        origin = {"Origin": str(self.client.base_url).rstrip("/")}
        self.page = Page(await self.client.post(form.action, headers=origin, follow_redirects=True, **body))
        assert self.page.answer.status_code == 200, self.page.answer.text
        return self.page


@pytest.fixture
async def source(make_source: SourceMaker) -> SourceAt:
    return await make_source("chat", sellers=["Acme Agency"])


@pytest.fixture
async def browser(app: FastAPI, source: SourceAt) -> AsyncIterator[Browser]:
    async with served(app) as at, httpx.AsyncClient(base_url=at.url, timeout=PATIENCE) as client:
        yield Browser(client, f"/chat/{source.agency}/{source.slug}")


async def test_a_request_is_sent_by_forms_alone_and_its_file_too(
    browser: Browser, client: httpx.AsyncClient, signed: dict[str, str], source: SourceAt
) -> None:
    page = await browser.open()
    assert not browser.client.cookies, "who only looks leaves nothing behind"
    assert "automated assistant" in page.messages[0]
    page = await browser.say(*ANSWERS)
    assert "Phone: +15125550142" in page.messages[-1]
    page = await browser.say("yes")
    assert not page.asks
    page = await browser.attach("policy.txt", b"Carrier: Geico")
    assert "policy.txt" in page.messages[-1]
    leads = (await client.get("/api/v1/leads", params={"source": source.slug}, headers=signed)).json()["items"]
    assert len(leads) == 1
    documents = await client.get(f"/api/v1/leads/{leads[0]['id']}/documents", headers=signed)
    assert len(documents.json()["items"]) == 1
    page = await browser.press("new")
    assert page.asks
    assert len(page.messages) == 2, "a new chat has the greeting and its question alone"


async def test_sending_a_form_again_is_one_message(browser: Browser) -> None:
    await browser.open()
    await browser.say("auto")
    form = next(form for form in browser.page.forms if "text" in form.fields)
    for _ in range(2):  # as a browser does that loads the answer of a form anew
        page = await browser._send(form, data={**form.fields, "text": "78701"})
    assert [one for one in page.messages if "78701" in one] == ["You: 78701"]


async def test_a_half_conversation_is_taken_up_again_by_its_cookie_after_a_restart_of_the_program(
    browser: Browser, services: Services
) -> None:
    await browser.open()
    before = await browser.say(*ANSWERS[:7])
    cookies = dict(browser.client.cookies)
    async with served(create_app(services)) as at, httpx.AsyncClient(base_url=at.url, timeout=PATIENCE) as client:
        client.cookies.update(cookies)
        again = Browser(client, browser.here)
        page = await again.open()
        assert page.messages == before.messages
        page = await again.say("512-555-0142", "skip", "yes")
        assert not page.asks
    async with httpx.AsyncClient(base_url=browser.client.base_url, timeout=PATIENCE) as client:
        stranger = await Browser(client, browser.here).open()
        assert not any("Ana" in one for one in stranger.messages)


@pytest.mark.parametrize("button", ["stop", "erase"])
async def test_the_buttons_end_the_chat_and_a_new_one_can_begin(browser: Browser, button: str) -> None:
    await browser.open()
    await browser.say("auto, my number is 512-555-0142", "78701")
    page = await browser.press(button)
    assert not page.asks
    assert not any("0142" in one for one in page.messages)
    assert any("78701" in one for one in page.messages) is (button == "stop")
    if button == "stop":
        page = await browser.press("resume")
        assert page.messages[-1].endswith("How many drivers are in the household?")
        await browser.press("stop")
    page = await browser.press("new")
    assert page.asks
    assert (await browser.say("renters")).asks


async def test_the_page_speaks_the_language_that_is_written(browser: Browser) -> None:
    assert (await browser.open()).language == "en"
    page = await browser.say("necesito seguro de carro")
    assert page.language == "es"
    assert "código postal" in page.messages[-1]


async def test_everything_that_the_page_needs_comes_from_us_and_no_script_is_needed(browser: Browser) -> None:
    page = await browser.open()
    policy = page.answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert re.findall(r'(?:src|href)="(https?:)?//', page.answer.text) == []
    assert not re.search(r"<[^>]+\son\w+=", page.answer.text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.answer.text)
    said = await browser.say('<img src=x onerror="alert(1)"> "quoted" & <b>bold</b>')
    assert "<img" not in said.answer.text
    assert any('<img src=x onerror="alert(1)">' in one for one in said.messages), "shown as it was written"
