"""Leads of one person are found in the store by every key, each in its own index, and no key crowds out another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.actor import Actor
from domain.leads.lookup import house_key, street_key
from kernel.ids import new_id
from services.container import Services
from services.leads.schemas import LeadIn
from store.sql.repositories.leads import PersonKeys
from tests.builders import a_lead

AT_HOME = {"street": "181 Chewings St", "zip": "60601", "date_of_birth": "1980-05-17"}


async def sent(services: Services, actor: Actor, name: str, **changes: Any) -> UUID:
    body = a_lead(full_name=name, email=f"d{new_id().hex[-10:]}@leads.example", phone=None) | changes
    answer = await services.intake.accept_one(actor, LeadIn(**body), key=None)
    return UUID(answer.body["lead_id"])


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("Isabella Tinslye", AT_HOME),  # only house and birthday are equal
        (
            "Isabella Tinsley",
            AT_HOME | {"street": "181 Chewigns Street", "date_of_birth": "1980-05-19"},
        ),  # only the house
        ("Isabella Tinsley", AT_HOME | {"street": "118 Chewings St"}),  # only name and birthday
    ],
)
async def test_slips_of_the_pen_repeat_the_earlier_lead(
    services: Services, actor: Actor, name: str, changes: dict[str, str]
) -> None:
    earlier = await sent(services, actor, "Isabella Tinsley", **AT_HOME)
    later = await sent(services, actor, name, **changes)
    found = await services.duplicates.find(actor, later, None)
    assert (found.suspects, found.waiting) == (1, True)
    assert (await services.duplicates.find(actor, earlier, None)).suspects == 0
    shown = await services.duplicates.lookalikes(actor, later)
    assert [(one.lead.id, one.same) for one in shown] == [(earlier, True)]


@pytest.mark.parametrize(
    ("one", "other", "same"), [("Pat O'Neil", "PAT O\u2019NEIL", True), ("Hans M\u00fcller", "Hans Muller", False)]
)
async def test_t67_apostrophes_are_one_and_letters_are_not(
    services: Services, actor: Actor, one: str, other: str, same: bool
) -> None:
    at_home = {"street": "181 Chewings St", "zip": "60601"}
    await sent(services, actor, one, **at_home)
    later = await sent(services, actor, other, **at_home)
    assert (await services.duplicates.find(actor, later, None)).suspects == int(same)


@pytest.mark.parametrize("name", ["Isabela Tinsley", "Robert Tinsley", "Isabella Moss"])
async def test_a_household_is_not_closed(services: Services, actor: Actor, name: str) -> None:
    await sent(services, actor, "Isabella Tinsley", **AT_HOME)
    later = await sent(services, actor, name, **AT_HOME)
    assert (await services.duplicates.find(actor, later, None)).suspects == 0


async def test_a_long_street_crowds_out_nothing(services: Services, actor: Actor) -> None:
    email = f"same{new_id().hex[-8:]}@leads.example"
    first = await sent(services, actor, "Ann Lee", email=email, street="12 Main St", zip="60601")
    for number in range(4):
        await sent(services, actor, f"Neighbour {number}", street="12 Main Ave", zip="60601")
    lead = await sent(services, actor, "Ann Lee", email=email, street="12 Main Street", zip="60601")
    async with services.database.begin(actor) as uow:
        keys = PersonKeys.of(await uow.leads.one(lead))
        since = keys.received_at.replace(year=2000)
        certain = [row.id for row in await uow.leads.like_person(keys, since, at_most=2)]
        alike = [row.id for row in await uow.leads.lookalikes(keys, at_most=2)]
    assert first in certain
    assert first in alike
    assert len(certain) < 5


async def test_the_keys_follow_from_the_events(services: Services, actor: Actor) -> None:
    lead = await sent(services, actor, "Ann Lee", street="12 Main St", zip="60601")
    async with services.database.begin(actor) as uow:
        row = await uow.leads.one(lead)
        assert (row.house_key, row.street_key) == (house_key("12 Main St"), street_key("12 Main St", "60601"))
        assert (row.house_key, row.street_key) == ("12|main", "main|60601")
        row.house_key = None
    assert (await services.lead_rebuild.rebuild(actor)).differed == 1
    async with services.database.begin(actor) as uow:
        assert (await uow.leads.one(lead)).house_key == "12|main"
