"""Documents of an agency, asked in plain words."""

from __future__ import annotations

from functools import cached_property

from kernel.errors import Unavailable
from services.knowledge.load import KnowledgeLoading
from services.knowledge.projection import KnowledgeProjection
from services.knowledge.search import KnowledgeSearch
from services.wiring.stores import Stores
from store.vectors.passages import PassageVectors


class KnowledgeServices(Stores):
    """What reads and answers from documents."""

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
