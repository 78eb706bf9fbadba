"""The ledger keeps every call or says so; the budget is the agency's, of the UTC day, over all processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
import respx
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor
from integrations.llm.calls import Call, CallContext, Outcome, Usage, on_behalf
from integrations.llm.errors import OverBudget
from integrations.llm.gateway import Gateway
from integrations.llm.translating import translate
from kernel.clock import frozen
from kernel.errors import Forbidden, Invalid, Unavailable
from kernel.ids import new_id
from kernel.llm_settings import LlmSettings
from kernel.telemetry.metrics import LLM_ROWS_LOST
from services.container import Services
from services.llm.budget import DailyBudget
from services.llm.ledger import LedgerWriter
from store.uow import Database
from tests.integrations.llm.world import URL, Hourglass, ask, chat, refused

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def a_call(agency_id: UUID, **changes: Any) -> Call:
    call = Call(
        agency_id=agency_id, agent="classifier", prompt_hash="abc", run_id=None, model="gpt-4o-mini", request_id=new_id(),
        attempt=1, outcome=Outcome.OK, at=NOON, status=200, usage=Usage(10, 5, 2), cost_usd=Decimal("0.000000000001"),
    )  # fmt: skip
    return replace(call, **changes)


class Flaky(Database):
    """The real database, away for the first ``failures`` transactions."""

    def __init__(self, database: Database, failures: float) -> None:
        super().__init__(database.engine)
        self.failures = failures

    @asynccontextmanager
    async def begin(self, actor: Actor) -> AsyncIterator[Any]:
        if self.failures > 0:
            self.failures -= 1
            raise Unavailable("away")
        async with super().begin(actor) as uow:
            yield uow


@asynccontextmanager
async def writing(database: Database, writer: UUID | None = None, **more: Any) -> AsyncIterator[LedgerWriter]:
    ledger = LedgerWriter(database, writer or new_id(), **more)
    ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close()


async def rows_of(services: Services, actor: Actor) -> list[dict[str, Any]]:
    async with services.database.begin(actor) as uow:
        found = await uow.session.execute(text("SELECT * FROM llm_call ORDER BY at, attempt, id"))
        return [dict(row._mapping) for row in found]


def lost(reason: str) -> float:
    return cast(float, LLM_ROWS_LOST.labels(reason)._value.get())


async def test_a_gateway_on_the_real_ledger_leaves_a_row_for_each_attempt(services: Services, actor: Actor) -> None:
    writer, run_id = new_id(), new_id()
    async with writing(services.database, writer) as ledger:
        budget = DailyBudget(services.database, Decimal(1), writer)
        settings = LlmSettings(api_key=SecretStr("sk-x"), attempts=2)
        gateway = Gateway(settings, ledger, budget, timing=Hourglass().timing())
        context = CallContext(actor.agency_id, "scorer", "hash-1", run_id)
        with respx.mock as mock, on_behalf(context):
            route = mock.post(URL)
            usage = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
            route.side_effect = [refused(500), chat("a", usage=usage, headers={"x-request-id": "req_7"})]
            assert await ask(gateway, "Ann Lee") == "a"
            assert route.call_count == 2
        await gateway.close()
    first, second = await rows_of(services, actor)
    assert (first["outcome"], first["status"], first["cost_usd"]) == ("http_error", 500, 0)
    assert (second["outcome"], second["status"], second["attempt"]) == ("ok", 200, 2)
    assert (second["input_tokens"], second["cached_tokens"], second["output_tokens"]) == (6, 4, 2)
    assert second["cost_usd"] == (6 * Decimal("0.15") + 4 * Decimal("0.075") + 2 * Decimal("0.60")) / 1_000_000
    assert (second["agent"], second["run_id"], second["prompt_hash"]) == ("scorer", run_id, "hash-1")
    assert (second["vendor_request_id"], second["writer"]) == ("req_7", writer)
    assert "Ann" not in repr((first, second))


async def test_closing_writes_everything_recorded(services: Services, actor: Actor, other_actor: Actor) -> None:
    before = lost("closing")
    async with writing(services.database) as ledger:
        for n in range(450):
            ledger.record(a_call((actor if n % 3 else other_actor).agency_id))
    assert len(await rows_of(services, actor)) == 300
    assert len(await rows_of(services, other_actor)) == 150
    assert lost("closing") == before


async def test_a_database_that_is_away_is_waited_for(services: Services, actor: Actor) -> None:
    async with writing(Flaky(services.database, 3), pause=0.001) as ledger:
        ledger.record(a_call(actor.agency_id))
        await ledger.flush()
    assert len(await rows_of(services, actor)) == 1


async def test_a_row_written_twice_is_one_row(services: Services, actor: Actor) -> None:
    call = a_call(actor.agency_id)
    async with writing(services.database) as ledger:
        ledger.record(call)
        await ledger.flush()
        ledger.record(call)
    assert len(await rows_of(services, actor)) == 1


async def test_a_row_nobody_can_keep_is_counted_and_the_rest_is_written(services: Services, actor: Actor) -> None:
    kinds = ("IntegrityError", "DBAPIError", "DataError")
    before = sum(map(lost, kinds))
    good = [a_call(actor.agency_id) for _ in range(3)]
    bad = a_call(actor.agency_id, model="nul\x00in it")
    orphan = a_call(new_id())
    async with writing(services.database) as ledger:
        for call in (good[0], bad, good[1], orphan, good[2]):
            ledger.record(call)
    assert {row["id"] for row in await rows_of(services, actor)} == {call.id for call in good}
    assert sum(map(lost, kinds)) == before + 2


async def test_a_full_queue_and_a_closed_ledger_say_what_they_lose(services: Services, actor: Actor) -> None:
    full, closing, closed = lost("full"), lost("closing"), lost("closed")
    away = Flaky(services.database, float("inf"))
    async with writing(away, capacity=5, pause=0.001, close_seconds=0.02) as ledger:
        for _ in range(8):
            ledger.record(a_call(actor.agency_id))
        assert lost("full") == full + 3
    assert lost("closing") == closing + 5
    ledger.record(a_call(actor.agency_id))
    assert lost("closed") == closed + 1


async def test_calls_of_another_agency_are_out_of_reach_and_none_can_be_changed(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    async with writing(services.database) as ledger:
        ledger.record(a_call(actor.agency_id))
    assert await rows_of(services, other_actor) == []
    for statement in ("UPDATE llm_call SET cost_usd = 0", "DELETE FROM llm_call"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with services.database.begin(actor) as uow:
                await uow.session.execute(text(statement))


async def test_the_budget_counts_own_spending_at_once_and_that_of_others_when_read_again(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    mine, theirs, glass = new_id(), new_id(), Hourglass()
    budget = DailyBudget(services.database, Decimal(1), mine, refresh_seconds=30, clock=glass.clock)
    agency = actor.agency_id
    with frozen(NOON):
        await budget.reserve(agency, Decimal("0.6"))
        with pytest.raises(OverBudget, match=r"0\.6000 of 1"):
            await budget.reserve(agency, Decimal("0.5"))
        await budget.reserve(other_actor.agency_id, Decimal("0.5"))
        budget.settle(agency, Decimal("0.6"), Decimal("0.2"))
        async with writing(services.database, mine) as ledger:  # in the ledger too, and not counted twice
            ledger.record(a_call(agency, cost_usd=Decimal("0.2")))
        async with writing(services.database, theirs) as ledger:
            ledger.record(a_call(agency, cost_usd=Decimal("0.5")))
            ledger.record(a_call(agency, cost_usd=Decimal(9), at=NOON - timedelta(days=1)))
        await budget.reserve(agency, Decimal("0.4"))  # what others spent is not known yet
        budget.settle(agency, Decimal("0.4"), Decimal(0))
        glass.at += 31
        with pytest.raises(OverBudget):
            await budget.reserve(agency, Decimal("0.31"))
        await budget.reserve(agency, Decimal("0.3"))


async def test_a_new_process_knows_what_the_last_one_spent(services: Services, actor: Actor) -> None:
    async with writing(services.database) as ledger:
        ledger.record(a_call(actor.agency_id, cost_usd=Decimal("0.9")))
    with frozen(NOON):
        budget = DailyBudget(services.database, Decimal(1), new_id())
        with pytest.raises(OverBudget):
            await budget.reserve(actor.agency_id, Decimal("0.2"))


async def test_a_new_utc_day_has_a_new_budget(services: Services, actor: Actor) -> None:
    budget = DailyBudget(services.database, Decimal(1), new_id())
    with frozen(datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC)):
        await budget.reserve(actor.agency_id, Decimal(1))
        budget.settle(actor.agency_id, Decimal(1), Decimal(1))
        with pytest.raises(OverBudget):
            await budget.reserve(actor.agency_id, Decimal("0.01"))
    with frozen(datetime(2026, 7, 2, tzinfo=UTC)):
        await budget.reserve(actor.agency_id, Decimal(1))


async def test_a_budget_that_cannot_be_known_refuses_and_one_known_before_goes_on(
    services: Services, actor: Actor
) -> None:
    database, glass = Flaky(services.database, 1), Hourglass()
    budget = DailyBudget(database, Decimal(1), new_id(), clock=glass.clock)
    with pytest.raises(Unavailable):
        await budget.reserve(actor.agency_id, Decimal(0))
    await budget.reserve(actor.agency_id, Decimal(0))
    database.failures, glass.at = 1, glass.at + 60
    await budget.reserve(actor.agency_id, Decimal(0))


async def test_a_gateway_whose_ledger_cannot_be_read_sends_nothing(services: Services, actor: Actor) -> None:
    async with writing(services.database) as ledger:
        away = DailyBudget(Flaky(services.database, float("inf")), Decimal(1), new_id())
        gateway = Gateway(LlmSettings(api_key=SecretStr("sk-x")), ledger, away)
        with respx.mock(assert_all_called=False) as mock, on_behalf(CallContext(actor.agency_id, "scorer", None)):
            route = mock.post(URL).mock(return_value=chat("a"))
            with pytest.raises(Exception, match=r".") as caught:
                await ask(gateway)
            assert route.call_count == 0
        assert isinstance(translate(caught.value), Unavailable)
        await gateway.close()
    assert [(row["outcome"], row["sent"]) for row in await rows_of(services, actor)] == [("no_ledger", False)]


async def test_many_at_once_read_the_ledger_once(services: Services, actor: Actor) -> None:
    class Counting(Flaky):
        begun = 0

        @asynccontextmanager
        async def begin(self, actor: Actor) -> AsyncIterator[Any]:
            Counting.begun += 1
            async with super().begin(actor) as uow:
                yield uow

    budget = DailyBudget(Counting(services.database, 0), Decimal(1), new_id())
    await asyncio.gather(*(budget.reserve(actor.agency_id, Decimal("0.01")) for _ in range(50)))
    assert Counting.begun == 1


async def test_the_report_adds_up_by_day_agent_and_model(services: Services, actor: Actor) -> None:
    yesterday = NOON - timedelta(days=1)
    async with writing(services.database) as ledger:
        for call in (
            a_call(actor.agency_id, cost_usd=Decimal("0.25")),
            a_call(
                actor.agency_id, outcome=Outcome.TIMEOUT, usage=Usage(7, 0, 0, estimated=True), cost_usd=Decimal("0.5")
            ),
            a_call(actor.agency_id, outcome=Outcome.OVER_BUDGET, usage=Usage(), cost_usd=Decimal(0)),
            a_call(actor.agency_id, agent="scorer", priced=False),
            a_call(actor.agency_id, at=yesterday.replace(hour=23, minute=59)),
            a_call(actor.agency_id, at=yesterday - timedelta(days=40)),
        ):
            ledger.record(call)
    with frozen(NOON):
        report = await services.usage.report(actor)
    assert [(one.day.isoformat(), one.agent) for one in report.items] == [
        ("2026-07-01", "classifier"), ("2026-07-01", "scorer"), ("2026-06-30", "classifier"),
    ]  # fmt: skip
    first = report.items[0]
    assert (first.calls, first.failed, first.refused, first.estimated) == (2, 1, 1, 1)
    assert (first.input_tokens, first.cached_tokens, first.output_tokens) == (17, 5, 2)
    assert first.cost_usd == Decimal("0.75")
    assert report.items[1].unpriced == 1
    assert report.cost_usd == sum(one.cost_usd for one in report.items)


async def test_the_report_is_for_administrators_and_sane_days(services: Services, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        await services.usage.report(replace(actor, scopes=frozenset()))
    day = NOON.date()
    for since, until in ((day, day - timedelta(days=1)), (day - timedelta(days=366), day), (day.replace(year=1), day)):
        with pytest.raises(Invalid) as caught:
            await services.usage.report(actor, since, until)
        assert caught.value.fields[0].field == "since"
