"""What a process opened once, and builds its services on."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.bus import Bus
from integrations.certificates import Claimer
from integrations.enrichment import EnrichmentSource
from integrations.geography import Geography
from integrations.llm.gateway import Gateway
from integrations.local.embedder import Embedder
from integrations.messages.opening import Messengers
from integrations.sealing import Sealer
from integrations.webhooks import WebhookSender
from kernel.settings import Settings
from services.llm.ledger import LedgerWriter
from store.cache.client import Cache
from store.checkpoints import Checkpoints
from store.graph.driver import GraphStore
from store.sql.listener import Listener
from store.uow import Database
from store.vectors.port import Vectors


@dataclass(frozen=True)
class Opened:
    """The few stores that doors and graphs need by name are here too. ``owner`` says that this process started the embedded
    stores, and so is the only one that may work the pipeline on them.
    """

    settings: Settings
    owner: bool
    jwt_secret: str
    database: Database
    checkpoints: Checkpoints
    listener: Listener
    graph: GraphStore
    vectors: Vectors | None
    knowledge_vectors: Vectors | None
    cache: Cache
    bus: Bus
    embedder: Embedder
    geography: Geography
    enrichment: EnrichmentSource
    llm: Gateway
    llm_ledger: LedgerWriter
    sealer: Sealer | None
    messengers: Messengers
    claimer: Claimer
    webhook_sender: WebhookSender
