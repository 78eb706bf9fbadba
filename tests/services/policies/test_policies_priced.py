"""An endorsement whose price only the carrier knows, by whatever door it comes: nobody approves or applies it before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.access.roles import SCOPES, Role
from domain.actor import ActorKind
from kernel.errors import Conflict, Invalid
from services.policies.schemas import EndorsementIn, PriceIn
from services.policies.views import EndorsementView
from tests.services.policies.book import Book, glass
from tests.services.policies.test_policies_ending import code
from tests.services.policies.test_policies_falling import offered

LEO = {"verb": "add", "part": "party", "key": "leo", "value": {"role": "driver", "name": "Leo Lee"}}


async def quoted(book: Book, policy_id: UUID, day: str = "2026-03-01", *operations: dict[str, Any]) -> UUID:
    body = EndorsementIn.model_validate({"effective_on": day, "operations": operations or (LEO,)})
    return await book.policies.changing.quote(book.actor, policy_id, body, expected=None, key=None)


async def price(book: Book, policy_id: UUID, made: UUID, expected: int | None = None, **said: Any) -> EndorsementView:
    person = replace(book.actor, kind=ActorKind.PERSON, subject="person:mia", scopes=SCOPES[Role.MANAGER])
    body = PriceIn.model_validate({"reference": "PM quote 7 of 2 March", **said})
    await book.policies.changing.price(person, policy_id, made, body, expected=expected)
    return await one(book, policy_id, made)


async def one(book: Book, policy_id: UUID, made: UUID) -> EndorsementView:
    return next(found for found in (await book.see(policy_id)).endorsements if found.id == made)


async def test_an_unrated_change_is_refused_with_the_remedy(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-20"):
        made = await quoted(book, policy_id)
        assert (await one(book, policy_id, made)).unrated
        with pytest.raises(Conflict) as refused:
            await book.policies.changing.approve(book.actor, policy_id, made, expected=None)
    assert (refused.value.code, refused.value.fields[0].field) == ("unrated", "operations.party.leo")
    assert "/price" in refused.value.fields[0].remedy


async def test_one_that_was_approved_before_it_needed_a_price_is_not_applied(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-20"):
        made = await quoted(book, policy_id)
        async with book.services.database.begin(book.actor) as uow:
            await uow.session.execute(
                text("UPDATE policy_endorsement SET state = 'approved' WHERE id = :id"), {"id": made}
            )
        assert await code(book.policies.changing.apply(book.actor, policy_id, made, expected=None)) == "unrated"
        priced = await price(book, policy_id, made, change_minor=36_500)
        assert (priced.state, priced.decided_by) == ("quoted", None), "what was approved was another price"


async def test_a_priced_change_writes_what_the_carrier_said_and_reaches_the_offer(book: Book) -> None:
    policy_id = await book.active(frequency="monthly")
    renewal_id = await offered(book, policy_id)
    with book.on("2026-12-05"):
        made = await quoted(book, policy_id, "2026-12-05")
        priced = await price(book, policy_id, made, premiums={"bi": 146_500, "pd": 10_000})
        assert (priced.unrated, priced.premium_change_minor) == (False, 2_700)  # 27 of 365 days of 365.00
        await book.policies.changing.approve(book.actor, policy_id, made, expected=priced.version)
        await book.policies.changing.apply(book.actor, policy_id, made, expected=None)
        found, following = await book.see(policy_id), await book.see(renewal_id)
    assert (found.price_minor, following.price_minor) == (156_500, 156_500)
    assert "leo" in following.contents["party"]
    assert [row["key"] for row in (await one(book, policy_id, made)).operations] == ["leo", "bi", "pd"]


async def test_a_years_change_is_brought_to_the_term(book: Book) -> None:
    policy_id = await book.active(months=6)  # 181 days
    with book.on("2026-02-20"):
        made = await quoted(book, policy_id, "2026-04-01")
        priced = await price(book, policy_id, made, change_minor=36_200, per="year")
        assert priced.premium_change_minor == 9_100  # 91 of 181 days of half of it
        again = await price(book, policy_id, made, change_minor=36_200)
        assert (again.premium_change_minor, len(again.operations)) == (18_200, 2)
        stale = price(book, policy_id, made, expected=priced.version, change_minor=1)
        assert await code(stale) == "stale_version"


async def test_a_change_that_cannot_be_spread_names_the_field(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-20"):
        made = await quoted(book, policy_id)
        with pytest.raises(Invalid) as refused:
            await price(book, policy_id, made, change_minor=-120_001)
    assert refused.value.fields[0].field == "change_minor"


async def test_what_was_applied_or_left_takes_no_price(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-20"):
        applied = await book.endorse(policy_id, "2026-03-01", glass(9_000))
        assert await code(price(book, policy_id, applied, change_minor=1)) == "endorsement_applied"
        made = await quoted(book, policy_id)
        await book.policies.changing.withdraw(book.actor, policy_id, made, "not now", expected=None)
        assert await code(price(book, policy_id, made, no_charge=True)) == "endorsement_withdrawn"
        assert not (await one(book, policy_id, made)).unrated


async def test_t63_a_price_below_a_later_change_is_put_under_it(book: Book) -> None:
    policy_id = await book.active()
    with book.on("2026-02-20"):
        surcharge = {"verb": "add", "part": "adjustment", "key": "claims", "value": {"factor": "1.1"}}
        await book.endorse(policy_id, "2026-04-01", surcharge)
        made = await quoted(book, policy_id)
        priced = await price(book, policy_id, made, change_minor=36_500)
        # 306 of 365 days of 365.00, and a tenth of it for 275
        assert (priced.premium_change_minor, priced.repriced) == (30_600 + 2_750, [2])


@pytest.mark.parametrize(
    "said",
    [{}, {"no_charge": True, "change_minor": 1}, {"premiums": {}}, {"premiums": {"bi": -1}}, {"no_charge": False}],
)
def test_a_price_is_one_of_three(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"one of premiums|at least 1|greater than"):
        PriceIn.model_validate({"reference": "quote 7", **said})


def test_a_price_says_where_it_comes_from() -> None:
    with pytest.raises(ValueError, match="reference"):
        PriceIn.model_validate({"no_charge": True})
