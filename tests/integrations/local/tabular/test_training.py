import numpy as np
import pytest

from domain.leads.measures import auc
from integrations.local.tabular.columns import Kind
from integrations.local.tabular.table import DataTable, read_table
from integrations.local.tabular.training import Trained, train
from kernel.errors import Invalid
from tests.integrations.local.tabular.conftest import ROWS, as_csv, made_rows


def test_columns_are_read_for_what_they_are(trained: Trained) -> None:
    kinds = {one.name: one.kind for one in trained.model.page.columns}
    assert kinds["id"] == Kind.IDENTIFIER
    assert kinds["email"] == Kind.PERSONAL
    assert kinds["received"] == Kind.DATE
    assert kinds["country"] == Kind.CONSTANT
    assert kinds["source"] == Kind.CATEGORY


def test_columns_that_know_the_outcome_are_left_out_and_named(trained: Trained) -> None:
    told = {one.column: one for one in trained.model.page.suspicions}
    assert set(told) == {"sold_at", "talk time"}
    assert all(one.excluded for one in told.values())
    assert {one.name for one in trained.model.page.columns if one.used} == {
        "age", "visits", "source", "zone", "plan", "received",
    }  # fmt: skip


def test_the_figures_are_good_and_no_better_than_on_fresh_rows(trained: Trained) -> None:
    figures = trained.figures
    assert figures.auc > 0.7
    assert figures.calibration_error < 0.06
    assert figures.brier < figures.brier_base
    fresh = read_table(as_csv(made_rows(4000, seed=99)))
    won = np.array([value == "yes" for value in fresh.cells["won"]])
    outside = auc(won, trained.model.probabilities(trained.model.sheet(fresh)))
    assert figures.auc_low - 0.02 < outside < figures.auc_high + 0.03


def test_a_pair_of_codes_is_found(trained: Trained) -> None:
    plan = trained.model.plan
    assert {"zone", "plan"} in [set(plan.sides(pair)) for pair in plan.pairs]


def test_outcomes_of_chance_give_no_figures_above_chance() -> None:
    rows = made_rows(1200, seed=8)
    draw = np.random.default_rng(1)
    for row in rows:
        row["won"] = "yes" if draw.random() < 0.3 else "no"
        del row["sold_at"], row["talk time"]
    figures = train(read_table(as_csv(rows)), "won").figures
    assert 0.43 < figures.auc < 0.57
    assert figures.calibration_error < 0.05


def test_keeping_a_leak_uses_it_and_says_so(leads: DataTable) -> None:
    kept = train(leads, "won", keep=["Talk Time"], exclude=["received", "zone", "plan"])
    told = {one.column: one.excluded for one in kept.model.page.suspicions}
    assert told == {"sold_at": True, "talk time": False}
    assert kept.figures.auc > 0.95


def test_training_again_gives_the_same_model(leads: DataTable, trained: Trained) -> None:
    again = train(leads, "won")
    assert again.model.page.trees == trained.model.page.trees
    day, digest = trained.model.page.version.split("-")
    assert again.model.page.version.split("-")[1] == digest
    assert (
        again.model.page.version.split("-")[0] >= day
    )  # of the day on which it was trained, and midnight may lie between
    np.testing.assert_array_equal(again.chance, trained.chance)


def test_rows_without_an_outcome_are_left_out() -> None:
    rows = made_rows(700, seed=4)
    for row in rows[::7]:
        row["won"] = ""
    made = train(read_table(as_csv(rows)), "won")
    assert made.model.page.training.rows == 600
    assert made.model.page.figures["open_rows"] == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": 150}, "not enough data"),
        ({"target": "nope"}, "no column"),
        ({"exclude": ["nope"]}, "no column"),
        ({"keep": ["nope"]}, "no column"),
        ({"target": "source"}, "which value means won"),
        ({"exclude": ["age", "visits", "source", "zone", "plan", "received"]}, "no column is left"),
    ],
)
def test_what_cannot_be_learnt_is_said_with_a_remedy(change: dict[str, object], said: str) -> None:
    table = read_table(as_csv(made_rows(int(str(change.pop("rows", 400))))))
    target = str(change.pop("target", "won"))
    with pytest.raises(Invalid, match=said) as caught:
        train(table, target, **change)  # type: ignore[arg-type]
    assert all(one.remedy for one in caught.value.fields)


def test_the_semicolon_and_the_comma_file_give_the_same_model(trained: Trained) -> None:
    other = train(read_table(as_csv(made_rows(ROWS), ";")), "won")
    assert other.model.page.trees == trained.model.page.trees
