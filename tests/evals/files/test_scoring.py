from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domain.leads.measures import measure
from evals.files.scoring import drift_text, evaluate, figures_text, read_drift
from integrations.local.tabular.table import read_table
from integrations.local.tabular.training import Trained, train
from tests.integrations.local.tabular.conftest import as_csv, made_rows

AFTER_CONTACT = (
    "Tags", "Lead Quality", "Lead Profile", "Asymmetrique Activity Index", "Asymmetrique Profile Index",
    "Asymmetrique Activity Score", "Asymmetrique Profile Score", "Last Activity", "Last Notable Activity",
)  # fmt: skip


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(read_table(as_csv(made_rows(900))), "won")


def test_a_model_is_measured_on_rows_with_an_outcome_and_drift_on_all(trained: Trained) -> None:
    rows = made_rows(600, seed=5)
    for row in rows[:100]:
        row["won"] = ""
    found = evaluate(trained.model, read_table(as_csv(rows)))
    assert (found.figures.n, found.open_rows) == (500, 100)
    assert found.figures.auc > 0.65
    assert found.score_drift < 0.1
    assert set(found.column_drift) == {one.name for one in trained.model.types}
    text = drift_text(found)
    assert "stable" in text


def test_another_outcome_column_is_read_with_its_own_won_value(trained: Trained) -> None:
    rows = made_rows(300, seed=6)
    for row in rows:
        row["bound"] = "1" if row.pop("won") == "yes" else "0"
    assert evaluate(trained.model, read_table(as_csv(rows)), "bound").figures.auc > 0.6


def test_the_text_names_its_definition_of_calibration_error() -> None:
    won = np.array([True, False] * 50)
    text = figures_text(measure(won, np.full(100, 0.5)), "made up")
    assert "expected, 10 equal-width bins" in text
    assert "0.5-0.6      100    0.5000    0.5000" in text


@pytest.mark.parametrize(("value", "word"), [(0.05, "stable"), (0.1, "moved"), (0.24, "moved"), (0.25, "changed")])
def test_drift_in_words(value: float, word: str) -> None:
    assert read_drift(value) == word


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("file", "target", "least", "left_out"),
    [
        ("health-lead/leads_dev.csv.gz", "Response", 0.80, ()),
        ("xeducation-leads/leads_dev.csv.gz", "Converted", 0.87, AFTER_CONTACT),
        ("bank-marketing/calls_dev.csv.gz", "y", 0.79, ("duration",)),
        ("coil2000-caravan/train.csv.gz", "CARAVAN", 0.75, ()),
    ],
)
def test_public_tables_are_learnt(
    shared_data: Path, file: str, target: str, least: float, left_out: tuple[str, ...]
) -> None:
    made = train(read_table((shared_data / file).read_bytes()), target)
    assert made.figures.auc >= least
    assert made.figures.calibration_error < 0.03
    assert {one.column for one in made.model.page.suspicions if one.excluded} == set(left_out)
