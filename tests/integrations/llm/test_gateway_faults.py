"""What the transport does when the endpoint, the budget or the time fails. Every test counts the HTTP calls."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import sys
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime

import httpx
import openai
import pytest
import respx
import structlog

from integrations.llm.calls import on_behalf
from integrations.llm.errors import OverBudget
from integrations.llm.translating import translate
from kernel.clock import frozen, now
from kernel.errors import Invalid, Unavailable
from kernel.llm_settings import AgentModel, ModelPrice
from kernel.telemetry.logs import configure_logs
from tests.integrations.llm.world import CONTEXT, URL, ask, chat, refused, world


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_request_the_vendor_will_never_take_is_sent_once(status: int) -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(status))
            with pytest.raises(openai.APIStatusError) as caught:
                await ask(w.gateway)
            assert route.call_count == 1
        assert w.rows.outcomes() == [(1, "http_error", status)]
        assert isinstance(translate(caught.value), Invalid)


async def test_an_account_without_credit_is_not_asked_again() -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(429, code="insufficient_quota"))
            with pytest.raises(openai.RateLimitError):
                await ask(w.gateway)
            assert route.call_count == 1


@pytest.mark.parametrize(
    ("problem", "outcome", "tokens"),
    [
        (httpx.ConnectError("refused"), "no_connection", False),
        (httpx.ConnectTimeout("slow"), "timeout", False),
        (httpx.ReadTimeout("slow"), "timeout", True),
        (httpx.ReadError("reset"), "broken", True),
        (httpx.RemoteProtocolError("cut off"), "broken", True),
    ],
)
async def test_a_broken_connection_is_tried_again(problem: Exception, outcome: str, *, tokens: bool) -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL)
            route.side_effect = [problem, chat("auto")]
            assert await ask(w.gateway) == "auto"
            assert route.call_count == 2
        assert [row.outcome.value for row in w.rows.calls] == [outcome, "ok"]
        # The vendor may have worked on what it received, and charges for it.
        assert (w.rows.calls[0].usage.input > 0) is tokens
        assert w.rows.calls[0].usage.estimated is tokens
        assert len(w.glass.waits) == 1


async def test_timeouts_end_after_the_last_attempt_as_unavailable() -> None:
    async with world(attempts=2) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(side_effect=httpx.ReadTimeout("slow"))
            with pytest.raises(openai.APITimeoutError) as caught:
                await ask(w.gateway)
            assert route.call_count == 2
        assert isinstance(translate(caught.value), Unavailable)


async def test_a_real_port_where_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: refused for certain
        async with world(base_url=f"http://127.0.0.1:{held.getsockname()[1]}/v1", attempts=2) as w:
            with on_behalf(CONTEXT), pytest.raises(openai.APIConnectionError) as caught:
                await ask(w.gateway)
            assert w.rows.outcomes() == [(1, "no_connection", None), (2, "no_connection", None)]
            assert isinstance(translate(caught.value), Unavailable)


async def test_an_attempt_that_hangs_is_ended_by_the_agents_own_limit() -> None:
    sent = 0

    async def hang(_: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        await asyncio.Event().wait()
        raise AssertionError

    async with world(attempts=2, agents={"classifier": AgentModel(timeout_seconds=0.02)}) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            mock.post(URL).mock(side_effect=hang)  # respx itself counts only calls that were answered
            with pytest.raises(openai.APITimeoutError):
                await ask(w.gateway)
        assert sent == 2
        assert w.rows.outcomes() == [(1, "timeout", None), (2, "timeout", None)]


async def test_waits_without_a_wish_of_the_vendor_grow_and_are_drawn_by_chance() -> None:
    async with world(attempts=4, chance=1.0, breaker_failures=9) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            mock.post(URL).mock(return_value=refused(500))
            with pytest.raises(openai.InternalServerError):
                await ask(w.gateway)
        assert w.glass.waits == [0.5, 1.0, 2.0]


async def test_retry_after_as_a_date_is_waited_for() -> None:
    async with world() as w:
        with frozen(now().replace(microsecond=0)) as at, respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL)
            date = format_datetime(at + timedelta(seconds=9), usegmt=True)
            route.side_effect = [refused(503, {"retry-after": date}), chat("auto")]
            assert await ask(w.gateway) == "auto"
        assert w.glass.waits == [9.0]


async def test_a_wait_past_the_deadline_is_not_begun() -> None:
    async with world(deadline_seconds=15) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(429, {"retry-after": "30"}))
            with pytest.raises(openai.RateLimitError):
                await ask(w.gateway)
            assert route.call_count == 1
            assert w.glass.waits == []
            # The vendor meant everybody: others do not ask within its thirty seconds either.
            with pytest.raises(openai.APIConnectionError) as caught:
                await ask(w.gateway)
            assert route.call_count == 1
            assert translate(caught.value).code == "llm_deadline"
            w.glass.at += 31
            route.mock(return_value=chat("auto"))
            assert await ask(w.gateway) == "auto"
            assert route.call_count == 2
        assert w.rows.outcomes() == [(1, "http_error", 429), (1, "deadline", None), (1, "ok", 200)]


async def test_all_attempts_together_keep_the_deadline() -> None:
    async with world(attempts=8, deadline_seconds=10, chance=1.0, breaker_failures=99) as w:
        began = w.glass.at
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(500))
            with pytest.raises(openai.InternalServerError):
                await ask(w.gateway)
            assert route.call_count == 5  # after 0, 0.5, 1.5, 3.5 and 7.5 seconds; the next wait would pass ten
        assert w.glass.at - began < 10


async def test_the_breaker_opens_probes_once_and_closes() -> None:
    async with world(attempts=1, breaker_failures=2, breaker_cooldown_seconds=30) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(500))
            for _ in range(2):
                with pytest.raises(openai.InternalServerError):
                    await ask(w.gateway)
            with pytest.raises(openai.APIConnectionError) as caught:
                await ask(w.gateway)
            assert route.call_count == 2
            assert translate(caught.value).code == "llm_breaker_open"
            w.glass.at += 30
            with pytest.raises(openai.InternalServerError):
                await ask(w.gateway)  # the probe fails
            with pytest.raises(openai.APIConnectionError):
                await ask(w.gateway)
            assert route.call_count == 3
            w.glass.at += 30
            route.mock(return_value=chat("auto"))
            assert await ask(w.gateway) == "auto"
            assert await ask(w.gateway) == "auto"
            assert route.call_count == 5
        assert [row.outcome.value for row in w.rows.calls] == [
            "http_error", "http_error", "breaker_open", "http_error", "breaker_open", "ok", "ok",
        ]  # fmt: skip


async def test_only_one_of_many_may_probe() -> None:
    answer = asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        await answer.wait()
        return chat("auto")

    async with world(attempts=1, breaker_failures=1) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(500))
            with pytest.raises(openai.InternalServerError):
                await ask(w.gateway)
            w.glass.at += 60
            route.mock(side_effect=slow)
            asking = [asyncio.create_task(ask(w.gateway)) for _ in range(5)]
            await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            answer.set()
            ended = await asyncio.gather(*asking, return_exceptions=True)
            assert route.call_count == 2
        assert ended.count("auto") == 1
        assert sum(isinstance(one, openai.APIConnectionError) for one in ended) == 4


async def test_a_probe_whose_asker_went_away_leaves_the_next_one_to_probe() -> None:
    asked = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with world(attempts=1, breaker_failures=1) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(500))
            with pytest.raises(openai.InternalServerError):
                await ask(w.gateway)
            w.glass.at += 60
            route.mock(side_effect=hang)
            probe = asyncio.create_task(ask(w.gateway))
            await asked.wait()
            probe.cancel()
            await asyncio.gather(probe, return_exceptions=True)
            route.mock(return_value=chat("auto"))
            assert await ask(w.gateway) == "auto"  # at once: no other cooldown
        assert [row.outcome.value for row in w.rows.calls] == ["http_error", "cancelled", "ok"]


async def test_the_breaker_stops_the_attempts_of_a_request_under_way() -> None:
    async with world(attempts=5, breaker_failures=3) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(500))
            with pytest.raises(openai.InternalServerError):
                await ask(w.gateway)
            assert route.call_count == 3


async def test_an_endpoint_that_says_slow_down_is_not_broken() -> None:
    async with world(attempts=1, breaker_failures=1) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(429))
            for _ in range(3):
                with pytest.raises(openai.RateLimitError):
                    await ask(w.gateway)
            assert route.call_count == 3


async def test_no_more_requests_are_in_flight_than_allowed() -> None:
    flying, most = 0, 0

    async def count(_: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1
        return chat("auto")

    async with world(in_flight=3) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(side_effect=count)
            assert await asyncio.gather(*(ask(w.gateway) for _ in range(20))) == ["auto"] * 20
            assert route.call_count == 20
        assert most == 3


async def test_waiting_for_a_free_place_counts_against_the_deadline() -> None:
    sent = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        assert not sent.is_set()
        sent.set()
        await asyncio.Event().wait()
        raise AssertionError

    # The pace makes the second wait a minute first, which leaves it a twentieth of a second for the place.
    async with world(in_flight=1, requests_per_minute=1, deadline_seconds=60.05, timeout_seconds=60) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            mock.post(URL).mock(side_effect=hang)
            first = asyncio.create_task(ask(w.gateway))
            await sent.wait()
            with pytest.raises(openai.APIConnectionError) as caught:
                await ask(w.gateway)
            assert translate(caught.value).code == "llm_deadline"
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        assert [row.outcome.value for row in w.rows.calls] == ["deadline", "cancelled"]


async def test_a_cancelled_request_is_booked_and_frees_its_place() -> None:
    asked = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with world(in_flight=1) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(side_effect=hang)
            asking = asyncio.create_task(ask(w.gateway))
            waiting = asyncio.create_task(ask(w.gateway))
            await asked.wait()
            for task in (waiting, asking):
                task.cancel()
            await asyncio.gather(waiting, asking, return_exceptions=True)
            route.mock(return_value=chat("auto"))
            assert await ask(w.gateway) == "auto"
        # The one that only waited cost nothing and was never an HTTP call.
        assert [row.outcome.value for row in w.rows.calls] == ["cancelled", "ok"]


async def test_requests_a_minute_are_kept_by_waiting() -> None:
    async with world(requests_per_minute=2, deadline_seconds=100) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=chat("auto"))
            for _ in range(4):
                await ask(w.gateway)
            assert route.call_count == 4
        assert w.glass.waits == [pytest.approx(30), pytest.approx(30)]


async def test_a_pace_that_cannot_be_kept_in_time_sends_nothing() -> None:
    async with world(requests_per_minute=1, deadline_seconds=15) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=chat("auto"))
            await ask(w.gateway)
            for _ in range(3):
                with pytest.raises(openai.APIConnectionError):
                    await ask(w.gateway)
            assert route.call_count == 1
            w.glass.at += 60  # the refused ones took no place of those who come later
            await ask(w.gateway)
            assert route.call_count == 2


async def test_tokens_that_were_not_used_go_back_into_the_bucket() -> None:
    async with world(tokens_per_minute=1000, deadline_seconds=100) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            mock.post(URL).mock(return_value=chat("auto"))  # 150 tokens, where 900 and more may be used
            for _ in range(2):
                await ask(w.gateway, max_tokens=900)
        # 850 are left after the first answer; the second asks for about 940.
        assert w.glass.waits == [pytest.approx(5, abs=3)]


async def test_the_budget_is_kept_by_many_at_once() -> None:
    sent, answer = 0, asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        await answer.wait()
        return chat("auto")

    price = {"gpt-4o-mini": ModelPrice(input=Decimal(0), cached=Decimal(0), output=Decimal(1000))}
    async with world(budget=Decimal("0.30"), prices=price) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            mock.post(URL).mock(side_effect=slow)
            asking = [asyncio.create_task(ask(w.gateway, max_tokens=100)) for _ in range(8)]
            while sum(task.done() for task in asking) < 5 or sent < 3:  # noqa: ASYNC110 - there is no event for "no more"
                await asyncio.sleep(0)
            answer.set()
            ended = await asyncio.gather(*asking, return_exceptions=True)
            assert sent == 3  # each may cost ten cents
            assert ended.count("auto") == 3
            assert w.purse.spent == Decimal("0.15")  # 50 tokens each
            assert await ask(w.gateway, max_tokens=100) == "auto"
        refusals = [translate(one) for one in ended if isinstance(one, BaseException)]
        assert {type(one) for one in refusals} == {OverBudget}


async def test_a_model_without_a_price_costs_the_fallback_and_says_so() -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            mock.post(URL).mock(return_value=chat("auto"))
            await w.gateway.client.chat.completions.create(model="new-model", messages=[])
        (row,) = w.rows.calls
        assert not row.priced
        assert row.cost_usd == (100 * Decimal(10) + 50 * Decimal(40)) / 1_000_000


async def test_without_key_and_endpoint_there_is_nobody_to_ask() -> None:
    async with world(api_key=None) as w:
        assert not w.gateway.configured
        with pytest.raises(Unavailable, match="no language model"):
            _ = w.gateway.client
    async with world(api_key=None, base_url="http://127.0.0.1:1/v1") as w:
        assert w.gateway.configured


async def test_one_client_for_all() -> None:
    async with world() as w:
        assert w.gateway.client is w.gateway.client
        assert w.gateway.http is w.gateway.http
        assert w.gateway.client._client is w.gateway.http
        assert w.gateway.client.max_retries == 0


async def test_an_agents_own_model_stands_above_that_of_all() -> None:
    async with world(model="a", agents={"scorer": AgentModel(model="b", temperature=1.0)}) as w:
        assert w.gateway.settings_for("classifier").model == "a"
        scorer = w.gateway.settings_for("scorer")
        assert (scorer.model, scorer.temperature, scorer.max_tokens) == ("b", 1.0, 800)


async def test_neither_key_nor_words_reach_the_log_or_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logs(level="DEBUG", as_json=True)
        async with world(attempts=2) as w:
            with respx.mock as mock, on_behalf(CONTEXT):
                mock.post(URL).side_effect = [refused(500), chat("Ann Lee lives there")]
                await ask(w.gateway, "my name is Ann Lee")
            rows = repr(w.rows.calls)
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
        structlog.reset_defaults()
    for secret in ("sk-secret", "Ann Lee", "ann@example.com"):
        assert secret not in stream.getvalue()
        assert secret not in rows
