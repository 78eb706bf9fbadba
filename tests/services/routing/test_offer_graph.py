"""The run that waits for an answer: whatever it is resumed with, the row decides."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from langgraph.runtime import RunControl
from langgraph.types import Command
from sqlalchemy import text

from domain.actor import system_actor
from graphs.context import LeadContext
from graphs.offer import offer_graph
from graphs.runner import LeadRunner
from kernel.ids import new_id
from store.sql.repositories.runs import offer_run_of
from tests.services.routing.conftest import Desk, MakeDesk
from tools.deps import ToolDeps


class Thread:
    """The waiting thread of an offer, and how somebody would resume it by hand."""

    def __init__(self, at: Desk, lead_id: UUID, offer: Any) -> None:
        agency = at.actor.agency_id
        self.run_id, self.id = offer_run_of(agency, lead_id, offer.id)
        deps = ToolDeps(system_actor(agency, "pipeline"), at.services, self.run_id, lead_id)
        self.context = LeadContext(deps, {}, 5.0)
        self.config: Any = {"configurable": {"thread_id": self.id}}
        self.services = at.services

    @property
    def graph(self) -> Any:
        return offer_graph().copy({"checkpointer": self.services.checkpoints.saver()})

    async def interrupts(self) -> Any:
        return (await self.graph.aget_state(self.config)).interrupts

    async def resume(self, answer: dict[str, str], interrupt_id: str | None = None) -> Any:
        which = interrupt_id or (await self.interrupts())[0].id
        given: Any = Command(resume={which: answer})
        return await self.graph.ainvoke(given, self.config, context=self.context, durability="sync")


def answered(offer: Any, **changes: str) -> dict[str, str]:
    return {"offer_id": str(offer.id), "producer_id": str(offer.producer_id), "decision": "accepted", **changes}


async def waiting(at: Desk) -> tuple[UUID, Any, Thread]:
    """A lead whose offer waits for its answer."""
    lead_id, offer = await at.offered()
    await at.run()
    thread = Thread(at, lead_id, offer)
    assert len(await thread.interrupts()) == 1
    return lead_id, offer, thread


async def run_row(at: Desk, thread: Thread) -> tuple[str, str | None]:
    async with at.services.database.begin(at.actor) as uow:
        query = text("SELECT status, outcome FROM graph_run WHERE thread_id = :thread")
        row = (await uow.session.execute(query, {"thread": thread.id})).one()
        return row[0], row[1]


async def test_a_run_that_waits_is_nobodys_work_and_wakes_with_the_answer(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer, thread = await waiting(at)
    assert str(at.actor.agency_id) in thread.id
    assert str(offer.id) in thread.id
    assert await run_row(at, thread) == ("waiting", None)
    async with at.services.database.begin(at.actor) as uow:
        assert await uow.runs.open_of([lead_id]) == set()
    await at.services.offers.answering.accept(at.producer(offer.producer_id), offer.id, expected=None)
    await at.run()
    assert await run_row(at, thread) == ("done", "accepted")


async def test_an_edited_decision_changes_nothing(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer, thread = await waiting(at)
    before = await at.kinds(lead_id)
    for answer in (
        answered(offer), answered(offer, decision="declined"), answered(offer, producer_id=str(new_id())),
        answered(offer, offer_id=str(new_id())),
    ):  # fmt: skip
        await thread.resume(answer)
        assert len(await thread.interrupts()) == 1
    for wrong in ({"decision": "accepted"}, answered(offer, note="hurry")):
        with pytest.raises(ValueError, match="Answered"):
            await thread.resume(wrong)
    assert await at.kinds(lead_id) == before
    await at.services.offers.answering.accept(at.producer(offer.producer_id), offer.id, expected=None)
    await thread.resume(answered(offer, decision="declined"))
    assert len(await thread.interrupts()) == 1
    assert await at.kinds(lead_id) == ["offered", "accepted"]
    await at.run()
    assert await run_row(at, thread) == ("done", "accepted")


async def test_five_resumes_of_one_answer_ask_one_more_producer(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer, thread = await waiting(at)
    await at.services.offers.answering.decline(at.manager("ana"), offer.id, "too_busy", None, expected=None)
    which = (await thread.interrupts())[0].id
    told = answered(offer, decision="declined")
    await asyncio.gather(*(thread.resume(told, which) for _ in range(5)))
    await at.run()
    assert await at.kinds(lead_id) == ["offered", "declined", "offered"]
    assert len((await at.services.offers.history(at.actor, lead_id)).items) == 2


async def test_a_resume_that_comes_after_the_end_changes_nothing(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer, thread = await waiting(at)
    which = (await thread.interrupts())[0].id
    await at.services.offers.answering.decline(at.manager("ana"), offer.id, "too_busy", None, expected=None)
    await at.run()
    await thread.resume(answered(offer), which)
    await thread.resume(answered(offer, decision="declined"), which)
    assert await at.kinds(lead_id) == ["offered", "declined", "offered"]


async def test_a_step_repeated_after_a_crash_makes_one_offer(desk: MakeDesk) -> None:
    """The worker dies between the claim and its checkpoint: another does the step again."""
    at = await desk()
    lead_id, offer, thread = await waiting(at)
    await at.services.offers.answering.decline(at.manager("ana"), offer.id, "too_busy", None, expected=None)
    lost = await at.services.assignments.claim(at.actor, thread.run_id, lead_id, None)
    assert lost.outcome == "offered"
    await at.run()
    assert await at.kinds(lead_id) == ["offered", "declined", "offered"]
    assert await run_row(at, thread) == ("done", "offered")


async def test_an_answer_while_the_run_is_on_its_way_to_waiting_is_not_missed(desk: MakeDesk) -> None:
    at = await desk()
    _, offer = await at.offered()
    (claimed,) = [one for one in await at.services.runs.claim("slow", 5) if one.agency_id == at.actor.agency_id]
    await at.services.offers.answering.accept(at.producer(offer.producer_id), offer.id, expected=None)
    await LeadRunner(at.services, {}).execute(claimed, RunControl())
    await at.run()
    async with at.services.database.begin(at.actor) as uow:
        query = text("SELECT status, outcome FROM graph_run WHERE graph = 'offer'")
        assert [tuple(row) for row in await uow.session.execute(query)] == [("done", "accepted")]


async def test_a_lead_that_a_person_takes_away_ends_the_run(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer, thread = await waiting(at)
    await at.services.lead_status.change(at.actor, lead_id, "reject", reason="a prank", expected=None)
    await at.run()
    assert await run_row(at, thread) == ("done", "withdrawn")
    assert (await at.offer(lead_id)).state == "withdrawn"
    assert offer.state == "offered"
