"""The only wiring: opens the stores once and builds every service on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import httpx
from pydantic import SecretStr

from integrations.blobs import LocalBlobs
from integrations.bus import Bus, NatsBus, SilentBus
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader, Patience
from integrations.enrichment import EnrichmentSource, enrichment_source
from integrations.geography import Geography
from integrations.llm.embedder import EndpointEmbedder
from integrations.llm.gateway import Gateway
from integrations.local.embedder import Embedder, shared_embedder
from integrations.virus_scan import Clamd, NoScanner
from kernel.errors import Unavailable
from kernel.ids import new_id
from kernel.settings import Profile, Settings
from kernel.telemetry.langsmith import configure_langsmith
from services.access.audit import AuditTrail
from services.access.hashing import Hashing
from services.access.keys import Keys
from services.access.people import People
from services.access.sign_in import SignIn
from services.access.standing import Standings
from services.access.throttling import Throttling
from services.agencies.load import AgencyLoading
from services.agencies.projection import NetworkProjection
from services.books import BookService
from services.documents.documents import Documents
from services.explanations import Explanations
from services.health import HealthService
from services.knowledge.load import KnowledgeLoading
from services.knowledge.projection import KnowledgeProjection
from services.knowledge.search import KnowledgeSearch
from services.leads.duplicates import Duplicates
from services.leads.imports import Imports
from services.leads.intake import Intake
from services.leads.merging import Merging
from services.leads.qualify import Qualification
from services.leads.query import LeadQueries
from services.leads.rebuild import LeadRebuild
from services.leads.similar import Similar
from services.leads.status import LeadStatus
from services.llm.budget import DailyBudget
from services.llm.ledger import LedgerWriter
from services.llm.usage import UsageService
from services.outbox import OutboxRelay
from services.routing.assign import Assignments
from services.routing.ranking import Ranking
from services.routing.receipts import Receipts
from services.routing.roster import Rosters
from services.runs import RunService
from services.scoring.outcomes import Outcomes
from store.cache.client import Cache
from store.checkpoints import Checkpoints
from store.embedded import EmbeddedStores, Home
from store.graph.driver import GraphStore
from store.graph.network import Network
from store.migrate import APP_ROLE, upgrade_async
from store.sql.engine import open_engine
from store.sql.listener import Listener
from store.uow import Database
from store.vectors.leads import LeadVectors
from store.vectors.passages import PassageVectors
from store.vectors.port import Vectors
from store.vectors.qdrant import open_vectors

DATABASE = "postgres"


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the stores answer: settings with every address filled in, whichever profile gave them."""

    settings: Settings
    owner: bool
    app_password: str | None
    vectors_folder: Path


@dataclass(frozen=True)
class Services:
    """Every service, and the few stores that doors and graphs need by name. ``owner`` says that this process started the
    embedded stores, and so is the only one that may work the pipeline on them.
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

    @cached_property
    def agencies(self) -> AgencyLoading:
        """Loading agencies from files."""
        return AgencyLoading(self.database, self.geography)

    @cached_property
    def network(self) -> Network:
        """The graph's queries."""
        return Network(self.graph)

    @cached_property
    def projection(self) -> NetworkProjection:
        """The graph as a projection of Postgres."""
        return NetworkProjection(self.database, self.network)

    @cached_property
    def intake(self) -> Intake:
        """Leads in."""
        return Intake(self.database, self.geography, self.settings)

    @cached_property
    def imports(self) -> Imports:
        """Files of leads in."""
        return Imports(self.database, self.intake, self.settings)

    @cached_property
    def lead_queries(self) -> LeadQueries:
        """Reading leads."""
        return LeadQueries(self.database)

    @cached_property
    def lead_status(self) -> LeadStatus:
        """Moving leads along."""
        return LeadStatus(self.database)

    @cached_property
    def merging(self) -> Merging:
        """Two leads of one person."""
        return Merging(self.database)

    @cached_property
    def lead_rebuild(self) -> LeadRebuild:
        """Lead rows anew from their events."""
        return LeadRebuild(self.database)

    @cached_property
    def documents(self) -> Documents:
        """Documents of leads."""
        given = self.settings.documents
        limits = Limits(bytes=given.max_bytes, pages=given.max_pages, pixels=given.max_pixels)
        reader = DocumentReader(limits, Patience(given.read_seconds, given.ocr_page_seconds))
        scanner = Clamd(given.clamd) if given.clamd else NoScanner()
        return Documents(self.database, LocalBlobs(self.settings.home_path / "blobs"), scanner, reader)

    @cached_property
    def duplicates(self) -> Duplicates:
        """Who is here already."""
        return Duplicates(self.database, self.settings)

    @cached_property
    def qualification(self) -> Qualification:
        """Cases for specialists, and their answers."""
        return Qualification(self.database, self.geography)

    @cached_property
    def similar(self) -> Similar:
        """Leads with like words."""
        if self.vectors is None:
            raise Unavailable("another process owns the vectors; work the pipeline there")
        vectors = LeadVectors(self.vectors, self.embedder.name, self.embedder.dimensions)
        return Similar(self.database, vectors, self.embedder)

    @cached_property
    def knowledge_projection(self) -> KnowledgeProjection:
        """Passages as vectors."""
        return KnowledgeProjection(self.database, self._passages, self.embedder)

    @cached_property
    def knowledge_loading(self) -> KnowledgeLoading:
        """Documents in."""
        return KnowledgeLoading(self.database, self.knowledge_projection, self.embedder)

    @cached_property
    def knowledge_search(self) -> KnowledgeSearch:
        """Questions to documents."""
        return KnowledgeSearch(self.database, self._passages, self.embedder)

    @cached_property
    def _passages(self) -> PassageVectors:
        if self.knowledge_vectors is None:
            raise Unavailable(
                "another process owns the documents' vectors; ask there, or set LEADWRIGHT_VECTORS__URL for both"
            )
        return PassageVectors(self.knowledge_vectors, self.embedder.name, self.embedder.dimensions)

    @cached_property
    def rosters(self) -> Rosters:
        """Producers as routing weighs them."""
        return Rosters()

    @cached_property
    def ranking(self) -> Ranking:
        """Producers in order for a lead."""
        return Ranking(self.database, self.rosters, self.geography, self.network)

    @cached_property
    def assignments(self) -> Assignments:
        """Who gets the lead."""
        return Assignments(self.database, self.ranking, self.rosters)

    @cached_property
    def receipts(self) -> Receipts:
        """Why."""
        return Receipts(self.database)

    @cached_property
    def explanations(self) -> Explanations:
        """Why, in plain words."""
        return Explanations(self.database)

    @cached_property
    def runs(self) -> RunService:
        """Graph runs as durable work."""
        return RunService(self.database, timedelta(seconds=self.settings.pipeline.lease_seconds))

    @cached_property
    def outcomes(self) -> Outcomes:
        """What closed leads say of a score."""
        return Outcomes(self.database)

    @cached_property
    def outbox(self) -> OutboxRelay:
        """Events to the bus."""
        return OutboxRelay(self.database, self.bus)

    @cached_property
    def books(self) -> BookService:
        """Do the books agree?"""
        return BookService(self.database)

    @cached_property
    def standings(self) -> Standings:
        """What a token or a key is worth now."""
        return Standings(self.database)

    @cached_property
    def sign_in(self) -> SignIn:
        """Sessions of people."""
        return SignIn(self.database, self.standings, self._hashing, self._throttling, self.settings.access)

    @cached_property
    def people(self) -> People:
        """Who may sign in."""
        return People(self.database, self.standings, self._hashing, self._throttling, self.settings.access)

    @cached_property
    def keys(self) -> Keys:
        """Keys of programs."""
        return Keys(self.database, self.standings, self.settings.access)

    @cached_property
    def audit(self) -> AuditTrail:
        """Who did what."""
        return AuditTrail(self.database)

    @cached_property
    def _hashing(self) -> Hashing:
        return Hashing()

    @cached_property
    def _throttling(self) -> Throttling:
        return Throttling(self.database, self.jwt_secret)

    @cached_property
    def usage(self) -> UsageService:
        """What models were asked, and what it cost."""
        return UsageService(self.database, self.settings.llm.daily_budget_usd)

    @cached_property
    def health(self) -> HealthService:
        """Does everything answer?"""

        async def postgres() -> None:
            async with self.database.platform() as platform:
                await platform.ping()

        return HealthService({
            "postgres": (True, postgres),
            "graph": (False, self.graph.ping),
            "cache": (False, self.cache.ping),
            "bus": (False, self.bus.ping),
        })  # fmt: skip


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Start or reach the stores, migrate, and hand out the services; closes everything in reverse order."""
    configure_langsmith(settings.llm.langsmith)
    async with AsyncExitStack() as stack:
        reached = await _reached(settings, stack)
        settings = reached.settings
        if reached.owner:
            await upgrade_async(_secret(settings.postgres.owner_url), reached.app_password)
        app_url = _secret(settings.postgres.app_url)
        database = Database(open_engine(app_url, settings.postgres))
        stack.push_async_callback(database.close)
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
        llm, ledger = _gateway(settings, database, stack)
        yield Services(
            settings=settings, owner=reached.owner, jwt_secret=_jwt_secret(settings), database=database,
            checkpoints=checkpoints, listener=Listener(app_url), graph=graph, vectors=vectors,
            knowledge_vectors=knowledge_vectors, cache=cache, bus=bus, embedder=_embedder(settings, llm), geography=Geography(),
            enrichment=enrichment_source(settings.enrichment, vendors), llm=llm, llm_ledger=ledger,
        )  # fmt: skip


def _embedder(settings: Settings, gateway: Gateway) -> Embedder:
    """The endpoint's where a model is named for it, else the local one."""
    if settings.llm.embedding_model is None:
        return shared_embedder()
    return EndpointEmbedder(gateway, settings.llm.embedding_model, settings.llm.embedding_dimensions)


def _gateway(settings: Settings, database: Database, stack: AsyncExitStack) -> tuple[Gateway, LedgerWriter]:
    """The gateway closes before its ledger, which has its last rows to write."""
    writer = new_id()
    ledger = LedgerWriter(database, writer)
    ledger.start()
    stack.push_async_callback(ledger.close)
    gateway = Gateway(settings.llm, ledger, DailyBudget(database, settings.llm.daily_budget_usd, writer))
    stack.push_async_callback(gateway.close)
    return gateway, ledger


async def _reached(settings: Settings, stack: AsyncExitStack) -> Reached:
    folder = settings.home_path / "vectors"
    if settings.profile is Profile.SERVER:
        return Reached(settings, owner=True, app_password=None, vectors_folder=folder)
    stores = await stack.enter_async_context(await EmbeddedStores.open(settings.home_path))
    at = stores.endpoints
    password = Home.at(settings.home_path).secret("app-role")
    owner_url = at.postgres_dsn("postgres", at.postgres_admin_password, DATABASE, "asyncpg")
    app_url = at.postgres_dsn(APP_ROLE, password, DATABASE, "asyncpg")
    addressed = {
        "postgres": settings.postgres.model_copy(
            update={"owner_url": SecretStr(owner_url), "app_url": SecretStr(app_url)}
        ),
        "graph": settings.graph.model_copy(
            update={
                "url": at.graph_url, "user": at.graph_user, "password": SecretStr(at.graph_password),
                "database": at.graph_database,
            }
        ),
        "cache": settings.cache.model_copy(update={"url": SecretStr(at.redis_url)}),
        "bus": settings.bus.model_copy(update={"url": SecretStr(at.nats_url)}),
    }  # fmt: skip
    return Reached(settings.model_copy(update=addressed), stores.owner, password, at.vectors_path)


def _secret(value: SecretStr | None) -> str:
    assert value is not None, "settings were checked to be complete"
    return value.get_secret_value()


def _jwt_secret(settings: Settings) -> str:
    if settings.api.jwt_secret is not None:
        return settings.api.jwt_secret.get_secret_value()
    return Home.at(settings.home_path).secret("jwt")
