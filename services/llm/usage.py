"""What an agency's agents asked of language models, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal

from pydantic import BaseModel, Field

from domain.actor import Actor, Scope
from domain.decision import Source
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from store.sql.repositories.leads import AnsweredRow
from store.uow import Database

_DEFAULT_DAYS = 30
_MOST_DAYS = 366
_MILLION = 1_000_000
_FIRST = date(2000, 1, 1)
_LAST = date(2999, 12, 31)


class UsageLine(BaseModel):
    """One UTC day, agent and model."""

    day: date
    agent: str
    model: str
    calls: int = Field(description="HTTP attempts.")
    failed: int = Field(description="Of these, the attempts without an answer of use.")
    refused: int = Field(description="Requests that were not sent: over budget, endpoint left alone, out of time.")
    estimated: int = Field(description="Calls whose tokens the vendor did not say; estimated high.")
    unpriced: int = Field(description="Calls of a model without a known price; the fallback price counts.")
    input_tokens: int = Field(description="Without the cached ones.")
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal


class AnsweredBy(BaseModel):
    """Who answered for one specialist, and what that is worth."""

    specialist: str
    local: int = Field(description="Decisions by local models, rules or the sender's own word.")
    model: int = Field(description="Decisions by a language model.")
    agreed: int = Field(description="Of these, the ones in which the local answer was the same.")
    cost_usd: Decimal = Field(description="Cost of all decisions, calls of no use included.")
    saved_usd: Decimal | None = Field(
        description="What the local ones would have cost at the mean of a model's; null without."
    )


class UsageReport(BaseModel):
    """Use and cost over some days, newest first."""

    since: date
    until: date
    daily_budget_usd: Decimal
    cost_usd: Decimal
    items: list[UsageLine]
    answered: list[AnsweredBy]


class UsageService:
    """Read-only; needs ``agency:admin``. ``budget_usd`` is what one day may cost."""

    def __init__(self, database: Database, budget_usd: Decimal) -> None:
        self._database = database
        self._budget = budget_usd

    async def report(self, actor: Actor, since: date | None = None, until: date | None = None) -> UsageReport:
        """Use from ``since`` to ``until``, both included, UTC; by default the last thirty days. At most 366 days."""
        actor.require(Scope.AGENCY_ADMIN)
        until = until or now().date()
        since = since or max(_FIRST, until - timedelta(days=_DEFAULT_DAYS - 1))
        _check(since, until)
        async with self._database.begin(actor) as uow:
            days = _midnight(since), _midnight(until + timedelta(days=1))
            sums = await uow.llm_calls.sums(*days)
            answered = await uow.leads.answered(*days)
        items = [UsageLine.model_validate(one, from_attributes=True) for one in sums]
        return UsageReport(
            since=since, until=until, daily_budget_usd=self._budget, items=items,
            cost_usd=sum((one.cost_usd for one in items), Decimal(0)), answered=list(_answered(answered)),
        )  # fmt: skip


def _answered(rows: Sequence[AnsweredRow]) -> Iterator[AnsweredBy]:
    for specialist in dict.fromkeys(row.specialist for row in rows):
        own = [row for row in rows if row.specialist == specialist]
        asked = [row for row in own if row.source == Source.LLM.value]
        model, spent = sum(row.count for row in asked), sum(row.cost for row in asked)
        local = sum(row.count for row in own) - model
        yield AnsweredBy(
            specialist=specialist, local=local, model=model, agreed=sum(row.agreed for row in asked),
            cost_usd=Decimal(sum(row.cost for row in own)) / _MILLION,
            saved_usd=(Decimal(spent) / model * local / _MILLION).quantize(Decimal("0.000001")) if model else None,
        )  # fmt: skip


def _check(since: date, until: date) -> None:
    for name, day in (("since", since), ("until", until)):
        if not _FIRST <= day <= _LAST:
            fault = FieldError(
                name, "out_of_range", f"not between {_FIRST} and {_LAST}", "send a day like 2026-07-01", str(day)
            )
            raise Invalid("there is no such day here", fields=(fault,))
    if since > until:
        fault = FieldError("since", "after_until", f"lies after {until}", "send a day on or before until", str(since))
        raise Invalid("the days are the wrong way round", fields=(fault,))
    if (until - since).days >= _MOST_DAYS:
        fault = FieldError(
            "since", "too_long", f"more than {_MOST_DAYS} days before until", "ask for parts", str(since)
        )
        raise Invalid("that is too long a time", fields=(fault,))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time_of_day(), UTC)
