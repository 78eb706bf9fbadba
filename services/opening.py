"""Opening a whole installation: the stores are started or reached, the services are handed out, everything is closed again."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from integrations.bus import Bus, NatsBus, SilentBus
from integrations.certificates import claimer_of
from integrations.enrichment import enrichment_source
from integrations.geography import Geography
from integrations.messages.opening import messengers_of
from integrations.webhooks import WebhookSender
from kernel.settings import Settings
from kernel.telemetry.langsmith import configure_langsmith
from services.container import Services
from services.llm.opening import embedder_of, open_gateway
from services.reach import jwt_secret_of, reach, sealer_of, secret_of
from store.cache.client import Cache
from store.checkpoints import Checkpoints
from store.graph.driver import GraphStore
from store.migrate import require_schema, upgrade_async
from store.sql.engine import open_engine
from store.sql.listener import Listener
from store.uow import Database
from store.vectors.opening import open_vectors


@asynccontextmanager
async def open_services(settings: Settings, *, durable: bool = True) -> AsyncIterator[Services]:
    """Start or reach the stores and hand out the services; closes everything in reverse order.

    Stores that this process starts are migrated first. Servers are not: Conflict is raised where their tables are of another
    release, since what migrates them is `leadwright migrate`, once for all processes. ``durable`` off is for a home that is
    removed afterwards: stores started here do not wait for the disk, and a loss of power takes their data with it.
    """
    configure_langsmith(settings.llm.langsmith)
    async with AsyncExitStack() as stack:
        reached = await stack.enter_async_context(reach(settings, durable=durable))
        settings = reached.settings
        if reached.owner:
            await upgrade_async(secret_of(settings.postgres.owner_url), reached.app_password)
        app_url = secret_of(settings.postgres.app_url)
        database = Database(open_engine(app_url, settings.postgres))
        stack.push_async_callback(database.close)
        await require_schema(database.engine)
        checkpoints = Checkpoints(app_url, settings.pipeline.concurrency + 2)
        await checkpoints.open()
        stack.push_async_callback(checkpoints.close)
        graph = GraphStore(settings.graph)
        stack.push_async_callback(graph.close)
        vectors = knowledge_vectors = None
        if reached.owner or settings.vectors.url:
            vectors = await open_vectors(settings.vectors, reached.vectors_folder)
            stack.push_async_callback(vectors.close)
            folder = reached.vectors_folder.with_name("knowledge")
            knowledge_vectors = await open_vectors(settings.vectors, folder, late=True)
            stack.push_async_callback(knowledge_vectors.close)
        cache = Cache(settings.cache)
        stack.push_async_callback(cache.close)
        bus: Bus = NatsBus(settings.bus) if settings.bus.url else SilentBus()
        stack.push_async_callback(bus.close)
        vendors = httpx.AsyncClient(timeout=settings.enrichment.timeout_seconds)
        stack.push_async_callback(vendors.aclose)
        mailers = httpx.AsyncClient(timeout=settings.messages.timeout_seconds)
        stack.push_async_callback(mailers.aclose)
        llm, ledger = open_gateway(settings.llm, database, stack)
        webhook_sender = WebhookSender(
            timeout_seconds=settings.webhooks.timeout_seconds, allow_private=settings.webhooks.allow_private
        )
        stack.push_async_callback(webhook_sender.close)
        gc.freeze()  # what is here now stays to the end: the collector need not walk it again and again
        services = Services(
            settings=settings, owner=reached.owner, jwt_secret=jwt_secret_of(settings), database=database,
            checkpoints=checkpoints, listener=Listener(app_url), graph=graph, vectors=vectors, geography=Geography(),
            knowledge_vectors=knowledge_vectors, cache=cache, bus=bus, embedder=embedder_of(settings.llm, llm),
            enrichment=enrichment_source(settings.enrichment, vendors), llm=llm, llm_ledger=ledger, sealer=sealer_of(settings),
            messengers=messengers_of(settings.messages, mailers, webhook_sender), webhook_sender=webhook_sender,
            claimer=claimer_of(settings.certificates, vendors),
        )  # fmt: skip
        stack.push_async_callback(services.drain)
        yield services
