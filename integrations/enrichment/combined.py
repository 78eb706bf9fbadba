"""Several vendors as one source, each query to each vendor asked once a day."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date

import httpx
import structlog

from integrations.enrichment.dnb import DunAndBradstreet
from integrations.enrichment.json_source import JsonSource
from integrations.enrichment.port import BusinessQuery, EnrichmentSource, Finding, NoEnrichment, PlaceQuery
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.settings import EnrichmentSettings

_KEPT = 2_000
_log = structlog.get_logger("leadwright.integrations.enrichment")


class Combined:
    """Asks every vendor at once and joins what they say; answers are kept in memory for the day, failures are not.

    One that fails costs its own facts; Unavailable only when all of them failed.
    """

    name = "vendors"

    def __init__(self, sources: Sequence[EnrichmentSource]) -> None:
        self._sources = tuple(sources)
        self._kept: OrderedDict[tuple[str, BusinessQuery | PlaceQuery, date], list[Finding]] = OrderedDict()

    async def look_up(self, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        """The vendors' facts in the order of the vendors."""
        answers = await asyncio.gather(*(self._ask(source, query) for source in self._sources), return_exceptions=True)
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        for problem in failed:
            if not isinstance(problem, Unavailable):
                raise problem
        if failed and len(failed) == len(answers):
            raise Unavailable("; ".join(str(problem) for problem in failed))
        return [finding for answer in answers if not isinstance(answer, BaseException) for finding in answer]

    async def _ask(self, source: EnrichmentSource, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        key = (source.name, query, now().date())
        if key in self._kept:
            return self._kept[key]
        try:
            found = await source.look_up(query)
        except Unavailable:
            _log.warning("vendor away", vendor=source.name)
            raise
        self._kept[key] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


def enrichment_source(settings: EnrichmentSettings, http: httpx.AsyncClient) -> EnrichmentSource:
    """The source that the settings describe: none, one or several vendors."""
    sources: list[EnrichmentSource] = []
    if settings.dnb.key is not None:
        sources.append(DunAndBradstreet(settings.dnb, http))
    if settings.json_source.url is not None:
        sources.append(JsonSource(settings.json_source, http))
    return Combined(sources) if sources else NoEnrichment()
