"""Who calls a model, and the row that is left of every call: numbers and hashes, never a prompt or an answer."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

from domain.actor import Actor
from integrations.llm.errors import NoCaller
from kernel.ids import new_id

P = ParamSpec("P")
T = TypeVar("T")
OwnerT = TypeVar("OwnerT")

_AGENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HASH = re.compile(r"[0-9A-Za-z:._-]{1,80}")


@dataclass(frozen=True, slots=True)
class CallContext:
    """On whose behalf a model is asked. ``agent`` is the specialist's name; ``prompt_hash`` the content hash of its prompt,
    None where there is no prompt (embeddings). Raises ValueError on a word that could not stand in a header or a label.
    """

    agency_id: UUID
    agent: str
    prompt_hash: str | None
    run_id: UUID | None = None
    _spent: list[Decimal] = field(default_factory=list, repr=False, compare=False)

    @property
    def cost(self) -> int:
        """What all attempts on this context have cost so far, in millionths of a dollar, rounded up."""
        return math.ceil(sum(self._spent, Decimal(0)) * 1_000_000)

    def book(self, cost_usd: Decimal) -> None:
        """Add what one attempt cost."""
        self._spent.append(cost_usd)

    def __post_init__(self) -> None:
        if not _AGENT.fullmatch(self.agent):
            msg = f"agent {self.agent!r} is no specialist's name; use lower case letters, digits and underscores"
            raise ValueError(msg)
        if self.prompt_hash is not None and not _HASH.fullmatch(self.prompt_hash):
            msg = f"prompt hash {self.prompt_hash!r} is none; use at most 80 letters, digits and :._-"
            raise ValueError(msg)


_caller: ContextVar[CallContext | None] = ContextVar("llm_caller", default=None)


@contextmanager
def on_behalf(context: CallContext) -> Iterator[CallContext]:
    """Every request to a model within this block, and within tasks started in it, is booked on ``context``."""
    token = _caller.set(context)
    try:
        yield context
    finally:
        _caller.reset(token)


def booked(
    agent: str,
) -> Callable[
    [Callable[Concatenate[OwnerT, Actor, P], Awaitable[T]]], Callable[Concatenate[OwnerT, Actor, P], Awaitable[T]]
]:
    """Decorator of a service's method: what it asks of models is booked on its actor's agency under ``agent``."""

    def wrap(
        method: Callable[Concatenate[OwnerT, Actor, P], Awaitable[T]],
    ) -> Callable[Concatenate[OwnerT, Actor, P], Awaitable[T]]:
        @wraps(method)
        async def call(self: OwnerT, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> T:
            with on_behalf(CallContext(actor.agency_id, agent, None)):
                return await method(self, actor, *args, **kwargs)

        return call

    return wrap


def caller() -> CallContext:
    """Who calls now. Raises NoCaller outside :func:`on_behalf`: a cost that nobody carries is not incurred."""
    context = _caller.get()
    if context is None:
        raise NoCaller
    return context


class Outcome(StrEnum):
    """How one attempt ended. The last four were never sent."""

    OK = "ok"
    HTTP_ERROR = "http_error"
    TIMEOUT = "timeout"
    NO_CONNECTION = "no_connection"
    BROKEN = "broken"
    CANCELLED = "cancelled"
    OVER_BUDGET = "over_budget"
    BREAKER_OPEN = "breaker_open"
    DEADLINE = "deadline"
    NO_LEDGER = "no_ledger"

    @property
    def sent(self) -> bool:
        """Whether the endpoint could see the attempt."""
        return self not in {Outcome.OVER_BUDGET, Outcome.BREAKER_OPEN, Outcome.DEADLINE, Outcome.NO_LEDGER}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one attempt. ``input`` is without ``cached``; the two add up to the prompt. ``output`` includes reasoning.

    ``estimated`` where the vendor did not say: then counted from the bytes that went over the wire, erring high.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Every token."""
        return self.input + self.cached + self.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt, as the ledger keeps it. Attempts of one request share ``request_id`` and count from 1; ``cost_usd`` is
    exact. ``vendor_request_id`` is what the vendor's support asks for.
    """

    agency_id: UUID
    agent: str
    prompt_hash: str | None
    run_id: UUID | None
    model: str
    request_id: UUID
    attempt: int
    outcome: Outcome
    at: datetime
    duration_ms: int = 0
    status: int | None = None
    usage: Usage = Usage()
    cost_usd: Decimal = Decimal(0)
    priced: bool = True
    vendor_request_id: str | None = None
    id: UUID = field(default_factory=new_id)


class Ledger(Protocol):
    """Where calls are written down."""

    def record(self, call: Call) -> None:
        """Keep ``call``; returns at once and never raises."""
        ...


class Budget(Protocol):
    """What an agency may still spend today."""

    async def reserve(self, agency_id: UUID, amount_usd: Decimal) -> None:
        """Set ``amount_usd`` aside for a call about to be made.

        Raises OverBudget when the day's budget does not hold it, Unavailable when what was spent cannot be known.
        """
        ...

    def settle(self, agency_id: UUID, reserved_usd: Decimal, spent_usd: Decimal) -> None:
        """Replace what was set aside by what the call cost."""
        ...
