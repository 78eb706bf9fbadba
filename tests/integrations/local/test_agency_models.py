"""Where agencies' own models lie: used after promotion, apart from each other, and never in the way of an answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.local.agency_models import AgencyModels
from integrations.local.shipped import shipped_model
from integrations.local.text_model import TextModel
from kernel.errors import Invalid
from kernel.ids import new_id

AT = datetime(2026, 11, 25, tzinfo=UTC)
EMBEDDER = shipped_model("line").card.embedder


def a_model(version: str) -> TextModel:
    shipped = shipped_model("line")
    return replace(shipped, card=replace(shipped.card, version=version))


def test_kept_model_is_used_once_promoted_and_for_its_agency_only(tmp_path: Path) -> None:
    models, agency, other = AgencyModels(tmp_path, EMBEDDER), new_id(), new_id()
    models.keep(agency, a_model("line-own-1"))
    assert models.active(agency) is None
    models.promote(agency, "line-own-1", {"accuracy": 0.9}, AT)
    active = models.active(agency)
    assert active is not None
    assert active.card.version == "line-own-1"
    assert models.active(agency) is active
    assert models.active(other) is None
    assert models.versions(agency) == ["line-own-1"]
    with pytest.raises(Invalid, match="no such model"):
        models.promote(other, "line-own-1", {}, AT)


def test_running_reader_follows_promotion_and_retirement(tmp_path: Path) -> None:
    writer, reader, agency = AgencyModels(tmp_path, EMBEDDER), AgencyModels(tmp_path, EMBEDDER), new_id()
    for version in ("line-own-1", "line-own-2"):
        writer.keep(agency, a_model(version))
        writer.promote(agency, version, {}, AT)
        active = reader.active(agency)
        assert active is not None
        assert active.card.version == version
    writer.retire(agency)
    assert reader.active(agency) is None
    writer.retire(agency)


@pytest.mark.parametrize("damage", ["page", "weights", "card", "gone"])
def test_damaged_model_is_left_aside(tmp_path: Path, damage: str) -> None:
    models, agency = AgencyModels(tmp_path, EMBEDDER), new_id()
    folder = models.keep(agency, a_model("line-own-1"))
    models.promote(agency, "line-own-1", {}, AT)
    if damage == "page":
        (models.folder(agency) / "active.json").write_text("[]")
    elif damage == "weights":
        (folder / "line.npz").write_bytes(b"PK\x03\x04 not a zip")
    elif damage == "card":
        (folder / "line.json").write_text(json.dumps({"labels": []}))
    else:
        (folder / "line.json").unlink()
    assert AgencyModels(tmp_path, EMBEDDER).active(agency) is None


def test_model_for_another_embedder_is_neither_promoted_nor_used(tmp_path: Path) -> None:
    agency = new_id()
    models = AgencyModels(tmp_path, EMBEDDER)
    models.keep(agency, a_model("line-own-1"))
    models.promote(agency, "line-own-1", {}, AT)
    later = AgencyModels(tmp_path, "another-embedder")
    assert later.active(agency) is None
    with pytest.raises(Invalid, match="cannot be used"):
        later.promote(agency, "line-own-1", {}, AT)


def test_version_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    agency = new_id()
    models = AgencyModels(tmp_path / "models", EMBEDDER)
    a_model("x").save(tmp_path)
    with pytest.raises(Invalid):
        models.promote(agency, "../..", {}, AT)
