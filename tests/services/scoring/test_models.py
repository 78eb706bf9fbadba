"""A new model becomes active only where it beats the present one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from domain.actor import Actor, ActorKind, Scope, system_actor
from integrations.local.tabular.table import DataTable, read_table
from kernel.errors import Forbidden, Invalid, NotFound
from kernel.ids import new_id
from services.scoring.models import ScorerModels
from tests.integrations.local.tabular.conftest import as_csv, made_rows

ACTOR = system_actor(new_id(), "test")


def leads(rows: int = 900, seed: int = 3) -> DataTable:
    return read_table(as_csv(made_rows(rows, seed)))


@pytest.fixture
def models(tmp_path: Path) -> ScorerModels:
    return ScorerModels(tmp_path)


@pytest.fixture
def active(models: ScorerModels) -> str:
    return models.train(ACTOR, "one", leads(), "won", exclude=["visits"]).page.version


def test_the_first_model_is_active_and_kept_without_a_text_of_the_rows(models: ScorerModels, tmp_path: Path) -> None:
    first = models.train(ACTOR, "one", leads(), "won")
    assert first.promoted
    assert models.model(ACTOR, "one").version == first.page.version
    kept = sorted(path.name for path in (tmp_path / "models" / "one" / "scorer").iterdir())
    assert kept == sorted([f"{first.page.version}.json", f"{first.page.version}.folds.json", "active.json"])
    folds = (tmp_path / "models" / "one" / "scorer" / f"{first.page.version}.folds.json").read_text()
    assert "leads.example" not in folds


def test_a_better_model_takes_its_place(models: ScorerModels, active: str) -> None:
    better = models.train(ACTOR, "one", leads(), "won")
    assert better.promoted
    assert better.comparison is not None
    assert better.comparison.auc_gain > 0
    assert models.model(ACTOR, "one").version == better.page.version != active


def test_a_worse_model_is_kept_and_not_active_and_says_so(models: ScorerModels) -> None:
    best = models.train(ACTOR, "one", leads(), "won")
    worse = models.train(ACTOR, "one", leads(), "won", exclude=["visits", "source"])
    assert not worse.promoted
    assert worse.path.exists()
    assert "not better beyond chance" in worse.reason
    assert best.page.version in worse.reason
    assert models.model(ACTOR, "one").version == best.page.version
    assert models.model(ACTOR, "one", worse.path).version == worse.page.version


def test_the_same_training_again_changes_nothing(models: ScorerModels, active: str) -> None:
    again = models.train(ACTOR, "one", leads(), "won", exclude=["visits"])
    assert (again.promoted, again.reason) == (False, "it is the active model already")
    assert again.page.version == active


def test_the_present_model_answers_out_of_fold_for_rows_it_was_trained_on(
    models: ScorerModels, active: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def compared(won: np.ndarray, challenger: np.ndarray, present: np.ndarray) -> object:
        seen["present"] = present
        raise StopIteration

    monkeypatch.setattr("services.scoring.models.compare", compared)
    with pytest.raises(StopIteration):
        models.train(ACTOR, "one", leads(1100), "won")
    present, table = models.model(ACTOR, "one"), leads(1100)
    inside = present.probabilities(present.sheet(table))
    assert present.version == active
    assert not np.allclose(seen["present"][:900], inside[:900], atol=1e-3)
    np.testing.assert_allclose(seen["present"][900:], inside[900:])


def test_models_of_another_outcome_are_not_compared(models: ScorerModels, active: str) -> None:
    rows = made_rows(900)
    for row in rows:
        row["sold"] = row.pop("won")
    other = models.train(ACTOR, "one", read_table(as_csv(rows)), "sold")
    assert not other.promoted
    assert "--replace" in other.reason
    assert models.model(ACTOR, "one").version == active


def test_a_file_without_the_columns_of_the_present_model_is_not_compared(models: ScorerModels, active: str) -> None:
    rows = made_rows(900)
    for row in rows:
        del row["source"]
    other = models.train(ACTOR, "one", read_table(as_csv(rows)), "won")
    assert not other.promoted
    assert "lacks: source" in other.reason
    forced = models.train(ACTOR, "one", read_table(as_csv(rows)), "won", exclude=["age"], replace=True)
    assert forced.promoted
    assert models.model(ACTOR, "one").version == forced.page.version


def test_agencies_have_their_own_models(models: ScorerModels, active: str) -> None:
    with pytest.raises(NotFound, match="scorer train"):
        models.model(ACTOR, "two")
    assert models.model(ACTOR, "one").version == active


@pytest.mark.parametrize("agency", ["../one", "One", "", "a", "one/two", "."])
def test_a_name_that_is_no_slug_is_refused(models: ScorerModels, agency: str) -> None:
    with pytest.raises(Invalid, match="no slug"):
        models.model(ACTOR, agency)


@pytest.mark.parametrize("note", ["", "{}", '{"version": "../../x"}', '{"version": 3}', "[]"])
def test_a_damaged_note_of_the_active_model_is_said(
    models: ScorerModels, active: str, tmp_path: Path, note: str
) -> None:
    (tmp_path / "models" / "one" / "scorer" / "active.json").write_text(note)
    with pytest.raises(Invalid, match="damaged"):
        models.model(ACTOR, "one")


def test_rows_of_training_are_recognised(models: ScorerModels, active: str) -> None:
    model = models.model(ACTOR, "one")
    assert models.trained_on(ACTOR, "one", model, leads(1000)) == 900
    assert models.trained_on(ACTOR, "one", model, leads(300, seed=77)) == 0


def test_training_needs_the_scope(models: ScorerModels) -> None:
    reader = Actor(new_id(), ActorKind.PERSON, "reader", frozenset({Scope.LEADS_READ}))
    with pytest.raises(Forbidden):
        models.train(reader, "one", leads(), "won")
    with pytest.raises(Forbidden):
        models.model(Actor(new_id(), ActorKind.PERSON, "none"), "one")


def test_lost_folds_prevent_an_unfair_comparison(models: ScorerModels, active: str, tmp_path: Path) -> None:
    folds = tmp_path / "models" / "one" / "scorer" / f"{active}.folds.json"
    folds.write_text(json.dumps({"keys": ["a"], "chance": []}))
    result = models.train(ACTOR, "one", leads(), "won")
    assert not result.promoted
    assert "not known any more" in result.reason
