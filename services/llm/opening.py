"""The gateway with its ledger, and whose embeddings are used, as a process opens them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from integrations.llm.embedder import EndpointEmbedder
from integrations.llm.gateway import Gateway
from integrations.local.embedder import Embedder, shared_embedder
from kernel.ids import new_id
from kernel.llm_settings import LlmSettings
from services.llm.budget import DailyBudget
from services.llm.ledger import LedgerWriter
from store.uow import Database


def embedder_of(settings: LlmSettings, gateway: Gateway) -> Embedder:
    """The endpoint's where a model is named for it, else the local one."""
    if settings.embedding_model is None:
        return shared_embedder()
    return EndpointEmbedder(gateway, settings.embedding_model, settings.embedding_dimensions)


def open_gateway(settings: LlmSettings, database: Database, stack: AsyncExitStack) -> tuple[Gateway, LedgerWriter]:
    """The gateway closes before its ledger, which has its last rows to write."""
    writer = new_id()
    ledger = LedgerWriter(database, writer)
    ledger.start()
    stack.push_async_callback(ledger.close)
    gateway = Gateway(settings, ledger, DailyBudget(database, settings.daily_budget_usd, writer))
    stack.push_async_callback(gateway.close)
    return gateway, ledger
