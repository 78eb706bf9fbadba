"""One attempt: let in by budget, pace, slot and breaker, and booked exactly once however it ends."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import structlog

from integrations.llm.breaker import Breaker
from integrations.llm.bucket import Bucket
from integrations.llm.calls import Budget, Call, CallContext, Ledger, Outcome, Usage
from integrations.llm.errors import Exhausted, OverBudget
from integrations.llm.prices import Prices
from integrations.llm.wire import Asked
from kernel.clock import now
from kernel.errors import AppError, Unavailable
from kernel.ids import new_id
from kernel.llm_settings import LlmSettings
from kernel.telemetry.metrics import LLM_CALLS, LLM_COST, LLM_SECONDS, LLM_TOKENS

_log = structlog.get_logger("leadwright.integrations.llm")
_NOTHING = Usage()
_BROKEN_STATUS = 500
_TIMED_OUT_STATUS = 408


@dataclass(frozen=True, slots=True)
class Timing:
    """Monotonic seconds, waiting, and chance (uniform in [0, 1)); tests replace them."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


@dataclass(slots=True)
class Desk:
    """What all attempts of one process share."""

    settings: LlmSettings
    ledger: Ledger
    budget: Budget
    timing: Timing
    prices: Prices
    breaker: Breaker
    slots: asyncio.Semaphore
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _unpriced: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, settings: LlmSettings, ledger: Ledger, budget: Budget, timing: Timing) -> Desk:
        """A desk by the settings."""
        return cls(
            settings, ledger, budget, timing, Prices.of(settings.prices, settings.fallback_price),
            Breaker(settings.breaker_failures, settings.breaker_cooldown_seconds, timing.clock),
            asyncio.Semaphore(settings.in_flight),
        )  # fmt: skip

    def bucket(self, model: str) -> Bucket:
        """The pace of ``model``."""
        if model not in self._buckets:
            self._buckets[model] = Bucket(
                self.settings.requests_per_minute, self.settings.tokens_per_minute, self.timing.clock
            )
        return self._buckets[model]

    def cost(self, model: str, usage: Usage) -> tuple[Decimal, bool]:
        """US dollars, and whether the model's price is known; an unknown one is said once and costs the fallback."""
        _, known = self.prices.find(model)
        if not known and model not in self._unpriced:
            self._unpriced.add(model)
            _log.warning("model without a price, the fallback price counts; set LEADWRIGHT_LLM__PRICES", model=model)
        return self.prices.cost(model, usage), known


@dataclass(frozen=True, slots=True)
class Request:
    """One request with all its attempts. ``deadline`` is in monotonic seconds."""

    context: CallContext
    asked: Asked
    deadline: float
    id: UUID = field(default_factory=new_id)


class Attempt:
    """Attempt ``number`` of a request. :meth:`admit` before sending; then :meth:`end` once, later calls do nothing."""

    def __init__(self, desk: Desk, request: Request, number: int) -> None:
        self._desk = desk
        self._request = request
        self._number = number
        self._bucket = desk.bucket(request.asked.model)
        self._reserved = Decimal(0)
        self._drawn = self._slot = self._admitted = False
        self._began = desk.timing.clock()
        self._at = now()
        self.ended = False

    @property
    def remaining(self) -> float:
        """Seconds until the request's deadline."""
        return self._request.deadline - self._desk.timing.clock()

    async def admit(self) -> None:
        """Wait for leave to send.

        Raises OverBudget, Exhausted when the breaker is open or the deadline comes first, Unavailable when the ledger cannot be
        read.
        Each refusal is a row in the ledger.
        """
        try:
            await self._pass_gates()
        except AppError:
            raise
        except BaseException:  # cancelled while waiting: nothing was sent, nothing is booked
            self._let_go(sent=False)
            self._desk.budget.settle(self._request.context.agency_id, self._reserved, Decimal(0))
            self.ended = True
            raise
        self._began, self._at = self._desk.timing.clock(), now()

    def end(
        self, outcome: Outcome, usage: Usage = _NOTHING, *, status: int | None = None, vendor_id: str | None = None
    ) -> None:
        """Book the attempt and free what it held."""
        if self.ended:
            return
        self.ended = True
        cost, priced = self._desk.cost(self._request.asked.model, usage)
        self._tell_breaker(outcome, status)
        self._let_go(sent=outcome.sent, used=usage.total)
        self._desk.budget.settle(self._request.context.agency_id, self._reserved, cost)
        context = self._request.context
        context.book(cost)
        seconds = self._desk.timing.clock() - self._began
        self._desk.ledger.record(
            Call(
                agency_id=context.agency_id, agent=context.agent, prompt_hash=context.prompt_hash, run_id=context.run_id,
                model=self._request.asked.model, request_id=self._request.id, attempt=self._number, outcome=outcome,
                at=self._at, duration_ms=round(seconds * 1000), status=status, usage=usage, cost_usd=cost, priced=priced,
                vendor_request_id=vendor_id,
            )
        )  # fmt: skip
        LLM_CALLS.labels(context.agent, outcome.value).inc()
        if outcome.sent:
            LLM_SECONDS.labels(context.agent).observe(seconds)
        LLM_COST.labels(context.agent).inc(float(cost))
        for kind, count in (("input", usage.input), ("cached", usage.cached), ("output", usage.output)):
            LLM_TOKENS.labels(context.agent, kind).inc(count)

    async def _pass_gates(self) -> None:
        if self._desk.breaker.refuses:
            raise self._refused(Outcome.BREAKER_OPEN)
        most, _ = self._desk.cost(self._request.asked.model, self._request.asked.most)
        try:
            async with asyncio.timeout(max(0.0, self.remaining)):
                await self._desk.budget.reserve(self._request.context.agency_id, most)
        except OverBudget:
            self.end(Outcome.OVER_BUDGET)
            raise
        except Unavailable:
            self.end(Outcome.NO_LEDGER)
            raise
        except TimeoutError:
            raise self._refused(Outcome.DEADLINE) from None
        self._reserved = most
        wait = self._bucket.draw(self._request.asked.tokens)
        self._drawn = True
        if wait >= self.remaining:
            raise self._refused(Outcome.DEADLINE)
        if wait:
            await self._desk.timing.sleep(wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self.remaining)):
                await self._desk.slots.acquire()
                self._slot = True
        if not self._slot:
            raise self._refused(Outcome.DEADLINE)
        if not self._desk.breaker.admit():
            raise self._refused(Outcome.BREAKER_OPEN)
        self._admitted = True

    def _refused(self, outcome: Outcome) -> Exhausted:
        self.end(outcome)
        why = {
            Outcome.BREAKER_OPEN: "keeps failing and is left alone for a while",
            Outcome.DEADLINE: "could not be asked in time",
        }[outcome]
        return Exhausted(f"the language model {why}; try again later", code=f"llm_{outcome.value}")

    def _tell_breaker(self, outcome: Outcome, status: int | None) -> None:
        if not self._admitted:
            return
        if outcome is Outcome.CANCELLED:
            self._desk.breaker.abandoned()
        elif outcome is Outcome.OK or (status is not None and status < _BROKEN_STATUS and status != _TIMED_OUT_STATUS):
            self._desk.breaker.succeeded()  # a 429 or 400 is an endpoint that works
        else:
            self._desk.breaker.failed()

    def _let_go(self, *, sent: bool, used: int = 0) -> None:
        if self._drawn:
            self._bucket.give_back(max(0, self._request.asked.tokens - used), unsent=not sent)
        if self._slot:
            self._desk.slots.release()
        self._drawn = self._slot = False
