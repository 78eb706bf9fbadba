"""A change that only the carrier can price: its price is awaited, shown under a new digest, and only then a word counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import graphs.policy as module
from domain.actor import Actor, ActorKind
from domain.policies.asking.deciding import Ends
from kernel.clock import frozen
from kernel.errors import Forbidden, Invalid, Unavailable
from services.container import Services
from tests.graphs.test_policy_requests import TAKE_OFF, TODAY, Desk, a_desk, code
from tests.services.policies.book import noon

ADD = "add my daughter Zoe Lee to the policy from March 12"


@pytest.fixture
async def desk(services: Services, actor: Actor) -> Desk:
    return await a_desk(services, actor)


async def test_what_has_no_price_is_not_approved_by_anybody(desk: Desk) -> None:
    with desk.book.on(TODAY):
        asked = await desk.ask(ADD)
        assert asked.state is Ends.WAITING
        assert asked.proposal is not None
        assert asked.proposal.money.unrated
        assert asked.answer is not None
        assert "carrier's price of this change is awaited" in asked.answer
        assert await code(desk.word(asked, desk.mia)) == "unrated"
        assert (await desk.see(asked)).state is Ends.WAITING
        assert (await desk.word(asked, desk.mia, approve=False)).state is Ends.DECLINED
    assert await desk.kinds("endorsed", "endorsement_approved") == []


async def test_the_price_makes_another_proposal_and_a_word_on_the_first_is_refused(desk: Desk) -> None:
    with desk.book.on(TODAY):
        asked = await desk.ask(ADD)
        priced = await desk.price(asked, desk.ana, change_minor=36_500)
        assert (priced.state, priced.expires_at) == (Ends.WAITING, asked.expires_at)
        assert priced.digest != asked.digest
        assert priced.answer is None
        assert await code(desk.word(asked, desk.mia)) == "proposal_changed"
        assert await code(desk.word(priced, desk.ana), Forbidden) == "forbidden"
        assert priced.proposal is not None
        money = priced.proposal.money
        assert (money.unrated, money.premium_change_minor) == (False, 29_500)  # 295 of 365 days
        assert money.written_after_minor - money.written_before_minor == 29_500
        done = await desk.word(priced, desk.mia)
        found = await desk.book.see(desk.policy_id)
    assert done.state is Ends.DONE
    assert (found.price_minor, found.written_minor) == (156_500 + 36_500, 156_500 + 29_500)
    (endorsement,) = found.endorsements
    assert endorsement.price is not None
    assert (endorsement.price.reference, endorsement.price.by) == ("quote 7", desk.ana.subject)
    assert (endorsement.state, endorsement.unrated) == ("applied", False)


async def test_that_the_carrier_charges_nothing_is_said_by_a_person(desk: Desk) -> None:
    program = desk.actor
    assert program.kind is ActorKind.SYSTEM
    with desk.book.on(TODAY):
        asked = await desk.ask(ADD)
        assert await code(desk.price(asked, program), Forbidden) == "forbidden"
        priced = await desk.price(asked)
        assert priced.digest != asked.digest
        assert (await desk.word(priced, desk.mia)).state is Ends.DONE
        found = await desk.book.see(desk.policy_id)
    assert found.written_minor == 156_500
    assert found.endorsements[0].price is not None
    assert found.endorsements[0].price.kind == "no_charge"


async def test_a_price_may_be_put_right_and_each_is_another_proposal(desk: Desk) -> None:
    with desk.book.on(TODAY):
        asked = await desk.ask(ADD)
        first = await desk.price(asked, change_minor=36_500)
        second = await desk.price(asked, change_minor=73_000)
        assert await code(desk.word(first, desk.mia)) == "proposal_changed"
        assert second.proposal is not None
        assert second.proposal.money.premium_change_minor == 59_000
        assert await code(desk.price(asked, premiums={"nothing": 1}), Invalid) == "invalid"
        assert (await desk.word(second, desk.mia)).state is Ends.DONE


async def test_what_has_its_price_takes_another_one_but_not_none(desk: Desk) -> None:
    with desk.book.on(TODAY):
        asked = await desk.ask(TAKE_OFF)
        assert asked.proposal is not None
        assert (asked.proposal.money.unrated, asked.answer) == (False, None)
        assert await code(desk.price(asked)) == "rated"
        priced = await desk.price(asked, change_minor=-40_150)
        assert priced.proposal is not None
        assert priced.proposal.money.premium_change_minor == -32_450
        assert (await desk.word(priced, desk.mia)).state is Ends.DONE


async def test_another_price_between_word_and_deed_is_not_what_was_approved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: Any) -> None:
        raise Unavailable("the store is away")

    late = timedelta(seconds=desk.services.settings.policies.lease_seconds + 1)
    with desk.book.on(TODAY):
        asked = await desk.price(await desk.ask(ADD), change_minor=36_500)
        with monkeypatch.context() as patched:
            patched.setattr(module, "execute_step", away)
            await code(desk.word(asked, desk.mia), Unavailable)
        await desk.price(asked, change_minor=73_000)
    ended = await desk.taken_up(asked, late)
    assert (ended.state, ended.code) == (Ends.REFUSED, "quote_outdated")
    assert await desk.kinds("endorsed") == []


async def test_a_price_that_comes_too_late_wakes_nothing(desk: Desk) -> None:
    late = timedelta(hours=desk.services.settings.policies.approval_hours, minutes=1)
    with desk.book.on(TODAY):
        asked = await desk.ask(ADD)
    with frozen(noon(TODAY) + late):
        priced = await desk.price(asked, change_minor=36_500)
        assert (priced.state, priced.digest) == (Ends.EXPIRED, asked.digest)
        assert await code(desk.word(priced, desk.mia)) == "request_expired"
    assert (await desk.taken_up(asked, late)).state is Ends.EXPIRED
    assert (await desk.book.see(desk.policy_id)).endorsements[0].state == "withdrawn"
