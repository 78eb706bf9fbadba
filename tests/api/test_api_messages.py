"""Messages over HTTP: the ledger, words, wishes and devices of producers, and what vendors send."""

import base64
import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.app import create_app
from api.auth import issue_token
from domain.actor import Actor, ActorKind, Scope
from domain.messages.kinds import Channel
from integrations.messages import twilio
from kernel.ids import new_id
from kernel.message_settings import MessageSettings, SendgridSettings, TwilioSettings
from services.container import Services
from services.messages.messages import Messages
from tests.api.records import a_device
from tests.api.test_api_forms import Postbox

TOKEN = "12345"
KEY = generate_private_key(SECP256R1())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
SHOWN = "http://127.0.0.1:8000"


class Revoked:
    """Keeps what it is told; the same key again counts once."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str, str, str]] = {}

    async def __call__(self, actor: Actor, sender: str, channel: str, words: str, at: Any, key: str) -> None:
        self.told.setdefault(key, (str(actor.agency_id), sender, channel, words))


@pytest.fixture
async def told(services: Services, actor: Actor) -> tuple[httpx.AsyncClient, Messages, Revoked, str]:
    """A client of an API whose vendors are set up, its messages, what was revoked, and the agency's slug."""
    given = MessageSettings(
        twilio=TwilioSettings(account_sid="AC" + "0" * 32, auth_token=TOKEN, sender="+13125550100"),  # type: ignore[arg-type]
        sendgrid=SendgridSettings(webhook_key=PUBLIC),
    )
    settings = services.settings.model_copy(update={"messages": given})
    revoked, box = Revoked(), Postbox()
    boxes = dict.fromkeys(Channel, box)
    messages = Messages.on(services.database, boxes, services.sealer, settings, asked={}, revoke=revoked)
    app = create_app(services)
    app.state.services = _With(services, messages)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")
    while await messages.work():
        pass
    async with services.database.begin(actor) as uow:
        return client, messages, revoked, (await uow.agencies.mine()).slug


class _With:
    """The services, with other messages."""

    def __init__(self, services: Services, messages: Messages) -> None:
        self._services = services
        self.messages = messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)


async def sent(services: Services, actor: Actor, messages: Messages, address: str, channel: Channel) -> UUID:
    async with services.database.begin(actor) as uow:
        await messages.outgoing.to_address(uow, address, "revocation", channel, key=f"t:{new_id()}")
    assert await messages.work()
    return (await messages.ledger.page(actor)).items[0].id


async def text_in(client: httpx.AsyncClient, path: str, token: str = TOKEN, **fields: str) -> httpx.Response:
    pairs = list(fields.items())
    head = {"X-Twilio-Signature": twilio.signature(token, SHOWN + path, pairs)}
    head["Content-Type"] = "application/x-www-form-urlencoded"
    return await client.post(path, content=urlencode(pairs), headers=head)


async def events_in(client: httpx.AsyncClient, events: list[dict[str, Any]], *, forged: bool = False) -> httpx.Response:
    body = json.dumps(events).encode()
    made = base64.b64encode(KEY.sign(b"1700000000" + body, ECDSA(SHA256()))).decode()
    head = {
        "X-Twilio-Email-Event-Webhook-Signature": made,
        "X-Twilio-Email-Event-Webhook-Timestamp": "1700000001" if forged else "1700000000",
    }
    return await client.post("/api/v1/messages/in/sendgrid/events", content=body, headers=head)


async def test_a_stop_is_honoured_at_once_and_once(told: Any, actor: Actor, services: Services) -> None:
    """DOMAIN T16: any reasonable means, at once; the same delivery again changes nothing."""
    client, messages, revoked, agency = told
    path = f"/api/v1/messages/in/{agency}/twilio/text"
    said = {"From": "+13125550177", "Body": "Please stop", "MessageSid": "SM9"}
    for _ in range(2):
        answer = await text_in(client, path, **said)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    assert revoked.told == {"twilio:SM9": (str(actor.agency_id), "+13125550177", "sms", "stop")}
    assert (
        await text_in(client, path, **{**said, "Body": "When can you call?", "MessageSid": "SM10"})
    ).status_code == 200
    assert len(revoked.told) == 1
    for answer in (
        await text_in(client, path, token="wrong", **said), await client.post(path, content=urlencode(said)),
        await text_in(client, path.replace(agency, "another"), token="wrong", **said),
    ):  # fmt: skip
        assert answer.status_code == 401
        assert answer.json()["detail"] == "the signature does not hold"
    async with services.database.begin(actor) as uow:
        await messages.outgoing.to_address(
            uow, "+13125550177", "follow_up", Channel.SMS, key="f", values={"when": "now"}
        )
    while await messages.work():
        pass
    assert (await messages.ledger.page(actor)).items[0].state == "suppressed"


async def test_reports_of_texts_move_messages_on_and_again_change_nothing(
    told: Any, actor: Actor, services: Services
) -> None:
    client, messages, _, agency = told
    message = await sent(services, actor, messages, "+13125550188", Channel.SMS)
    path = f"/api/v1/messages/in/{agency}/twilio/status?message={message}"
    report = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+13125550188"}
    assert [(await text_in(client, path, **report)).json()["changed"] for _ in range(2)] == [1, 0]
    late = await text_in(client, path, **{**report, "MessageStatus": "sent"})
    assert (late.status_code, late.json()) == (200, {"changed": 0})
    bounced = {**report, "MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert (await text_in(client, path, **bounced)).json() == {"changed": 1}
    one = await messages.ledger.one(actor, message)
    assert [(step.state.value, step.code) for step in one.steps] == [
        ("queued", None), ("sent", None), ("delivered", None), ("bounced", "bad_address"),
    ]  # fmt: skip
    assert (await text_in(client, path, token="x", **report)).status_code == 401
    async with services.database.begin(actor) as uow:
        await messages.outgoing.to_address(
            uow, "+13125550188", "lead_assigned", Channel.SMS, key="n",
            values={"producer": "D", "line": "auto", "state": "TX", "tier": "hot", "link": "x"},
        )  # fmt: skip
    while await messages.work():
        pass
    assert (await messages.ledger.page(actor)).items[0].code == "suppressed_bad_address"


async def test_events_of_mails_are_believed_when_signed(
    told: Any, actor: Actor, other_actor: Actor, services: Services
) -> None:
    client, messages, revoked, _ = told
    message = await sent(services, actor, messages, "ana@example.com", Channel.EMAIL)
    ours = {
        "agency": str(actor.agency_id),
        "message": str(message),
        "email": "ana@example.com",
        "timestamp": 1_700_000_000,
    }
    assert (await events_in(client, [{**ours, "event": "delivered"}], forged=True)).status_code == 401
    events = [
        {**ours, "event": "processed"}, {**ours, "event": "delivered"}, {**ours, "event": "bounce", "type": "bounce"},
        {"event": "delivered", "email": "x@example.com"}, {**ours, "agency": str(other_actor.agency_id), "event": "bounce"},
    ]  # fmt: skip
    assert (await events_in(client, events)).json() == {"changed": 2}
    assert (await events_in(client, events)).json() == {"changed": 0}
    ended = [{**ours, "event": "unsubscribe", "sg_event_id": "e1"}, {"event": "unsubscribe", "email": "x@example.com"}]
    for _ in range(2):
        assert (await events_in(client, ended)).json() == {"changed": 0}
    assert revoked.told == {"sendgrid:e1": (str(actor.agency_id), "ana@example.com", "email", "unsubscribe")}
    assert (await messages.ledger.one(actor, message)).state == "bounced"
    assert (await client.post("/api/v1/messages/in/sendgrid/events", content=b"[]")).status_code == 401


async def test_words_are_read_replaced_and_previewed(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    path = "/api/v1/message-templates/lead_assigned"
    shipped = await client.get(path, params={"language": "es"}, headers=signed)
    assert (shipped.json()["version"], "ETag" in shipped.headers) == (0, False)
    words = {**shipped.json()["words"], "subject": "{{ lyne }}"}
    refused = await client.put(path, json=words, headers={**signed, "If-Match": "*"})
    assert refused.status_code == 422
    assert "lyne" in refused.text
    saved = await client.put(path, json={**words, "subject": "{{ line }}!"}, headers={**signed, "If-Match": "*"})
    assert (saved.status_code, saved.headers["ETag"]) == (200, '"1"')
    stale = await client.put(path, json={**words, "subject": "x"}, headers={**signed, "If-Match": '"7"'})
    assert stale.status_code == 412
    shown = await client.post(f"{path}/preview", json={"values": {"line": "<b>"}}, headers=signed)
    assert shown.json()["subject"] == "<b>!"
    assert "<b>" not in shown.json()["html"]
    listed = (await client.get("/api/v1/message-templates", headers=signed)).json()["items"]
    assert {one["language"] for one in listed} == {"en", "es"}


async def test_a_producer_sees_and_changes_their_own_only(
    client: httpx.AsyncClient, services: Services, actor: Actor, signed: dict[str, str]
) -> None:
    async with services.database.begin(actor) as uow:
        mine, others = [one.id for one in await uow.agencies.producers()][:2]
        for producer in (mine, others):
            await services.messages.outgoing.to_producer(uow, producer, "lead_assigned", key=f"k:{producer}")
    person = Actor(actor.agency_id, ActorKind.PRODUCER, "p", frozenset({Scope.LEADS_READ}), producer_id=mine)
    head = {"Authorization": f"Bearer {issue_token(services.settings, services.jwt_secret, person)}", "If-Match": "*"}
    seen = (await client.get("/api/v1/messages", headers=head)).json()["items"]
    assert {one["producer_id"] for one in seen} == {str(mine)}
    first = (await client.get("/api/v1/messages", params={"limit": 1}, headers=signed)).json()
    rest = (await client.get("/api/v1/messages", params={"cursor": first["next_cursor"]}, headers=signed)).json()
    assert len(first["items"]) == len(rest["items"]) == 1
    wishes = {"channels": ["sms"], "quiet_from": "22:00", "quiet_until": "07:00"}
    for path in ("message-preferences", "push-subscriptions"):
        assert (await client.get(f"/api/v1/producers/{mine}/{path}", headers=head)).status_code == 200
        assert (await client.get(f"/api/v1/producers/{others}/{path}", headers=head)).status_code == 404
    changed = await client.put(f"/api/v1/producers/{mine}/message-preferences", json=wishes, headers=head)
    assert (changed.status_code, changed.json()["version"], changed.json()["quiet_from"]) == (200, 1, "22:00:00")
    half = await client.put(f"/api/v1/producers/{mine}/message-preferences", json={"quiet_from": "22:00"}, headers=head)
    assert half.status_code == 422
    made = await client.post(f"/api/v1/producers/{mine}/push-subscriptions", json=a_device(), headers=head)
    assert made.status_code == 201
    assert "endpoint" not in made.text
    inside = {**a_device(), "endpoint": "https://127.0.0.1/x"}
    assert (
        await client.post(f"/api/v1/producers/{mine}/push-subscriptions", json=inside, headers=head)
    ).status_code == 422
    gone = f"/api/v1/producers/{mine}/push-subscriptions/{made.json()['id']}"
    assert [(await client.delete(gone, headers=head)).status_code for _ in range(2)] == [204, 404]
