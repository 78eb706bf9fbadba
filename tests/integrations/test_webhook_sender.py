"""A POST to a subscriber who may answer anything: every end is told by a word, and the checked address is the one reached."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.deliveries import Attempt
from integrations.retries import backoff
from integrations.webhooks import WebhookSender, headers, signature
from kernel.clock import now
from kernel.webhook_settings import WebhookSettings
from tests import receiver as stage
from tests.receiver import receiving, status

ID = UUID("018f0000-0000-7000-8000-000000000001")
BODY = b'{"id":"1"}'
KEYS = [b"first key", b"second key"]


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    opened = WebhookSender(timeout_seconds=1.0, allow_private=True)
    yield opened
    await opened.close()


async def sent(sender: WebhookSender, url: str) -> Attempt:
    moment = now()
    return await sender.send(url, headers(ID, "leads.v1.won", KEYS, moment, BODY), BODY, moment)


async def test_what_arrives_is_the_body_as_it_is_with_id_kind_time_and_signatures(sender: WebhookSender) -> None:
    async with receiving() as there:
        assert await sent(sender, there.url + "?x=1") == Attempt(200)
    (got,) = there.got
    assert (got.path, got.body, got.id) == ("/hook?x=1", BODY, str(ID))
    assert got.headers["host"] == f"127.0.0.1:{there.port}"
    assert got.headers["leadwright-event"] == "leads.v1.won"
    at = got.headers["leadwright-timestamp"]
    expected = [hmac.new(key, f"{ID}.{at}.".encode() + BODY, hashlib.sha256).hexdigest() for key in KEYS]
    assert got.headers["leadwright-signature"] == ",".join([f"t={at}", *(f"v1={one}" for one in expected)])


def test_the_signature_covers_id_time_and_body() -> None:
    given = signature(KEYS[:1], ID, 5, BODY)
    assert len({given, signature(KEYS[:1], UUID(int=1), 5, BODY), signature(KEYS[:1], ID, 5, BODY + b" ")}) == 3
    assert given.split(",")[1] != signature(KEYS[:1], ID, 6, BODY).split(",")[1]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (status(204, body=b""), Attempt(204)),
        (status(500), Attempt(500)),
        (status(410), Attempt(410)),
        (status(429, "Retry-After: 7"), Attempt(429, retry_after=7.0)),
        (status(503, "Retry-After: soon"), Attempt(503)),
        (status(307, "Location: http://127.0.0.1:1/elsewhere"), Attempt(307)),
        (stage.hangs, Attempt(error="timeout")),
        (stage.byte_by_byte, Attempt(error="timeout")),
        (stage.closes_at_once, Attempt(error="cut_off")),
        (stage.closes_amid_headers, Attempt(error="cut_off")),
        (stage.closes_after_headers, Attempt(error="cut_off")),
        (stage.endless, Attempt(200)),
        (stage.no_http, Attempt(error="cut_off")),
        (status(200, "X-Long: " + "a" * 200_000), Attempt(error="cut_off")),
    ],
)
async def test_every_answer_has_its_word(sender: WebhookSender, answer: stage.Answer, expected: Attempt) -> None:
    async with receiving(answer) as there:
        assert await sent(sender, there.url) == expected
    assert len(there.got) == 1  # a redirect is not followed, nothing is repeated on the quiet


def test_t72_waits_double_up_to_the_longest_and_are_drawn_from_nothing_on() -> None:
    settings = WebhookSettings()

    def wait(attempt: int, chance: float) -> float:
        base, cap = settings.first_wait_seconds, settings.longest_wait_seconds
        return backoff(attempt, None, lambda: chance, base=base, cap=cap)

    assert [wait(attempt, 1.0) for attempt in (1, 2, 3, 4)] == [10.0, 20.0, 40.0, 80.0]
    assert [wait(attempt, 0.25) for attempt in (1, 2)] == [2.5, 5.0]
    assert (wait(5, 0.0), wait(settings.attempts, 1.0)) == (0.0, settings.longest_wait_seconds)


async def test_nobody_there(sender: WebhookSender) -> None:
    async with receiving() as there:
        pass
    assert await sent(sender, there.url) == Attempt(error="connect")


@pytest.mark.parametrize(
    ("addresses", "private"),
    [
        (["127.0.0.1"], False), (["8.8.8.8", "127.0.0.1"], False), (["169.254.169.254"], True), ([], True),
        (["10.0.0.1", "::ffff:169.254.169.254"], True),
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(
    addresses: list[str], private: bool
) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        assert (host, port) == ("hooks.example", 443)
        return addresses

    sender = WebhookSender(timeout_seconds=1.0, allow_private=private, resolver=resolver)
    assert await sent(sender, "https://hooks.example/x") == Attempt(error="refused_address")
    await sender.close()


async def test_without_tls_only_private_addresses_are_sent_to() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["8.8.8.8"]

    sender = WebhookSender(timeout_seconds=1.0, allow_private=True, resolver=resolver)
    assert await sent(sender, "http://hooks.example/x") == Attempt(error="refused_address")
    await sender.close()


async def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to() -> None:
    """A name that answers differently the second time (DNS rebinding) has no second time."""
    asked: list[str] = []

    async def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    sender = WebhookSender(timeout_seconds=1.0, allow_private=True, resolver=resolver)
    async with receiving() as there:
        assert await sent(sender, f"http://hooks.example:{there.port}/x") == Attempt(200)
    assert asked == ["hooks.example"]
    assert there.got[0].headers["host"] == f"hooks.example:{there.port}"
    await sender.close()


async def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["::1", "127.0.0.1"]  # the receiver listens on the second only

    sender = WebhookSender(timeout_seconds=2.0, allow_private=True, resolver=resolver)
    async with receiving() as there:
        assert await sent(sender, f"http://hooks.example:{there.port}/x") == Attempt(200)
    await sender.close()


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for ``name``, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - dt.timedelta(days=1)).not_valid_after(moment + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "both.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


async def _loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def test_the_certificate_must_be_the_names_although_the_address_is_connected_to(tmp_path: Path) -> None:
    server, client = _certificate(tmp_path, "hooks.example")
    sender = WebhookSender(timeout_seconds=2.0, allow_private=True, tls=client, resolver=_loopback)
    async with receiving(tls=server) as there:
        assert await sent(sender, f"https://hooks.example:{there.port}/x") == Attempt(200)
        assert await sent(sender, f"https://other.example:{there.port}/x") == Attempt(error="tls")
    assert [got.headers["host"] for got in there.got] == [f"hooks.example:{there.port}"]
    await sender.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server, _ = _certificate(tmp_path, "hooks.example")
    sender = WebhookSender(timeout_seconds=2.0, allow_private=True, resolver=_loopback)
    async with receiving(tls=server) as there:
        assert await sent(sender, f"https://hooks.example:{there.port}/x") == Attempt(error="tls")
    assert there.got == []
    await sender.close()
