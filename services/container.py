"""The only wiring: opens the stores once and builds every service on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from integrations.blobs import Blobs, LocalBlobs
from integrations.bus import Bus
from integrations.certificates import Claimer
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader, Patience
from integrations.enrichment import EnrichmentSource
from integrations.geography import Geography
from integrations.llm.gateway import Gateway
from integrations.local.embedder import Embedder
from integrations.messages.opening import Messengers
from integrations.sealing import Sealer
from integrations.virus_scan import Clamd, NoScanner, Scanner
from integrations.webhooks import WebhookSender
from kernel.errors import Unavailable
from kernel.settings import Settings
from prompts.registry import library
from services.access.access import Access
from services.agencies.load import AgencyLoading
from services.agencies.projection import NetworkProjection
from services.books import BookService
from services.briefings import Briefings
from services.certificates import Certificates
from services.comparison import ProjectionComparison, Reconcile
from services.contact.contact import Contact
from services.documents.documents import Documents
from services.documents.opinions import SecondOpinions
from services.experiments.experiments import Experiments
from services.explanations import Explanations
from services.health import HealthService
from services.knowledge.load import KnowledgeLoading
from services.knowledge.projection import KnowledgeProjection
from services.knowledge.search import KnowledgeSearch
from services.leads.duplicates import Duplicates
from services.leads.import_results import ImportResults
from services.leads.imports import Imports
from services.leads.intake import Intake
from services.leads.merging import Merging
from services.leads.qualify import Qualification
from services.leads.query import LeadQueries
from services.leads.rebuild import LeadRebuild
from services.leads.similar import Similar
from services.leads.status import LeadStatus
from services.live.live import Live
from services.llm.ledger import LedgerWriter
from services.llm.usage import UsageService
from services.messages.messages import Messages
from services.outbox import OutboxRelay
from services.permission import Permission
from services.producers.producers import Producers
from services.routing.assign import Assignments
from services.routing.offers import Offers
from services.routing.policies import Policies
from services.routing.ranking import Ranking
from services.routing.receipts import Receipts
from services.routing.roster import Rosters
from services.routing.weighing import Weighing
from services.runs import RunService
from services.scoring.outcomes import Outcomes
from services.sources.account import Accounts
from services.sources.admission import Admission
from services.sources.doors import Doors
from services.sources.inbound import Inbound
from services.sources.opt_in import OptIns
from services.sources.sources import Sources
from services.sweeping import Sweeping
from services.webhooks.webhooks import Webhooks
from store.cache.client import Cache
from store.checkpoints import Checkpoints
from store.graph.driver import GraphStore
from store.graph.network import Network
from store.sql.listener import Listener
from store.uow import Database
from store.vectors.leads import LeadVectors
from store.vectors.passages import PassageVectors
from store.vectors.port import Vectors


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
    sealer: Sealer | None
    messengers: Messengers
    claimer: Claimer
    webhook_sender: WebhookSender

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
    def comparison(self) -> ProjectionComparison:
        """Graph and vectors beside Postgres; vectors where this process has them."""
        parts: dict[str, Reconcile] = {"graph": self.projection.reconcile}
        if self.vectors is not None:
            parts["lead vectors"] = self.similar.reconcile
        if self.knowledge_vectors is not None:
            parts["passage vectors"] = self.knowledge_projection.reconcile
        return ProjectionComparison(self.database, parts)

    @cached_property
    def intake(self) -> Intake:
        """Leads in."""
        return Intake(self.database, self.geography, self.settings, self.admission)

    @cached_property
    def admission(self) -> Admission:
        """The gate of every door."""
        return Admission(self.geography, self.settings)

    @cached_property
    def sources(self) -> Sources:
        """Sources of leads."""
        return Sources(self.database, self.sealer)

    @cached_property
    def doors(self) -> Doors:
        """Who stands at a source's door."""
        return Doors(self.database, self.sealer, self.admission, self.settings)

    @cached_property
    def inbound(self) -> Inbound:
        """Deliveries, forms, pings and posts."""
        return Inbound(self.database, self.admission, self.intake, self.geography, self.settings)

    @cached_property
    def opt_ins(self) -> OptIns:
        """Leads that wait for their person's word."""
        return OptIns(self.database, self.sealer, self.settings)

    @cached_property
    def accounts(self) -> Accounts:
        """Returns and statements."""
        return Accounts(self.database)

    @cached_property
    def messages(self) -> Messages:
        """Messages to people."""
        words = {"opt_in": self.opt_ins.words}
        may = self._permission
        shared = (self.database, self.messengers, self.sealer, self.settings)
        return Messages.on(*shared, asked=words, contact=may.to_write, revoke=may.withdrawn)

    @cached_property
    def certificates(self) -> Certificates:
        """Consent certificates and consent texts."""
        return Certificates(self.database, self.claimer)

    @cached_property
    def contact(self) -> Contact:
        """Who may be contacted, and who does not wish it."""
        return Contact.on(self.database, self.geography, self.settings.intake.region or None)

    @cached_property
    def _permission(self) -> Permission:
        return Permission(self.contact)

    @cached_property
    def imports(self) -> Imports:
        """Files of leads in."""
        return Imports(self.database, self.intake, self.settings, self._blobs, self._scanner)

    @cached_property
    def import_results(self) -> ImportResults:
        """What became of files."""
        return ImportResults(self.database)

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
        return Documents(self.database, self._blobs, self._scanner, reader, asks=self.llm.configured)

    @cached_property
    def second_opinions(self) -> SecondOpinions:
        """Language models on documents that rules leave in doubt."""
        return SecondOpinions(self.database)

    @cached_property
    def _blobs(self) -> Blobs:
        return LocalBlobs(self.settings.home_path / "blobs")

    @cached_property
    def _scanner(self) -> Scanner:
        address = self.settings.documents.clamd
        return Clamd(address) if address else NoScanner()

    @cached_property
    def duplicates(self) -> Duplicates:
        """Who is here already."""
        return Duplicates(self.database, self.settings)

    @cached_property
    def briefings(self) -> Briefings:
        """What runs are told of their leads."""
        return Briefings(self.database, self.duplicates, self.documents, self.outcomes, self.rosters)

    @cached_property
    def qualification(self) -> Qualification:
        """Answers of specialists."""
        return Qualification(self.database, self.geography)

    @cached_property
    def similar(self) -> Similar:
        """Leads with like words."""
        if self.vectors is None:
            raise Unavailable(
                "this process has no vectors: set LEADWRIGHT_VECTORS__URL, or ask the process that owns them"
            )
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
                "this process has no vectors of documents: set LEADWRIGHT_VECTORS__URL, or ask the process that owns them"
            )
        return PassageVectors(self.knowledge_vectors, self.embedder.name, self.embedder.dimensions)

    @cached_property
    def rosters(self) -> Rosters:
        """Producers as routing weighs them."""
        return Rosters()

    @cached_property
    def ranking(self) -> Ranking:
        """Producers in order for a lead."""
        return Ranking(self.database, self.rosters, self.geography, self.network, self._permission)

    @cached_property
    def assignments(self) -> Assignments:
        """Who gets the lead."""
        return Assignments(self.database, self.ranking, self.rosters, self._permission)

    @cached_property
    def offers(self) -> Offers:
        """Leads offered to producers, and what becomes of the offers."""
        return Offers.on(self.database, self.assignments, self.ranking, self.rosters)

    @cached_property
    def policies(self) -> Policies:
        """How leads are distributed."""
        return Policies(self.database, self.rosters)

    @cached_property
    def weighing(self) -> Weighing:
        """What other weights would do, and which ones outcomes speak for."""
        return Weighing.on(self.database, self.rosters)

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
    def webhooks(self) -> Webhooks:
        """Events to subscribers."""
        return Webhooks.on(self.database, self.webhook_sender, self.sealer, self.settings.webhooks)

    @cached_property
    def producers(self) -> Producers:
        """Producers' records, licences and numbers."""
        return Producers.on(self.database, self.geography)

    @cached_property
    def live(self) -> Live:
        """Events to who listens."""
        return Live.on(self.database, self.listener, self.settings.live)

    @cached_property
    def sweeping(self) -> Sweeping:
        """What goes after a time."""
        return Sweeping(self.database, self.settings.keeping)

    @cached_property
    def experiments(self) -> Experiments:
        """Prompts against each other on live leads."""
        return Experiments(self.database, library())

    @cached_property
    def books(self) -> BookService:
        """Do the books agree?"""
        return BookService(self.database)

    @cached_property
    def access(self) -> Access:
        """Who may come in, and who did what."""
        return Access(self.database, self.settings.access, self.jwt_secret)

    @cached_property
    def usage(self) -> UsageService:
        """What models were asked, and what it cost."""
        return UsageService(self.database, self.settings.llm.daily_budget_usd)

    @cached_property
    def health(self) -> HealthService:
        """Does everything answer?"""
        return HealthService.of(self.database, self.graph, self.cache, self.bus)

    async def drain(self) -> None:
        """Wait for writes under way whose callers were cancelled."""
        await self.intake.taking.drain()
        await self.runs.ending.drain()
        await self.qualification.recording.drain()
        await self.live.hub.close()
