"""Verdicts, wishes and comparisons over real stores (DOMAIN T12, T15, T16, T20, T21)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor, ActorKind, Scope
from domain.contact.channels import BY_PHONE, Channel, Purpose
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.ids import digest, new_id
from services.contact.revocations import asks_to_stop
from services.contact.schemas import ScrubResult, ScrubsIn, VerdictView
from services.container import Services
from services.leads.schemas import LeadIn
from tests.builders import a_lead

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
"""A Tuesday, 12:00 in Chicago."""


def a_phone() -> str:
    return f"+1312{new_id().int % 7_000_000 + 2_000_000}"


async def sent(services: Services, actor: Actor, **changes: Any) -> UUID:
    body = a_lead(email=f"c{new_id().hex[-10:]}@leads.example", phone=a_phone()) | changes
    with frozen(NOON - timedelta(days=1)):
        answer = await services.intake.accept_one(actor, LeadIn(**body), key=None)
    return UUID(answer.body["lead_id"])


async def name_of(services: Services, actor: Actor) -> str:
    async with services.database.begin(actor) as uow:
        return (await uow.agencies.mine()).name


async def agreed(services: Services, actor: Actor) -> dict[str, Any]:
    """A consent that names the agency and every channel."""
    words = f"{await name_of(services, actor)} may call or text me, also with automated calls."
    return {"text": words, "at": "2026-11-01T10:00:00Z"}


async def asked(
    services: Services, actor: Actor, lead_id: UUID, channel: Channel = Channel.CALL, at: datetime = NOON, **more: Any
) -> VerdictView:
    return await services.contact.verdicts.ask(actor, lead_id, None, channel, at, **more)


async def scrubbed(services: Services, actor: Actor, phone: str, *, listed: bool = False, at: datetime = NOON) -> None:
    body = ScrubsIn(at=at, results=[ScrubResult(phone=phone, listed=listed)])
    with frozen(NOON):
        await services.contact.scrubs.record(actor, body)


async def test_an_answer_is_kept_with_what_it_rests_on(services: Services, actor: Actor) -> None:
    phone = a_phone()
    lead_id = await sent(services, actor, phone=phone)
    first = await asked(services, actor, lead_id)
    assert first.codes == ["not_scrubbed"]
    await scrubbed(services, actor, phone)
    second = await asked(services, actor, lead_id)
    assert second.allowed
    assert second.facts_hash != first.facts_hash
    page = await services.contact.verdicts.of_lead(actor, lead_id, before=None, limit=1)
    assert page.items == [second]
    assert page.next == second.id
    older = await services.contact.verdicts.of_lead(actor, lead_id, before=page.next, limit=1)
    assert (older.items, older.next) == ([first], None)
    assert phone not in page.model_dump_json()


@pytest.mark.parametrize("table", ["contact_verdict", "contact_revocation", "contact_scrub", "contact_salt"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET agency_id = agency_id", "DELETE FROM {}"])
async def test_evidence_can_only_be_added_to(services: Services, actor: Actor, table: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with services.database.begin(actor) as uow:
            await uow.session.execute(text(statement.format(table)))


async def test_the_zone_of_the_address_decides_and_not_the_area_code(services: Services, actor: Actor) -> None:
    """DOMAIN T12, T3: a panhandle ZIP with a Chicago or a New York number; 08:30 Eastern is 07:30 Central."""
    consent = await agreed(services, actor)
    early = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    for phone in ("+12125550123", "+13125550123"):
        lead_id = await sent(services, actor, phone=phone, zip="32401", state="FL", consent=consent)
        assert (await asked(services, actor, lead_id, at=early)).codes == ["quiet_hours"]
        assert (await asked(services, actor, lead_id, at=early + timedelta(hours=1))).allowed
    nowhere = await sent(services, actor, zip=None, state=None, consent=consent)
    assert (await asked(services, actor, nowhere)).codes == ["state_unknown", "place_unknown"]


async def test_a_comparison_of_thirty_two_days_ago_is_too_old(services: Services, actor: Actor) -> None:
    """DOMAIN T15."""
    phone = a_phone()
    lead_id = await sent(services, actor, phone=phone)
    await scrubbed(services, actor, phone, at=NOON - timedelta(days=32))
    assert (await asked(services, actor, lead_id)).codes == ["scrub_too_old"]
    await scrubbed(services, actor, phone, listed=True)
    assert (await asked(services, actor, lead_id)).codes == ["on_registry"]


async def test_a_customer_of_less_than_eighteen_months_may_be_called(services: Services, actor: Actor) -> None:
    """DOMAIN T15: the relationship belongs to the person, not to one lead."""
    phone = a_phone()
    earlier = await sent(services, actor, phone=phone)
    async with services.database.begin(actor) as uow:
        for kind in (Happening.QUALIFIED, Happening.ASSIGNED, Happening.WON):
            producer = (await uow.agencies.producers())[0].id
            data = {"line": "auto"} if kind is Happening.QUALIFIED else {"producer_id": str(producer)}
            await uow.history.append(earlier, kind.value, LeadEvent(kind, NOON - timedelta(days=30), data))
    lead_id = await sent(services, actor, phone=phone)
    assert (await asked(services, actor, lead_id)).allowed
    assert not (await asked(services, actor, lead_id, at=NOON + timedelta(days=600))).allowed


async def test_a_wish_blocks_at_once_and_for_every_lead_of_the_person(services: Services, actor: Actor) -> None:
    """DOMAIN T16: any channel, at once, deadline recorded; holders of other leads learn of it."""
    phone, consent = a_phone(), await agreed(services, actor)
    one = await sent(services, actor, phone=phone, consent=consent)
    other = await sent(services, actor, phone=phone, consent=consent)
    assert (await asked(services, actor, one, Channel.SMS)).allowed
    with frozen(NOON):
        wish = await services.contact.revocations.record(
            actor, lead_id=one, channel=Channel.CALL, words="stop calling me", key="voicemail-1"
        )
        again = await services.contact.revocations.record(
            actor, lead_id=one, channel=Channel.CALL, words="stop calling me", key="voicemail-1"
        )
    assert (wish.id, set(wish.channels), set(wish.leads)) == (again.id, set(BY_PHONE), {one, other})
    assert wish.deadline is not None
    assert wish.deadline.isoformat() == "2026-12-09"  # Thanksgiving is no business day
    for lead_id in (one, other):
        assert (await services.lead_queries.one(actor, lead_id)).do_not_call
        for channel in BY_PHONE:
            assert "revoked" in (await asked(services, actor, lead_id, channel)).codes
    later = await sent(services, actor, phone=phone, consent=consent)
    assert (await asked(services, actor, later)).codes == ["revoked"]
    assert (await services.contact.revocations.of_lead(actor, other)).items == [wish.model_copy(update={"leads": []})]
    with pytest.raises(Conflict):
        await services.contact.revocations.record(actor, phone=a_phone(), channel=Channel.CALL, key="voicemail-1")


async def test_a_wish_that_leaves_texts_open_leaves_them_open(services: Services, actor: Actor) -> None:
    """DOMAIN T16: a call revocation covers texts unless said otherwise."""
    lead_id = await sent(services, actor, consent=await agreed(services, actor))
    await services.contact.revocations.record(
        actor, lead_id=lead_id, channel=Channel.CALL, words="don't call me, but you can text me"
    )
    assert (await asked(services, actor, lead_id)).codes == ["revoked"]
    assert (await asked(services, actor, lead_id, Channel.SMS)).allowed


async def test_a_stop_by_mail_address_leaves_the_phone(services: Services, actor: Actor) -> None:
    """DOMAIN T16."""
    email = f"w{new_id().hex[-10:]}@leads.example"
    lead_id = await sent(services, actor, email=email, consent=await agreed(services, actor))
    name, _, host = email.partition("@")
    wish = await services.contact.revocations.record(
        actor, email=f"{name}+News@{host}", channel=Channel.EMAIL, words="unsubscribe"
    )
    assert (wish.channels, wish.leads, wish.confirm_until) == ([Channel.EMAIL], [], None)
    assert (await asked(services, actor, lead_id, Channel.EMAIL)).codes == ["revoked"]
    assert (await asked(services, actor, lead_id, Channel.EMAIL, purpose=Purpose.REQUESTED)).codes == ["revoked"]
    assert (await asked(services, actor, lead_id)).allowed


async def test_a_refusal_that_a_specialist_read_counts(services: Services, actor: Actor) -> None:
    """DOMAIN T16: whatever event says do-not-call puts the person onto the list."""
    phone = a_phone()
    one = await sent(services, actor, phone=phone)
    async with services.database.begin(actor) as uow:
        await uow.history.append(one, "q", LeadEvent(Happening.QUALIFIED, NOON, {"line": "auto", "do_not_call": True}))
    other = await sent(services, actor, phone=phone, consent=await agreed(services, actor))
    assert (await asked(services, actor, other, Channel.SMS)).codes == ["revoked"]
    (wish,) = (await services.contact.revocations.of_lead(actor, other)).items
    assert wish.lead_id == one


async def test_the_list_outlives_the_lead(services: Services, actor: Actor) -> None:
    """DOMAIN T21: erase the lead, and the phone's hash stays on the suppression list."""
    phone, consent = a_phone(), await agreed(services, actor)
    lead_id = await sent(services, actor, phone=phone, consent=consent)
    await services.contact.revocations.record(actor, lead_id=lead_id, channel=Channel.SMS, words="STOP ALL")
    url = services.settings.postgres.owner_url
    assert url is not None
    plain = make_url(url.get_secret_value()).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain)
    await owner.execute("DELETE FROM lead WHERE id = $1", lead_id)
    kept = await owner.fetch("SELECT * FROM contact_revocation WHERE lead_id = $1", lead_id)
    await owner.close()
    assert kept
    assert phone not in str(kept)
    back = await sent(services, actor, phone=phone, consent=consent)
    assert (await asked(services, actor, back)).codes == ["revoked"]


async def test_the_words_of_a_consent_are_found_by_the_hash_of_the_answer(services: Services, actor: Actor) -> None:
    """DOMAIN T20: a text that changed later leaves the old one retrievable."""
    consent = await agreed(services, actor)
    await sent(services, actor, consent=consent)
    await sent(services, actor, consent=consent | {"text": consent["text"] + " Changed."})
    kept = await services.certificates.text(actor, digest(consent["text"]))
    assert kept.text == consent["text"]


async def test_another_company_needs_to_be_named_and_is_licensed_nowhere(services: Services, actor: Actor) -> None:
    """DOMAIN T17."""
    lead_id = await sent(services, actor, line="medicare", consent=await agreed(services, actor))
    ours = await asked(services, actor, lead_id)
    assert ours.allowed
    assert {one.code for one in ours.findings if one.weight in {"flag", "duty"}} == {
        "scope_missing",
        "record_and_disclaim",
    }
    theirs = await services.contact.verdicts.ask(actor, lead_id, "Second Buyer Inc", Channel.CALL, NOON)
    assert theirs.codes == ["not_scrubbed", "not_named", "not_licensed"]


async def test_a_producer_asks_as_a_producer(services: Services, actor: Actor) -> None:
    lead_id = await sent(services, actor, consent=await agreed(services, actor))
    async with services.database.begin(actor) as uow:
        producer = (await uow.agencies.producers())[0].id
    verdict = await services.contact.verdicts.ask(actor, lead_id, producer, Channel.CALL, NOON)
    assert (verdict.allowed, verdict.producer_id) == (True, producer)
    with pytest.raises(NotFound):
        await services.contact.verdicts.ask(actor, lead_id, new_id(), Channel.CALL, NOON)


async def test_windows_are_those_of_the_leads_place(services: Services, actor: Actor) -> None:
    lead_id = await sent(services, actor, state="FL", zip=None)
    async with services.database.begin(actor) as uow:
        row = await uow.leads.one(lead_id)
        found = await services.contact.verdicts.windows_in(uow, row, Channel.CALL, NOON, NOON + timedelta(days=1))
    assert found[0] == (NOON, datetime(2026, 11, 25, 1, tzinfo=UTC))
    assert found[1][0] == datetime(2026, 11, 25, 14, tzinfo=UTC)


async def test_nobody_sees_or_says_what_is_not_theirs(services: Services, actor: Actor, other_actor: Actor) -> None:
    lead_id = await sent(services, actor)
    with pytest.raises(NotFound):
        await asked(services, other_actor, lead_id)
    with pytest.raises(NotFound):
        await services.contact.revocations.record(other_actor, lead_id=lead_id, channel=Channel.CALL)
    with pytest.raises(NotFound):
        await services.contact.verdicts.of_lead(other_actor, lead_id, before=None, limit=10)
    reader = Actor(actor.agency_id, ActorKind.PERSON, "reader", frozenset({Scope.LEADS_READ}))
    with pytest.raises(Forbidden):
        await services.contact.revocations.record(reader, lead_id=lead_id, channel=Channel.CALL)
    mine = Actor(actor.agency_id, ActorKind.PRODUCER, "p", frozenset(Scope), producer_id=new_id())
    with pytest.raises(Forbidden):
        await services.contact.scrubs.record(mine, ScrubsIn(at=now(), results=[ScrubResult(phone="x", listed=True)]))
    with pytest.raises(NotFound):
        await asked(services, mine, lead_id)


async def test_what_cannot_be_read_is_refused_by_name(services: Services, actor: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        await services.contact.revocations.record(actor, phone="call me", email="nobody", channel=Channel.CALL)
    assert [fault.field for fault in refused.value.fields] == ["phone", "email"]
    with pytest.raises(Invalid) as batch:
        await services.contact.scrubs.record(
            actor,
            ScrubsIn(
                at=now(), results=[ScrubResult(phone=a_phone(), listed=True), ScrubResult(phone="?", listed=True)]
            ),
        )
    assert [fault.field for fault in batch.value.fields] == ["results.1.phone"]
    late = ScrubsIn(at=now() + timedelta(hours=1), results=[ScrubResult(phone=a_phone(), listed=True)])
    with pytest.raises(Invalid):
        await services.contact.scrubs.record(actor, late)


async def test_the_same_batch_again_changes_nothing(services: Services, actor: Actor) -> None:
    body = ScrubsIn(at=NOON, results=[ScrubResult(phone=a_phone(), listed=on) for on in (True, False)])
    with frozen(NOON):
        assert (await services.contact.scrubs.record(actor, body)).taken == 2
        again = await services.contact.scrubs.record(actor, body)
    assert (again.taken, again.known) == (0, 2)


def test_messages_are_read_for_wishes() -> None:
    """DOMAIN T16."""
    assert asks_to_stop("STOP")
    assert asks_to_stop("i dont want any more phone calls from you people")
    assert not asks_to_stop("Yes, Tuesday is good")
