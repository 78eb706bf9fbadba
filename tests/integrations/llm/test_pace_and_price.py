"""The parts of the gateway by themselves: waits, breaker, bucket, prices, contexts, translated errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from integrations.llm.breaker import Breaker
from integrations.llm.bucket import Bucket
from integrations.llm.calls import CallContext, Outcome, Usage, caller, on_behalf
from integrations.llm.errors import BadAnswer, Exhausted, NoCaller, OverBudget
from integrations.llm.prices import SHIPPED, Prices
from integrations.llm.translating import translate
from integrations.retries import backoff, retry_after, worth_retrying, worth_retrying_error
from kernel.errors import AppError, Invalid, NotFound
from kernel.llm_settings import FallbackPrice, LlmSettings, ModelPrice
from tests.integrations.llm.world import AGENCY, CONTEXT, Hourglass, Line

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "Wed, 01 Jul 2026 12:00:20 GMT"}, 20.0),
        ({"retry-after": "Wed, 01 Jul 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "9", "retry-after-ms": "1500"}, 1.5),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers), NOW) == seconds


@given(st.integers(1, 8), st.none() | st.floats(0, 100), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_shorter_than_asked_and_never_longer_than_needed(
    attempt: int, asked: float | None, chance: float
) -> None:
    wait = backoff(attempt, asked, lambda: chance)
    assert wait >= (asked or 0.0)
    assert wait <= max(asked or 0.0, 8.0)
    assert wait <= max(asked or 0.0, 0.5 * 2**attempt)


@pytest.mark.parametrize(
    ("status", "headers", "body", "again"),
    [
        (429, {}, {}, True),
        (429, {}, {"error": {"code": "insufficient_quota"}}, False),
        (429, {"x-should-retry": "false"}, {}, False),
        (400, {"x-should-retry": "true"}, {}, True),
        (408, {}, {}, True),
        (500, {}, {}, True),
        (529, {}, {}, True),
        (400, {}, {}, False),
        (200, {}, {}, False),
        (200, {"x-should-retry": "true"}, {}, False),
        (429, {}, ["no error"], True),
        (429, {}, {"error": "text"}, True),
    ],
)
def test_what_is_worth_another_attempt(status: int, headers: dict[str, str], body: object, *, again: bool) -> None:
    assert worth_retrying(httpx.Response(status, headers=headers, json=body)) is again


def test_a_fault_of_our_own_request_is_not_repeated() -> None:
    assert not worth_retrying_error(httpx.UnsupportedProtocol("ftp"))
    assert not worth_retrying_error(httpx.LocalProtocolError("header"))
    assert worth_retrying_error(httpx.ConnectError("refused"))


def test_failures_must_follow_each_other_to_open_the_breaker() -> None:
    breaker = Breaker(2, 30, Hourglass().clock)
    for _ in range(5):
        assert breaker.admit()
        breaker.failed()
        assert breaker.admit()
        breaker.succeeded()
    assert not breaker.refuses


def test_a_probe_that_was_given_up_may_be_made_again() -> None:
    glass = Hourglass()
    breaker = Breaker(1, 30, glass.clock)
    breaker.admit()
    breaker.failed()
    glass.at += 30
    assert breaker.admit()
    assert not breaker.admit()
    breaker.abandoned()
    assert breaker.admit()


def test_late_failures_do_not_prolong_the_cooldown() -> None:
    glass = Hourglass()
    breaker = Breaker(1, 30, glass.clock)
    for _ in range(2):
        breaker.admit()
    breaker.failed()
    glass.at += 20
    breaker.failed()  # it was sent before the breaker opened
    glass.at += 10
    assert breaker.admit()


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 2000)), min_size=1, max_size=40))
def test_no_minute_gets_more_than_a_full_bucket_and_its_refill(asked: list[tuple[float, int]]) -> None:
    glass = Hourglass(at=0.0)
    bucket = Bucket(0, 1000, glass.clock)
    sent: list[tuple[float, int]] = []
    for pause, tokens in asked:
        glass.at += pause
        glass.at += bucket.draw(tokens)
        sent.append((glass.at, min(tokens, 1000)))
    for start, _ in sent:
        within = sum(tokens for at, tokens in sent if start <= at < start + 60)
        assert within <= 2000 + 1e-6 * len(sent)


def test_a_hold_is_for_its_model_and_its_time() -> None:
    glass = Hourglass()
    bucket = Bucket(0, 0, glass.clock)
    assert bucket.draw(10**9) == 0
    bucket.hold(12)
    bucket.hold(3)
    assert bucket.draw(1) == 12
    glass.at += 12
    assert bucket.draw(1) == 0


def test_the_cost_of_cached_tokens_is_apart_and_exact() -> None:
    prices = Prices.of({}, FallbackPrice())
    usage = Usage(input=1_234_567, cached=7_654_321, output=89)
    wanted = 1_234_567 * Decimal("0.15") + 7_654_321 * Decimal("0.075") + 89 * Decimal("0.60")
    assert prices.cost("gpt-4o-mini", usage) * 1_000_000 == wanted
    assert prices.cost("gpt-4o-mini-2024-07-18", usage) * 1_000_000 == wanted


def test_own_prices_stand_above_the_shipped_and_the_fallback_is_the_highest() -> None:
    own = ModelPrice(input=Decimal(7), cached=Decimal(7), output=Decimal(7))
    prices = Prices.of({"gpt-4o": own}, FallbackPrice())
    assert prices.find("gpt-4o") == (own, True)
    assert prices.find("gpt-9") == (FallbackPrice(), False)
    for price in SHIPPED.values():
        assert (price.input, price.cached, price.output) <= (prices.fallback.input, prices.fallback.cached, Decimal(40))
        assert price.cached <= price.input


def test_prices_of_more_than_six_decimals_are_refused() -> None:
    with pytest.raises(ValidationError, match="decimal"):
        ModelPrice(input=Decimal("0.0000001"), cached=Decimal(0), output=Decimal(0))


@pytest.mark.parametrize("wrong", [{"agent": "Ann Lee"}, {"agent": ""}, {"prompt_hash": "a\r\nb"}, {"prompt_hash": ""}])
def test_a_context_takes_no_words_that_break_a_header_or_a_label(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="use"):
        CallContext(**{"agency_id": AGENCY, "agent": "classifier", "prompt_hash": None, **wrong})  # type: ignore[arg-type]


def test_a_context_ends_with_its_block_and_blocks_nest() -> None:
    inner = CallContext(AGENCY, "scorer", None)
    with on_behalf(CONTEXT):
        with on_behalf(inner):
            assert caller() is inner
        assert caller() is CONTEXT
    with pytest.raises(NoCaller, match="on_behalf"):
        caller()


def test_refusals_of_our_own_were_not_sent() -> None:
    assert {one for one in Outcome if not one.sent} == {"over_budget", "breaker_open", "deadline", "no_ledger"}


def _status(status: int, code: str | None = None) -> openai.APIStatusError:
    request = httpx.Request("POST", "https://api.openai.com/v1/chat/completions")
    body = {"message": "Ann Lee, ann@example.com", "code": code}
    return openai.APIStatusError("Ann Lee", response=httpx.Response(status, request=request), body=body)


def _caused(outer: Exception, inner: BaseException) -> Exception:
    outer.__cause__ = inner
    return outer


def _wrapped(inner: Exception) -> Exception:
    request = httpx.Request("POST", "https://api.openai.com/v1/chat/completions")
    return _caused(openai.APIConnectionError(request=request), inner)


def _bad_line() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Line.model_validate({"line": "boat"})
    return caught.value


@pytest.mark.parametrize(
    ("problem", "kind", "code"),
    [
        (_status(429), Exhausted, "unavailable"),
        (_status(503), Exhausted, "unavailable"),
        (_status(401), Invalid, "llm_key_refused"),
        (_status(404), Invalid, "llm_not_found"),
        (_status(400, "context_length_exceeded"), Invalid, "llm_request_refused"),
        (httpx.ReadTimeout("slow"), Exhausted, "unavailable"),
        (TimeoutError(), Exhausted, "unavailable"),
        (ConnectionResetError(), Exhausted, "unavailable"),
        (_bad_line(), BadAnswer, "llm_bad_answer"),
        (json.JSONDecodeError("x", "y", 0), BadAnswer, "llm_bad_answer"),
        (_caused(RuntimeError("retries"), _status(500)), Exhausted, "unavailable"),
        (_caused(RuntimeError("retries"), _bad_line()), BadAnswer, "llm_bad_answer"),
        (_caused(RuntimeError("sdk"), OverBudget(Decimal(1), Decimal(1))), OverBudget, "llm_over_budget"),
        (NotFound("a tool's own"), NotFound, "not_found"),
        (KeyError("ours"), AppError, "internal"),
        (_wrapped(KeyError("ours")), AppError, "internal"),
        (_wrapped(httpx.ConnectError("refused")), Exhausted, "unavailable"),
        (_wrapped(OverBudget(Decimal(1), Decimal(1))), OverBudget, "llm_over_budget"),
    ],
)
def test_whatever_a_library_raises_becomes_an_error_of_ours(problem: Exception, kind: type, code: str) -> None:
    ours = translate(problem)
    assert type(ours) is kind
    assert ours.code == code
    assert "Ann" not in ours.detail


def test_a_caller_names_the_types_by_which_its_library_says_malformed() -> None:
    class Unexpected(RuntimeError):
        pass

    assert type(translate(Unexpected())) is AppError
    assert type(translate(Unexpected(), malformed=(Unexpected,))) is BadAnswer


def test_a_code_of_the_vendor_is_quoted_only_where_it_is_a_word() -> None:
    assert "context_length_exceeded" in translate(_status(400, "context_length_exceeded")).detail
    assert "Lee" not in translate(_status(400, "Ann Lee")).detail


@pytest.mark.parametrize("wrong", [{"base_url": "api.example"}, {"langsmith": {"tracing": True}}, {"attempts": 0}])
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LlmSettings.model_validate(wrong)


def test_no_temperature_is_a_word() -> None:
    assert LlmSettings.model_validate({"temperature": "none"}).for_agent("x").temperature is None
