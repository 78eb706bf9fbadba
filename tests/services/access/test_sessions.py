"""Sessions on real Postgres: in, renewed once, copied, ended; and how failures slow a guesser down but lock nobody out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from kernel.ids import new_id
from kernel.origin import set_origin
from services.access.schemas import PersonChange, PersonIn
from services.access.standing import Standings
from services.container import Services
from tests.access import PASSWORD, SignedUp, signed_up


@pytest.fixture(autouse=True)
def _from_somewhere() -> Iterator[None]:
    set_origin(f"192.0.2.{new_id().int % 250}-{new_id()}", "test-request")
    yield
    set_origin(None, None)


@pytest.fixture
async def ana(services: Services, actor: Actor) -> SignedUp:
    return await signed_up(services, actor)


async def test_who_signs_in_has_what_the_role_holds(services: Services, actor: Actor, ana: SignedUp) -> None:
    found = await services.access.sign_in.sign_in(ana.agency, f"  {ana.email.upper()} ", PASSWORD)
    assert found.actor == Actor(actor.agency_id, ActorKind.PERSON, f"person:{ana.id}", SCOPES[Role.MANAGER])
    assert await services.access.standings.of_session(found.actor, found.session) == found.actor
    entry = (await services.access.audit.page(actor, action="person.sign_in")).items[0]
    assert (entry.outcome, entry.subject_id, entry.actor) == ("done", str(ana.id), f"person:{ana.id}")
    assert entry.request_id == "test-request"
    assert ana.email not in entry.model_dump_json()


@pytest.mark.parametrize("wrong", ["password", "email", "agency"])
async def test_whatever_is_wrong_is_refused_in_the_same_words(
    services: Services, actor: Actor, ana: SignedUp, wrong: str
) -> None:
    sent = {"agency": ana.agency, "email": ana.email, "password": PASSWORD} | {wrong: "something else entirely"}
    with pytest.raises(Unauthenticated) as caught:
        await services.access.sign_in.sign_in(sent["agency"], sent["email"], sent["password"])
    assert caught.value.detail == "the agency, the e-mail or the password is wrong"
    entries = (await services.access.audit.page(actor, action="person.sign_in")).items
    assert [(one.outcome, one.subject_id) for one in entries] == {
        "password": [("refused", str(ana.id))], "email": [("refused", None)], "agency": [],
    }[wrong]  # fmt: skip


async def test_an_unknown_email_costs_the_same_work(
    services: Services, ana: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing, verified = services.access.hashing, []
    real = hashing._hasher.verify
    monkeypatch.setattr(
        type(hashing._hasher), "verify", lambda _, stored, text: (verified.append(stored), real(stored, text))[1]
    )
    for email in (ana.email, "nobody@agency.example"):
        with pytest.raises(Unauthenticated):
            await services.access.sign_in.sign_in(ana.agency, email, "wrong password here")
    assert len(verified) == 2
    assert {stored.rsplit("$", 2)[0] for stored in verified} == {verified[0].rsplit("$", 2)[0]}  # the same parameters


async def test_a_refresh_token_works_once_and_a_copy_ends_the_session(
    services: Services, actor: Actor, ana: SignedUp
) -> None:
    first = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    second = await services.access.sign_in.refresh(first.refresh_token)
    assert second.refresh_expires_at == first.refresh_expires_at
    with pytest.raises(Unauthenticated):
        await services.access.sign_in.refresh(first.refresh_token)
    with pytest.raises(Unauthenticated):  # the thief's or the owner's: nobody can tell, so neither works
        await services.access.sign_in.refresh(second.refresh_token)
    with pytest.raises(Unauthenticated):
        await services.access.standings.of_session(second.actor, second.session)
    assert (await services.access.audit.page(actor, action="session.reuse")).items[0].outcome == "refused"


async def test_of_two_renewals_at_once_one_wins_and_the_session_ends(services: Services, ana: SignedUp) -> None:
    first = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    found = await asyncio.gather(
        *(services.access.sign_in.refresh(first.refresh_token) for _ in range(6)), return_exceptions=True
    )
    won = [one for one in found if not isinstance(one, BaseException)]
    assert len(won) == 1
    with pytest.raises(Unauthenticated):
        await services.access.sign_in.refresh(won[0].refresh_token)


async def test_a_session_ends_by_time(services: Services, ana: SignedUp) -> None:
    first = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    with frozen(first.refresh_expires_at + timedelta(seconds=1)), pytest.raises(Unauthenticated):
        await services.access.sign_in.refresh(first.refresh_token)


async def test_signing_out_ends_this_session_only(services: Services, ana: SignedUp) -> None:
    one = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    other = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    await services.access.sign_in.sign_out(one.refresh_token)
    await services.access.sign_in.sign_out(one.refresh_token)
    await services.access.sign_in.sign_out("lwr_unknown")
    with pytest.raises(Unauthenticated):
        await services.access.standings.of_session(one.actor, one.session)
    assert await services.access.standings.of_session(other.actor, other.session)
    await services.access.sign_in.refresh(other.refresh_token)


async def test_disabling_and_new_roles_reach_another_process_within_seconds(
    services: Services, actor: Actor, ana: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    elsewhere = Standings(services.database)
    assert (await elsewhere.of_session(found.actor, found.session)).scopes == SCOPES[Role.MANAGER]
    producer = await a_producer_of(services, actor)
    await services.access.people.change(actor, ana.id, PersonChange(role=Role.PRODUCER, producer_id=producer))
    later = time.monotonic() + 3.1
    monkeypatch.setattr("services.access.standing.time.monotonic", lambda: later)
    narrowed = await elsewhere.of_session(found.actor, found.session)
    assert (narrowed.kind, narrowed.producer_id) == (ActorKind.PRODUCER, producer)
    assert narrowed.scopes == SCOPES[Role.PRODUCER]
    await services.access.people.change(actor, ana.id, PersonChange(active=False))
    monkeypatch.setattr("services.access.standing.time.monotonic", lambda: later + 3.1)
    with pytest.raises(Unauthenticated):
        await elsewhere.of_session(found.actor, found.session)
    with pytest.raises(Unauthenticated):
        await services.access.sign_in.refresh(found.refresh_token)
    with pytest.raises(Unauthenticated):
        await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)


async def test_a_guesser_is_slowed_down_and_the_owner_elsewhere_is_not(services: Services, ana: SignedUp) -> None:
    with frozen(now()) as moment:
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                await services.access.sign_in.sign_in(ana.agency, ana.email, "a wrong password")
        with pytest.raises(RateLimited) as caught:
            await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
        assert 0 < caught.value.retry_after <= 1
        set_origin(f"198.51.100.7-{new_id()}", None)
        assert await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    with frozen(moment + timedelta(hours=2)):
        assert await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)


async def test_guesses_at_once_are_not_free(services: Services, ana: SignedUp) -> None:
    found = await asyncio.gather(
        *(services.access.sign_in.sign_in(ana.agency, ana.email, f"guess number {n} of many") for n in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Unauthenticated) for one in found) <= 6
    assert sum(isinstance(one, RateLimited) for one in found) >= 6


async def test_a_success_forgets_the_failures(services: Services, ana: SignedUp) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await services.access.sign_in.sign_in(ana.agency, ana.email, "a wrong password")
        await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)


async def test_a_password_is_changed_by_who_knows_it_and_ends_every_session(services: Services, ana: SignedUp) -> None:
    found = await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    with pytest.raises(Invalid, match="not changed"):
        await services.access.people.change_own_password(found.actor, "not this one at all", "another long password")
    with pytest.raises(Invalid, match="cannot be used"):
        await services.access.people.change_own_password(found.actor, PASSWORD, "short")
    await services.access.people.change_own_password(found.actor, PASSWORD, "another long password")
    for ended in (
        services.access.sign_in.refresh(found.refresh_token),
        services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD),
    ):
        with pytest.raises(Unauthenticated):
            await ended
    assert await services.access.sign_in.sign_in(ana.agency, ana.email, "another long password")


async def test_a_one_time_token_works_once_for_its_person_in_its_time(
    services: Services, actor: Actor, ana: SignedUp
) -> None:
    given = await services.access.people.reset(actor, ana.id)
    with pytest.raises(Unauthenticated):
        await services.access.sign_in.sign_in(ana.agency, ana.email, PASSWORD)
    other = await signed_up(services, actor)
    new = "a wholly new password"
    with pytest.raises(Unauthenticated):
        await services.access.people.set_password_once(other.agency, other.email, given.once_token, new)
    with frozen(given.once_expires_at), pytest.raises(Unauthenticated):
        await services.access.people.set_password_once(ana.agency, ana.email, given.once_token, new)
    await services.access.people.set_password_once(ana.agency, ana.email, given.once_token, new)
    with pytest.raises(Unauthenticated):
        await services.access.people.set_password_once(ana.agency, ana.email, given.once_token, "yet another password")
    assert await services.access.sign_in.sign_in(ana.agency, ana.email, new)


async def test_the_last_administrator_stays_and_nobody_gives_more_than_they_hold(
    services: Services, actor: Actor
) -> None:
    boss = await signed_up(services, actor, Role.ADMIN)
    for change in (PersonChange(active=False), PersonChange(role=Role.MANAGER)):
        with pytest.raises(Conflict, match="last active administrator"):
            await services.access.people.change(actor, boss.id, change)
    await signed_up(services, actor, Role.ADMIN)
    await services.access.people.change(actor, boss.id, PersonChange(role=Role.MANAGER))
    narrow = Actor(
        actor.agency_id, ActorKind.PERSON, "n", frozenset({next(s for s in actor.scopes if s == "agency:admin")})
    )
    with pytest.raises(Forbidden):
        await services.access.people.add(narrow, PersonIn(email="x@agency.example", name="X", role=Role.ADMIN))


@pytest.mark.parametrize("role", [Role.PARTNER, Role.SYSTEM])
async def test_a_program_is_no_person(services: Services, actor: Actor, role: Role) -> None:
    with pytest.raises(Invalid, match="no such role"):
        await services.access.people.add(actor, PersonIn(email="x@agency.example", name="X", role=role))


async def test_role_and_producer_go_together(services: Services, actor: Actor, other_actor: Actor) -> None:
    theirs, mine = await a_producer_of(services, other_actor), await a_producer_of(services, actor)
    for role, producer_id in ((Role.PRODUCER, None), (Role.MANAGER, mine), (Role.PRODUCER, theirs)):
        with pytest.raises(Invalid) as caught:
            await services.access.people.add(
                actor, PersonIn(email="x@agency.example", name="X", role=role, producer_id=producer_id)
            )
        assert caught.value.fields[0].field == "producer_id"


async def test_an_email_is_taken_once(services: Services, actor: Actor, other_actor: Actor, ana: SignedUp) -> None:
    again = PersonIn(email=ana.email.upper(), name="Ana again", role=Role.MANAGER)
    with pytest.raises(Conflict, match="has this e-mail"):
        await services.access.people.add(actor, again)
    await services.access.people.add(other_actor, again)
    with pytest.raises(NotFound):
        await services.access.people.one(other_actor, ana.id)


async def a_producer_of(services: Services, actor: Actor) -> UUID:
    async with services.database.begin(actor) as uow:
        return (await uow.agencies.producers())[0].id
