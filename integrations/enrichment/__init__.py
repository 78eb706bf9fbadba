"""Facts about a business or a place from outside vendors, behind one port."""

from integrations.enrichment.combined import Combined, enrichment_source
from integrations.enrichment.port import BusinessQuery, EnrichmentSource, Finding, NoEnrichment, PlaceQuery

__all__ = [
    "BusinessQuery",
    "Combined",
    "EnrichmentSource",
    "Finding",
    "NoEnrichment",
    "PlaceQuery",
    "enrichment_source",
]
