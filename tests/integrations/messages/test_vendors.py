"""Twilio, SendGrid and Web Push over respx, their failures, and the proofs of what they send to us."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import jwt
import pytest
import respx
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrations.messages import sendgrid, twilio
from integrations.messages.port import Away, Handed, Locked, Message, Messenger, PushKeys, Refusal, Sent
from integrations.messages.push import PushMessenger, VapidKey, check_keys, encrypt, padded, unpadded
from integrations.webhooks import WebhookSender
from kernel.errors import Invalid
from kernel.message_settings import MessageSettings, PushSettings, SendgridSettings, TwilioSettings

SID = "AC" + "0" * 32
TWILIO = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
SENDGRID = "https://api.sendgrid.com/v3/mail/send"
PUSH = "https://push.example.net/send/abc"
# RFC 8291, appendix A
RFC = {
    "private": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    "salt": "DGv6ra1nlYgDCS1FRnbzlw",
    "body": (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
        "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    ),
}
KEYS = PushKeys(RFC["p256dh"], RFC["auth"])
TEXT = Message("id-1", "+13125550142", "", "Hello", report_to="https://us.example/status")
MAIL = Message("id-1", "ana@example.com", "Hello", "text", html="<p>text</p>", sender_name="Acme", agency_id="a-1")
NOTE = Message("id-1", PUSH, "A lead", "auto in TX", keys=KEYS, link="https://us.example/leads/1")


async def _public(_host: str, _port: int) -> list[str]:
    return ["93.184.216.34"]


def _twilio() -> Messenger:
    settings = TwilioSettings(account_sid=SID, auth_token="secret", sender="+13125550100")  # type: ignore[arg-type]
    return twilio.TwilioMessenger(settings, httpx.AsyncClient(timeout=1))


def _sendgrid() -> Messenger:
    settings = MessageSettings(sender="leads@acme.example", sendgrid=SendgridSettings(api_key="SG.x"))  # type: ignore[arg-type]
    return sendgrid.SendgridMessenger(settings, httpx.AsyncClient(timeout=1))


def _push() -> Messenger:
    sender = WebhookSender(timeout_seconds=1, allow_private=False, resolver=_public)
    return PushMessenger(PushSettings(contact="mailto:ops@acme.example"), VapidKey.read(RFC["private"]), sender)


@respx.mock
async def test_a_text_goes_to_twilio_with_what_it_costs() -> None:
    route = respx.post(TWILIO).respond(201, json={"sid": "SM1", "price": "-0.00750", "price_unit": "usd"})
    handed = await _twilio().send(TEXT)
    assert (handed.outcome, handed.provider_id) == (Sent.SENT, "SM1")
    assert handed.price is not None
    assert (str(handed.price.amount), handed.price.currency) == ("0.00750", "USD")
    sent = parse_qs(route.calls[0].request.content.decode())
    assert sent == {
        "To": [TEXT.to], "From": ["+13125550100"], "Body": ["Hello"], "StatusCallback": ["https://us.example/status"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "refusal"),
    [(400, 21211, Refusal.BAD_ADDRESS), (400, 21610, Refusal.UNSUBSCRIBED), (400, 21614, Refusal.BAD_ADDRESS),
     (400, 21602, Refusal.CONTENT), (400, None, Refusal.CONTENT)],
)  # fmt: skip
@respx.mock
async def test_twilio_refuses_for_good(status: int, code: int | None, refusal: Refusal) -> None:
    respx.post(TWILIO).respond(status, json={"code": code})
    assert await _twilio().send(TEXT) == Handed(Sent.REFUSED, refusal=refusal)


@respx.mock
async def test_sendgrid_takes_a_mail_and_is_told_whose_it_is() -> None:
    route = respx.post(SENDGRID).respond(202, headers={"X-Message-Id": "sg-1"})
    assert await _sendgrid().send(MAIL) == Handed(Sent.SENT, "sg-1")
    sent = json.loads(route.calls[0].request.content)
    assert sent["custom_args"] == {"message": "id-1", "agency": "a-1"}
    assert sent["from"] == {"email": "leads@acme.example", "name": "Acme"}
    assert [part["type"] for part in sent["content"]] == ["text/plain", "text/html"]
    assert sent["headers"]["Message-ID"] == "<id-1@acme.example>"


@pytest.mark.parametrize(
    ("field", "refusal"), [("personalizations.0.to.0.email", Refusal.BAD_ADDRESS), ("content", Refusal.CONTENT)]
)
@respx.mock
async def test_sendgrid_refuses_for_good(field: str, refusal: Refusal) -> None:
    respx.post(SENDGRID).respond(400, json={"errors": [{"field": field, "message": "no"}]})
    assert (await _sendgrid().send(MAIL)).refusal is refusal


@respx.mock
async def test_a_push_is_encrypted_named_and_replaces_its_earlier_self() -> None:
    route = respx.post("https://93.184.216.34/send/abc").respond(201)
    assert (await _push().send(NOTE)).outcome is Sent.SENT
    assert (await _push().send(NOTE)).outcome is Sent.SENT
    first, second = (call.request for call in route.calls)
    assert first.headers["Topic"] == second.headers["Topic"]
    assert first.headers["Host"] == "push.example.net"
    assert first.headers["Content-Encoding"] == "aes128gcm"
    assert first.content != second.content
    assert b"auto in TX" not in first.content
    scheme, token, key = first.headers["Authorization"].replace(",", "").split()
    assert scheme == "vapid"
    claims = jwt.decode(
        token.removeprefix("t="), VapidKey.read(RFC["private"]).private.public_key(), algorithms=["ES256"],
        audience="https://push.example.net", options={"verify_exp": False},
    )  # fmt: skip
    assert claims["sub"] == "mailto:ops@acme.example"
    assert key.removeprefix("k=") == VapidKey.read(RFC["private"]).public


@pytest.mark.parametrize(("status", "refusal"), [(410, Refusal.GONE), (404, Refusal.GONE), (413, Refusal.CONTENT)])
@respx.mock
async def test_a_push_service_refuses_for_good(status: int, refusal: Refusal) -> None:
    respx.post("https://93.184.216.34/send/abc").respond(status)
    assert (await _push().send(NOTE)).refusal is refusal


async def test_a_push_to_a_private_address_is_not_sent() -> None:
    sender = WebhookSender(timeout_seconds=1, allow_private=False)
    messenger = PushMessenger(PushSettings(), VapidKey.read(RFC["private"]), sender)
    inside = Message("id-1", "https://127.0.0.1/x", "a", "b", keys=KEYS)
    assert (await messenger.send(inside)).refusal is Refusal.GONE


VENDORS = [
    (_twilio, TEXT, TWILIO), (_sendgrid, MAIL, SENDGRID), (_push, NOTE, "https://93.184.216.34/send/abc"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message", "url"), VENDORS)
@pytest.mark.parametrize(("status", "kind"), [(429, Away), (500, Away), (503, Away), (401, Locked), (403, Locked)])
@respx.mock
async def test_what_may_pass_is_tried_again(
    make: Any, message: Message, url: str, status: int, kind: type[Away]
) -> None:
    respx.post(url).respond(status, headers={"Retry-After": "17"}, json={})
    with pytest.raises(kind) as caught:
        await make().send(message)
    assert caught.value.retry_after == (17 if kind is Away else None)
    assert message.to not in str(caught.value)


@pytest.mark.parametrize(("make", "message", "url"), VENDORS)
@pytest.mark.parametrize("fault", [httpx.ReadTimeout("x"), httpx.ConnectError("x"), httpx.RemoteProtocolError("x")])
@respx.mock
async def test_a_vendor_that_is_slow_or_away(make: Any, message: Message, url: str, fault: Exception) -> None:
    respx.post(url).mock(side_effect=fault)
    with pytest.raises(Away):
        await make().send(message)


def test_the_example_of_rfc_8291_byte_for_byte() -> None:
    key = derive_private_key(int.from_bytes(unpadded(RFC["private"])), SECP256R1())
    made = encrypt(b"When I grow up, I want to be a watermelon", KEYS, salt=unpadded(RFC["salt"]), key=key)
    assert padded(made) == RFC["body"]


@pytest.mark.parametrize(
    "keys",
    [PushKeys("", ""), PushKeys(RFC["p256dh"], "AAAA"), PushKeys("B" + "A" * 86, RFC["auth"]), PushKeys("é", "é")],
)
def test_keys_that_no_browser_made(keys: PushKeys) -> None:
    with pytest.raises(Invalid, match="cannot be used"):
        check_keys(keys)


def test_the_example_of_twilios_documentation() -> None:
    """https://www.twilio.com/docs/usage/security: its URL, fields and token."""
    fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    made = twilio.signature("12345", url, fields)
    assert made == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    body = urlencode(fields).encode()
    assert twilio.holds("12345", url, body, made)
    for wrong in (
        ("12345", url + "x", body, made), ("1234", url, body, made), ("12345", url, body + b"&a=b", made),
        ("12345", url, body, ""), ("12345", url, body, "é"), ("12345", url, b"\xff", made),
    ):  # fmt: skip
        assert not twilio.holds(*wrong)


def test_events_of_sendgrid_are_signed_over_their_bytes() -> None:
    private = generate_private_key(SECP256R1())
    text = base64.b64encode(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    key = sendgrid.public_key(text)
    body = b'[{"event":"delivered"}]'
    made = base64.b64encode(private.sign(b"1700000000" + body, ECDSA(SHA256()))).decode()
    assert sendgrid.holds(key, "1700000000", body, made)
    assert not sendgrid.holds(key, "1700000001", body, made)
    assert not sendgrid.holds(key, "1700000000", body + b" ", made)
    assert not sendgrid.holds(key, "1700000000", body, "x")
    with pytest.raises(Invalid, match="WEBHOOK_KEY"):
        sendgrid.public_key("AAAA")
    with pytest.raises(Invalid):
        sendgrid.events_of(b"{}")
