"""Leads: in, looked at, decided about, brought together, documents read."""

from __future__ import annotations

from functools import cached_property

from integrations.blobs import Blobs, LocalBlobs
from integrations.virus_scan import Scanner, scanner_at
from kernel.errors import Unavailable
from services.documents.documents import Documents
from services.documents.opinions import SecondOpinions
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
from services.policy_papers import PolicyPapers
from services.scoring.outcomes import Outcomes
from services.sources.admission import Admission
from services.wiring.stores import Stores
from store.vectors.leads import LeadVectors


class LeadServices(Stores):
    """What is done with leads."""

    @cached_property
    def intake(self) -> Intake:
        """Leads in."""
        return Intake(self.database, self.geography, self.settings, self.admission)

    @cached_property
    def admission(self) -> Admission:
        """The gate of every door."""
        return Admission(self.geography, self.settings)

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
    def duplicates(self) -> Duplicates:
        """Who is here already."""
        return Duplicates(self.database, self.settings)

    @cached_property
    def documents(self) -> Documents:
        """Documents of leads."""
        given = self.settings.documents
        return Documents.on(self.database, self._blobs, self._scanner, given, asks=self.llm.configured)

    @cached_property
    def policy_papers(self) -> PolicyPapers:
        """Documents of policies."""
        return PolicyPapers(self.database, self.documents)

    @cached_property
    def second_opinions(self) -> SecondOpinions:
        """Language models on documents that rules leave in doubt."""
        return SecondOpinions(self.database)

    @cached_property
    def _blobs(self) -> Blobs:
        return LocalBlobs(self.settings.home_path / "blobs")

    @cached_property
    def _scanner(self) -> Scanner:
        return scanner_at(self.settings.documents.clamd)

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
    def outcomes(self) -> Outcomes:
        """What closed leads say of a score."""
        return Outcomes(self.database)
