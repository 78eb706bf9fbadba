"""A lead's state is the fold of its events and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.leads.history import LeadEvent, apply, fold
from domain.leads.lifecycle import Happening, Status
from kernel.errors import Conflict
from kernel.ids import new_id

START = datetime(2026, 3, 1, tzinfo=UTC)
RECEIVED = LeadEvent(
    Happening.RECEIVED, START, {"source": "web", "zip": "02138", "phone_valid": True},
    {"name": "Ann", "date_of_birth": "1990-02-03", "text": "car", "extras": {"a": "b"}},
)  # fmt: skip


def later(kind: Happening, minutes: int, **data: object) -> LeadEvent:
    return LeadEvent(kind, START + timedelta(minutes=minutes), data)


def test_history_adds_up() -> None:
    producer = new_id()
    state = fold([
        RECEIVED,
        later(Happening.QUALIFIED, 1, line="auto", lines=["auto"], score=71, tier="hot", confidence=0.9),
        later(Happening.ASSIGNED, 2, producer_id=str(producer)),
        later(Happening.CONTACTED, 3),
    ])  # fmt: skip
    assert state["status"] == Status.CONTACTED.value
    assert state["version"] == 4
    assert (state["line"], state["score"], state["producer_id"]) == ("auto", 71, producer)
    assert state["zip"] == "02138"
    assert state["received_at"] == START
    assert state["updated_at"] == START + timedelta(minutes=3)


def test_a_released_lead_has_no_producer() -> None:
    state = fold([
        RECEIVED, later(Happening.QUALIFIED, 1), later(Happening.ASSIGNED, 2, producer_id=str(new_id())),
        later(Happening.RELEASED, 3, reason="on leave"),
    ])  # fmt: skip
    assert state["producer_id"] is None
    assert state["status"] == Status.QUEUED.value
    assert state["reason"] == "on leave"


def test_a_history_starts_with_being_received() -> None:
    with pytest.raises(ValueError, match="cannot start"):
        fold([later(Happening.QUALIFIED, 1)])
    with pytest.raises(ValueError, match="empty"):
        fold([])


def test_an_event_that_the_life_cycle_forbids_is_refused() -> None:
    with pytest.raises(Conflict):
        apply(apply(None, RECEIVED), later(Happening.WON, 1))


def test_an_event_sets_only_the_columns_it_may() -> None:
    state = apply(apply(None, RECEIVED), later(Happening.QUALIFIED, 1, email="x@y.example", status="won"))
    assert state["email"] is None
    assert state["status"] == Status.QUALIFIED.value
