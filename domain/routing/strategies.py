"""Other orders than best match: turn by turn, and least loaded. All take producers who passed the gates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from domain.routing.facts import ProducerFacts

_NEVER = datetime.min.replace(tzinfo=UTC)


def round_robin(eligible: Iterable[UUID], memory: Mapping[UUID, int]) -> list[UUID]:
    """Producers by their last turn, the longest past first; who never had one comes before all, by id.

    ``memory`` holds the number of each producer's last turn. Numbers, not times: two turns in one instant keep their order.
    Somebody skipped keeps the old number and so their place; an entry of somebody deleted moves nobody else.
    """
    return sorted(eligible, key=lambda producer: (memory.get(producer, 0), producer))


def turn_taken(memory: Mapping[UUID, int], producer_id: UUID) -> dict[UUID, int]:
    """The memory after this producer took a lead. The caller reads and writes it under one row lock."""
    return {**memory, producer_id: max(memory.values(), default=0) + 1}


def least_loaded(eligible: Iterable[ProducerFacts]) -> list[UUID]:
    """Producers by open leads, then leads of today, then the longest wait, then id."""

    def load(producer: ProducerFacts) -> tuple[int, int, datetime, UUID]:
        now = producer.load
        return now.open_leads, now.assigned_today, now.last_assigned_at or _NEVER, producer.producer_id

    return [producer.producer_id for producer in sorted(eligible, key=load)]
