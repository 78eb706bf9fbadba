"""Tools around contact act for the actor of the deps and on its lead."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.actor import Actor
from domain.contact.channels import Channel
from kernel.errors import NotFound
from kernel.ids import new_id
from services.container import Services
from services.leads.schemas import LeadIn
from tests.builders import a_lead
from tools.contact import check_contact, record_refusal
from tools.deps import ToolDeps


async def test_a_refusal_is_recorded_once_for_a_run_and_binds(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    lead = LeadIn(**a_lead(email=f"t{new_id().hex[-10:]}@leads.example", phone=None))
    answer = await services.intake.accept_one(actor, lead, key=None)
    run_id, lead_id = new_id(), UUID(answer.body["lead_id"])
    deps = ToolDeps(actor, services, run_id, lead_id)
    first = await record_refusal(deps, Channel.EMAIL, "please stop emailing me")
    assert (await record_refusal(deps, Channel.EMAIL, "please stop emailing me"))["id"] == first["id"]
    told = await check_contact(deps, Channel.EMAIL)
    assert told["allowed"] is False
    assert told["findings"][0]["code"] == "revoked"
    with pytest.raises(NotFound):
        await check_contact(ToolDeps(other_actor, services, run_id, lead_id), Channel.EMAIL)
