"""What is emitted is what ``docs/events`` says, and what breaks a consumer is refused under the same version."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from domain.leads.lifecycle import Happening
from services import event_schemas
from services.event_schemas import breaks, described, file_of, written
from services.policies import events as policy_events

KINDS = list(Happening)


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_the_generated_one(kind: Happening) -> None:
    told = "run python -m services.event_schemas and review the difference"
    assert file_of(kind).read_text(encoding="utf-8") == written(described(kind)), told


@pytest.mark.parametrize("kind", policy_events.KINDS)
def test_the_committed_schema_of_a_policys_event_is_the_generated_one(kind: str) -> None:
    file = event_schemas.FOLDER / f"policies.v1.{kind}.json"
    assert file.read_text(encoding="utf-8") == written(event_schemas.described_of_policy(kind))


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in event_schemas.FOLDER.glob("*.json")} == {path.name for path in event_schemas.every()}


def _edit(change: Callable[[dict[str, Any]], object], name: str = "Assigned") -> dict[str, Any]:
    schema = copy.deepcopy(described(Happening.ASSIGNED))
    change(schema["$defs"][name])
    return schema


BREAKING: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda data: data["properties"].pop("receipt_id"), "data.receipt_id: is gone"),
    (lambda data: data["required"].remove("producer_id"), "data.producer_id: may be missing now"),
    (lambda data: data["properties"].update(producer_id={"type": "integer"}), "data.producer_id: may be integer now"),
    (
        lambda data: data["properties"].update(
            producer_id={"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}
        ),
        "data.producer_id: may be null now",
    ),
]


@pytest.mark.parametrize(("change", "expected"), BREAKING)
def test_a_breaking_change_is_named(change: Callable[[dict[str, Any]], object], expected: str) -> None:
    assert breaks(described(Happening.ASSIGNED), _edit(change)) == [expected]


def test_adding_a_field_narrowing_one_and_describing_it_better_breaks_nobody() -> None:
    old = described(Happening.ASSIGNED)
    assert breaks(old, old) == []
    assert breaks(old, _edit(lambda data: data["properties"].update(colour={"type": "string"}))) == []
    assert breaks(old, _edit(lambda data: data["properties"].update(receipt_id={"type": "null"}))) == []
    assert breaks(old, _edit(lambda data: data["properties"]["producer_id"].update(description="whose"))) == []


def test_a_breaking_schema_is_not_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_schemas, "FOLDER", tmp_path)
    assert event_schemas.write() == []
    wider = _edit(lambda data: data["properties"].update(colour={"type": "string"}))
    file_of(Happening.ASSIGNED).write_text(written(wider))
    assert event_schemas.write() == ["leads.v1.assigned.json: data.colour: is gone"]
    assert file_of(Happening.ASSIGNED).read_text() == written(wider)
    (tmp_path / "leads.v1.sold.json").write_text("{}")
    assert "leads.v1.sold.json: is gone" in event_schemas.write()
