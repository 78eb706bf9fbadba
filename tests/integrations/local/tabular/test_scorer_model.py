import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.leads.scoring import HIGHEST, LOWEST
from integrations.local.tabular.scorer_model import ScorerModel
from integrations.local.tabular.table import DataTable, read_table
from integrations.local.tabular.training import Trained
from kernel.errors import Invalid
from kernel.ids import digest
from tests.integrations.local.tabular.conftest import ROWS, as_csv, made_rows


@pytest.fixture
def path(trained: Trained, tmp_path: Path) -> Path:
    file = tmp_path / "model.json"
    file.write_text(trained.model.page.text(), encoding="utf-8")
    return file


def test_a_loaded_model_answers_as_the_trained_one(path: Path, trained: Trained, leads: DataTable) -> None:
    loaded = ScorerModel.load(path)
    sheet = trained.model.sheet(leads)
    np.testing.assert_array_equal(loaded.probabilities(loaded.sheet(leads)), trained.model.probabilities(sheet))
    assert loaded.version == trained.model.version


def test_points_add_up_to_the_score_for_every_row(trained: Trained, leads: DataTable) -> None:
    model = trained.model
    chances = model.probabilities(model.sheet(leads))
    for chance, one in zip(chances, model.predict(leads), strict=True):
        assert sum(points for _, points in one.points) == one.score
        assert LOWEST <= one.score <= HIGHEST
        assert one.probability == pytest.approx(chance, abs=1e-6)
        assert 0 <= one.low <= one.probability <= one.high <= 1
        assert one.points[0][0] == "base"
    assert len({one.score for one in model.predict(leads)}) > 20


def test_contributions_before_rounding_add_up_to_the_probability(trained: Trained, leads: DataTable) -> None:
    chances, names, points = trained.model.explained(trained.model.sheet(leads))
    np.testing.assert_allclose(points.sum(axis=1), 100 * chances, atol=1e-9)
    assert "zone × plan" in names


def test_the_model_file_holds_no_text_of_the_table(path: Path) -> None:
    page = json.loads(path.read_text())
    del page["columns"], page["training"], page["suspicions"], page["factors"]
    text = json.dumps({name: part for name, part in page.items() if name != "figures"})
    assert "referral" not in text
    assert "leads.example" not in text


def test_a_file_with_unknown_texts_and_missing_cells_is_scored(trained: Trained) -> None:
    rows = made_rows(20, seed=12)
    for row in rows:
        row |= {"source": "carrier pigeon", "zone": "none", "age": "old", "received": "yesterday", "visits": "1e999"}
    scored = list(trained.model.predict(read_table(as_csv(rows))))
    assert len(scored) == 20
    assert all(np.isfinite(one.probability) for one in scored)


def test_a_missing_column_is_named(trained: Trained) -> None:
    rows = made_rows(5)
    for row in rows:
        del row["zone"], row["age"]
    with pytest.raises(Invalid, match="lacks 2 columns") as caught:
        list(trained.model.predict(read_table(as_csv(rows))))
    assert {one.field for one in caught.value.fields} == {"zone", "age"}


def test_extra_columns_and_another_order_change_nothing(trained: Trained, leads: DataTable) -> None:
    rows = [dict(reversed(list(row.items()))) | {"more": "x"} for row in made_rows(ROWS)[:50]]
    other = trained.model.probabilities(trained.model.sheet(read_table(as_csv(rows))))
    np.testing.assert_allclose(other, trained.model.probabilities(trained.model.sheet(leads))[:50], atol=1e-12)


def test_no_drift_on_the_rows_of_training_and_some_on_others(trained: Trained, leads: DataTable) -> None:
    model = trained.model
    assert max(model.drift_by_column(model.sheet(leads)).values()) == pytest.approx(0, abs=1e-9)
    rows = made_rows(ROWS)
    for row in rows:
        row["source"] = "referral"
    moved = model.sheet(read_table(as_csv(rows)))
    assert model.drift_by_column(moved)["source"] > 0.25
    assert model.drift_of_score(model.probabilities(moved)) > 0.25


def test_a_truncated_file_is_refused(path: Path) -> None:
    text = path.read_text()
    for length in (0, 1, 200, len(text) // 2, len(text) - 3):
        path.write_text(text[:length])
        with pytest.raises(Invalid, match="cannot be used"):
            ScorerModel.load(path)


@pytest.mark.parametrize("content", [b"\x80\x04\x95", b"[]", b"null", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe"])
def test_what_is_no_model_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(Invalid, match="cannot be used"):
        ScorerModel.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no such file"):
        ScorerModel.load(tmp_path / "none.json")


def test_an_edited_file_is_refused(path: Path) -> None:
    page = json.loads(path.read_text())
    page["trees"]["value"][3] += 0.5
    path.write_text(json.dumps(page))
    with pytest.raises(Invalid, match="changed after training"):
        ScorerModel.load(path)


def _set(page: dict[str, Any], at: str, value: Any) -> None:
    *way, last = at.split(".")
    spot: Any = page
    for part in way:
        spot = spot[int(part)] if part.lstrip("-").isdigit() else spot[part]
    spot[int(last) if last.lstrip("-").isdigit() else last] = value


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("trees.left.0", 0), ("trees.right.0", 10**9), ("trees.feature.0", 999), ("trees.roots.0", 5),
        ("linear.weights", [0.0]), ("calibrator.method", "magic"), ("calibrator.weights", [-1.0, 0.0]),
        ("axes.0.keys", [3, 2, 1]), ("axes.0.rows", [1.0]), ("axes.0.name", "nobody"), ("axes.0.won.0", 1e9),
        ("categories", [99]), ("numbers", ["nobody"]), ("bands.0.won", 10**6), ("blend", [-1.0, 0.0, 0.0]),
        ("pairs.0.cells.0", 10**12), ("pairs.0.first", 77), ("base", 0.0), ("format", "leadwright-scorer/9"),
        ("version", "../../etc"), ("more", 1), ("columns.0.kind", "pickle"),
    ],
)  # fmt: skip
def test_a_file_whose_parts_do_not_fit_is_refused_even_with_a_right_digest(path: Path, at: str, value: Any) -> None:
    page = json.loads(path.read_text())
    _set(page, at, value)
    page["digest"] = digest({name: part for name, part in page.items() if name != "digest"})
    path.write_text(json.dumps(page))
    with pytest.raises(Invalid, match="cannot be used") as caught:
        ScorerModel.load(path)
    assert "changed after training" not in caught.value.detail
