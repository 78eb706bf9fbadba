"""The only wiring: builds every service on the opened stores. Each group of them has its file in services/wiring."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from prompts.registry import library
from services.access.access import Access
from services.books import BookService
from services.briefings import Briefings
from services.comparison import ProjectionComparison, Reconcile
from services.earning import Earning
from services.experiments.experiments import Experiments
from services.health import HealthService
from services.live.live import Live
from services.llm.usage import UsageService
from services.outbox import OutboxRelay
from services.runs import RunService
from services.sweeping import Sweeping
from services.webhooks.webhooks import Webhooks
from services.wiring.commissions import CommissionServices
from services.wiring.conversations import ConversationServices
from services.wiring.knowledge import KnowledgeServices
from services.wiring.routing import RoutingServices


class Services(RoutingServices, ConversationServices, KnowledgeServices, CommissionServices):
    """Every service, and the few stores that doors and graphs need by name."""

    @cached_property
    def earning(self) -> Earning:
        """Events of policies on their way into the ledger, with the share of whoever referred the client."""
        return Earning(
            self.database, self.commissions.accruals, self.commissions.reversals, self.brokers.settling.sale
        )  # fmt: skip

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
    def briefings(self) -> Briefings:
        """What runs are told of their leads."""
        return Briefings(self.database, self.duplicates, self.documents, self.outcomes, self.rosters)

    @cached_property
    def runs(self) -> RunService:
        """Graph runs as durable work."""
        return RunService(self.database, timedelta(seconds=self.settings.pipeline.lease_seconds))

    @cached_property
    def outbox(self) -> OutboxRelay:
        """Events to the bus."""
        return OutboxRelay(self.database, self.bus)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Events to subscribers."""
        return Webhooks.on(self.database, self.webhook_sender, self.sealer, self.settings.webhooks)

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
        if "similar" in vars(self):  # built only where it was asked: it reads a model
            await self.similar.ending.drain()
        await self.live.hub.close()
