"""Every specialist, by name, built on the services it needs."""

from __future__ import annotations

from collections.abc import Mapping

from agents.base import Specialist
from agents.classifier import Classifier
from agents.enricher import Enricher
from agents.extractor import Extractor
from agents.scorer import Scorer
from services.container import Services


def specialists(services: Services) -> Mapping[str, Specialist]:
    """The specialists that a process works with; models load when first asked."""
    made: tuple[Specialist, ...] = (
        Classifier(),
        Extractor(),
        Enricher(services.geography, services.enrichment),
        Scorer(),
    )
    return {one.name: one for one in made}
