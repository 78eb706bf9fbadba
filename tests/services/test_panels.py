"""Rankings see every change of a load that was committed before them, whoever made it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.routing.facts import ProducerLoad
from services.container import Services
from services.leads.schemas import LeadIn
from services.routing import panels
from services.routing.panels import Panels
from store.sql.repositories.runs import run_of
from tests.builders import a_lead, a_producer
from tests.conftest import new_agency

pytestmark = pytest.mark.both_sides


async def a_qualified_lead(services: Services, actor: Actor) -> UUID:
    """A lead that can be claimed, of a person nobody knows yet."""
    answer = await services.intake.accept_one(
        actor, LeadIn(**a_lead(email=f"{uuid4()}@leads.example", phone=None)), key=None
    )
    lead_id = UUID(answer.body["lead_id"])
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text(
                "UPDATE lead SET status = 'qualified', line = 'auto', lines = '{auto}', score = 50, tier = 'warm'"
                " WHERE id = :lead"
            ),
            {"lead": lead_id},
        )
        await uow.session.execute(text("UPDATE graph_run SET status = 'done'"))
    return lead_id


async def seen(services: Services, actor: Actor, own: Panels) -> ProducerLoad:
    """The load of the agency's one producer, as another process's panel has it."""
    async with services.database.begin(actor) as uow:
        roster = await services.rosters.current(uow)
        async with own.current(uow, roster) as panel:
            return panel.load(0)


async def test_what_another_process_assigns_or_closes_is_seen_by_the_next_ranking(services: Services) -> None:
    actor, other_process = await new_agency(services, [a_producer("only", capacity_daily=5)]), Panels()
    assert await seen(services, actor, other_process) == ProducerLoad()
    lead_id = await a_qualified_lead(services, actor)
    claim = await services.assignments.claim(actor, run_of(lead_id, "lead", 0)[0], lead_id, None)
    load = await seen(services, actor, other_process)
    assert (load.open_leads, load.assigned_today, load.assigned_this_month) == (1, 1, 1)
    assert load.last_assigned_at is not None
    await services.lead_status.change(actor, lead_id, "contact", expected=None, reason=None)
    await services.lead_status.change(actor, lead_id, "lose", expected=None, reason="too dear")
    load = await seen(services, actor, other_process)
    assert (load.open_leads, load.assigned_today) == (0, 1)
    assert claim.outcome == "assigned"


async def test_a_change_whose_transaction_ends_late_is_not_missed(services: Services) -> None:
    actor, own = await new_agency(services, [a_producer("only", capacity_daily=5)]), Panels()
    first, second = [await a_qualified_lead(services, actor) for _ in range(2)]
    await seen(services, actor, own)
    await services.assignments.claim(actor, run_of(first, "lead", 0)[0], first, None)
    async with services.database.begin(actor) as slow:
        await slow.session.execute(
            text("UPDATE lead SET status = 'won' WHERE id = :lead"), {"lead": first}
        )  # noted now, committed after the others
        producer = await slow.session.scalar(text("SELECT id FROM producer"))
        assert producer is not None
        assert (await seen(services, actor, own)).open_leads == 1
        other = await a_qualified_lead(services, actor)
        assert other != second
        assert (await seen(services, actor, own)).open_leads == 1
    assert (await seen(services, actor, own)).open_leads == 0


async def test_a_new_producer_is_ranked_and_old_changes_are_forgotten(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, own = await new_agency(services, [a_producer("only", capacity_daily=5)]), Panels()
    lead_id = await a_qualified_lead(services, actor)
    await services.assignments.claim(actor, run_of(lead_id, "lead", 0)[0], lead_id, None)
    monkeypatch.setattr(panels, "_REMEMBERED", panels._REMEMBERED * 0)
    assert (await seen(services, actor, own)).open_leads == 1  # counted anew, and whatever was noted before is gone
    async with services.database.begin(actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM load_change")) == 0
    assert (await seen(services, actor, own)).open_leads == 1


async def test_a_panel_that_was_left_half_way_is_made_anew(services: Services) -> None:
    actor, own = await new_agency(services, [a_producer("only", capacity_daily=5)]), Panels()
    with pytest.raises(RuntimeError, match="half way"):
        await leave_half_way(services, actor, own)
    assert await seen(services, actor, own) == ProducerLoad()


async def leave_half_way(services: Services, actor: Actor, own: Panels) -> None:
    async with services.database.begin(actor) as uow:
        roster = await services.rosters.current(uow)
        async with own.current(uow, roster) as panel:
            panel.advance(panel.as_of, {next(iter(panel.place)): ProducerLoad(open_leads=9)})
            raise RuntimeError("half way")
