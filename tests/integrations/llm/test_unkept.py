"""The gateway of a command without a store: its budget holds, and what it spent counts."""

from __future__ import annotations

from decimal import Decimal

import pytest
import respx
from pydantic import SecretStr

from integrations.llm.calls import CallContext, on_behalf
from integrations.llm.errors import OverBudget
from integrations.llm.unkept import NOBODY, OneCommandsBudget, unkept_gateway
from kernel.llm_settings import LlmSettings
from tests.integrations.llm.world import URL, ask, chat


async def test_the_budget_holds_for_the_command() -> None:
    budget = OneCommandsBudget(Decimal(1))
    await budget.reserve(NOBODY, Decimal("0.9"))
    with pytest.raises(OverBudget):
        await budget.reserve(NOBODY, Decimal("0.2"))
    budget.settle(NOBODY, Decimal("0.9"), Decimal("0.1"))
    await budget.reserve(NOBODY, Decimal("0.9"))


@respx.mock
async def test_calls_go_through_the_gate_like_any() -> None:
    respx.post(URL).mock(return_value=chat("yes"))
    async with unkept_gateway(LlmSettings(api_key=SecretStr("sk-secret-of-the-test"))) as gateway:
        with on_behalf(CallContext(NOBODY, "document_reader", "hash")) as context:
            assert await ask(gateway) == "yes"
        assert context.cost > 0
    async with unkept_gateway(LlmSettings()) as gateway:
        assert not gateway.configured
