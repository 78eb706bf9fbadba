"""What a run lends to targets and judges: models through the gateway, counted and kept within the run's budget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from integrations.llm.calls import Call
from integrations.llm.errors import OverBudget
from integrations.llm.gateway import Gateway
from kernel.ids import derived_id
from kernel.llm_settings import AgentModel, LlmSettings
from kernel.settings import Settings

EVALS = derived_id("evals")
"""On whose behalf models are asked: no agency's, so that no agency's budget or ledger is touched."""
_NONE = Decimal(0)


@dataclass
class Tally:
    """What was asked of models within a block; ``refused`` where the budget did not hold a call."""

    cost: Decimal = _NONE
    tokens_in: int = 0
    tokens_out: int = 0
    refused: OverBudget | None = None


_tally: ContextVar[Tally | None] = ContextVar("eval_tally", default=None)


@contextmanager
def tallied() -> Iterator[Tally]:
    """Everything that this block and its tasks ask of models is counted."""
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


class Purse:
    """The gateway's ledger and budget of one run: counts every call, and refuses what the budget does not hold.

    The most that a call may cost is set aside before it is sent, so a run stops a little before its budget.
    """

    def __init__(self, budget: Decimal | None, spent: Decimal = _NONE) -> None:
        self._budget = budget
        self.spent = spent
        self._held = _NONE

    def record(self, call: Call) -> None:
        """Count a call for the block that made it."""
        tally = _tally.get()
        if tally is not None:
            tally.cost += call.cost_usd
            tally.tokens_in += call.usage.input + call.usage.cached
            tally.tokens_out += call.usage.output

    async def reserve(self, agency_id: UUID, amount_usd: Decimal) -> None:
        """Set the most that a call may cost aside. Raises OverBudget."""
        del agency_id
        if self._budget is not None and self.spent + self._held + amount_usd > self._budget:
            problem = OverBudget(self.spent + self._held, self._budget)
            if (tally := _tally.get()) is not None:
                tally.refused = problem
            raise problem
        self._held += amount_usd

    def settle(self, agency_id: UUID, reserved_usd: Decimal, spent_usd: Decimal) -> None:
        """Replace what was set aside by what the call cost."""
        del agency_id
        self._held -= reserved_usd
        self.spent += spent_usd


@dataclass
class Means:
    """Settings, and one gateway for each way that a model is asked in this run."""

    settings: Settings
    purse: Purse
    concurrency: int = 16
    _gateways: dict[tuple[str, str | None, float | None], Gateway] = field(default_factory=dict)

    def gateway(self, agent: str, model: str | None = None, temperature: float | None = None) -> Gateway:
        """The gateway for an agent, asking another model or at another temperature than the settings say where given.

        One gateway owns the pace, breaker and places of its model; the number of places is that of the run.
        """
        key = (agent, model, temperature)
        if key not in self._gateways:
            settings = self._llm(agent, model, temperature)
            self._gateways[key] = Gateway(settings, self.purse, self.purse)
        return self._gateways[key]

    async def close(self) -> None:
        """Close every gateway."""
        for gateway in self._gateways.values():
            await gateway.close()
        self._gateways.clear()

    def _llm(self, agent: str, model: str | None, temperature: float | None) -> LlmSettings:
        given = self.settings.llm
        own = given.agents.get(agent, AgentModel()).model_copy(
            update={
                name: value for name, value in (("model", model), ("temperature", temperature)) if value is not None
            }
        )
        return given.model_copy(
            update={"agents": {**given.agents, agent: own}, "in_flight": max(given.in_flight, self.concurrency)}
        )
