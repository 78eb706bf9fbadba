"""The services of this context."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.geography import Geography
from services.producers.learning import Learning
from services.producers.licences import Licensing
from services.producers.metrics import Metrics
from services.producers.records import Records
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Producers:
    """Records, licences, numbers, and what routing learns of them."""

    records: Records
    licences: Licensing
    metrics: Metrics
    learning: Learning

    @classmethod
    def on(cls, database: Database, geography: Geography) -> Producers:
        """All four on one database."""
        return cls(Records(database, geography), Licensing(database), Metrics(database), Learning(database))
