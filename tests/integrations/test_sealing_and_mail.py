"""Secrets at rest, links, and a real SMTP conversation."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from domain.messages.kinds import Channel
from integrations.messages.opening import messengers_of
from integrations.messages.port import LogMessenger, Message, Messenger, Refusal, Sent
from integrations.messages.smtp import SmtpMessenger
from integrations.sealing import Sealer
from integrations.webhooks import WebhookSender
from kernel.errors import Unavailable
from kernel.message_settings import MessageSettings

KEY = "k" * 32
MAIL = Message("id-1", "ana@example.com", "Please confirm", "Hello Ána\n\nhttp://127.0.0.1/x\n")


def test_a_sealed_secret_opens_under_its_key_and_for_its_row_only() -> None:
    sealed = Sealer(KEY).seal(b"secret", "agency/1")
    assert Sealer(KEY).open(sealed, "agency/1") == b"secret"
    assert sealed != Sealer(KEY).seal(b"secret", "agency/1")
    for sealer, about, content in (
        (Sealer("x" * 32), "agency/1", sealed), (Sealer(KEY), "agency/2", sealed), (Sealer(KEY), "agency/1", sealed[:-1]),
        (Sealer(KEY), "agency/1", b""), (Sealer(KEY), "agency/1", b"\x01ab"),
    ):  # fmt: skip
        with pytest.raises(Unavailable, match="another key"):
            sealer.open(content, about)


def test_a_new_key_seals_and_signs_and_what_the_old_one_did_still_counts() -> None:
    before, signed = Sealer(KEY).seal(b"secret", "a"), Sealer(KEY).mac("a")
    both = Sealer("n" * 32, [KEY])
    assert both.open(before, "a") == b"secret"
    assert both.mac_holds("a", signed)
    assert Sealer("n" * 32).open(both.seal(b"new", "a"), "a") == b"new"
    assert Sealer("n" * 32).mac_holds("a", both.mac("a"))
    with pytest.raises(Unavailable, match="another key"):
        both.open(before, "b")


def test_macs_hold_for_their_text() -> None:
    mac = Sealer(KEY).mac("a")
    assert Sealer(KEY).mac_holds("a", mac)
    assert not Sealer(KEY).mac_holds("b", mac)
    assert not Sealer("x" * 32).mac_holds("a", mac)
    for wrong in ("", "é", "A" * 43, mac[:-1], mac + "A"):
        assert not Sealer(KEY).mac_holds("a", wrong)


def messenger_of(settings: MessageSettings) -> Messenger:
    sender = WebhookSender(timeout_seconds=1, allow_private=False)
    return messengers_of(settings, httpx.AsyncClient(), sender)[Channel.EMAIL]


class Server:
    """An SMTP server that speaks just enough, and answers RCPT as told."""

    def __init__(self) -> None:
        self.rcpt = b"250 ok"
        self.mails: list[bytes] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                mail = b""
                while (part := await reader.readline()) not in {b".\r\n", b""}:
                    mail += part
                self.mails.append(mail)
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write((self.rcpt if verb == b"RCPT" else b"250 ok") + b"\r\n")
            await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[Server, SmtpMessenger]]:
    script = Server()
    listening = await asyncio.start_server(script.talk, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = MessageSettings(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", timeout_seconds=5)
    messenger = messenger_of(settings)
    assert isinstance(messenger, SmtpMessenger)
    yield script, messenger
    listening.close()
    await listening.wait_closed()


async def test_a_message_goes_out(server: tuple[Server, SmtpMessenger]) -> None:
    script, messenger = server
    assert (await messenger.send(MAIL)).outcome is Sent.SENT
    (mail,) = script.mails
    assert b"Message-ID: <id-1@localhost>" in mail
    assert b"To: ana@example.com" in mail


async def test_html_goes_beside_the_text(server: tuple[Server, SmtpMessenger]) -> None:
    script, messenger = server
    assert (await messenger.send(replace(MAIL, html="<p>Hello</p>", sender_name="Acme, Inc."))).outcome is Sent.SENT
    (mail,) = script.mails
    assert b"multipart/alternative" in mail
    assert b"text/plain" in mail
    assert b"<p>Hello</p>" in mail
    assert b'From: "Acme, Inc." <leads@localhost>' in mail


@pytest.mark.parametrize(
    "to", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y", "", "no address", "a@b\x00.example"]
)
async def test_an_address_that_would_begin_a_header_is_refused(server: tuple[Server, SmtpMessenger], to: str) -> None:
    script, messenger = server
    assert (await messenger.send(replace(MAIL, to=to))).refusal is Refusal.BAD_ADDRESS
    assert script.mails == []


async def test_a_subject_or_name_cannot_begin_a_header(server: tuple[Server, SmtpMessenger]) -> None:
    script, messenger = server
    assert (await messenger.send(replace(MAIL, subject="a\r\nBcc: c@d.example"))).outcome is Sent.REFUSED
    assert (await messenger.send(replace(MAIL, sender_name="a\r\nBcc: c@d.example"))).outcome is Sent.SENT
    assert b"Bcc" not in script.mails[0]


@pytest.mark.parametrize(("answer", "passing"), [(b"550 no such person", False), (b"450 later", True)])
async def test_refusals_are_final_or_passing(
    server: tuple[Server, SmtpMessenger], answer: bytes, passing: bool
) -> None:
    script, messenger = server
    script.rcpt = answer
    if passing:
        with pytest.raises(Unavailable):
            await messenger.send(MAIL)
    else:
        assert (await messenger.send(MAIL)).refusal is Refusal.BAD_ADDRESS


async def test_a_server_that_is_away(server: tuple[Server, SmtpMessenger]) -> None:
    away = MessageSettings(smtp_host="127.0.0.1", smtp_port=1, smtp_security="none", timeout_seconds=1)
    with pytest.raises(Unavailable):
        await messenger_of(away).send(MAIL)


async def test_without_a_server_nothing_is_sent_and_nothing_personal_logged(capsys: pytest.CaptureFixture[str]) -> None:
    messenger = messenger_of(MessageSettings())
    assert isinstance(messenger, LogMessenger)
    assert (await messenger.send(MAIL)).outcome is Sent.NOT_SENT
    printed = capsys.readouterr()
    assert "ana@" not in printed.out + printed.err
