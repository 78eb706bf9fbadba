import numpy as np
import pytest

from integrations.local.tabular.columns import LEARNT, type_of
from integrations.local.tabular.leaks import Suspicion, named, suspicions
from integrations.local.tabular.sheet import sheet_of, sources_of
from integrations.local.tabular.table import DataTable


def found(columns: dict[str, list[str]], won: np.ndarray) -> dict[str, Suspicion]:
    table = DataTable(columns, range(1, len(won) + 1), "0" * 64)
    types = [one for name in columns if (one := type_of(name, columns[name])).kind in LEARNT]
    return {one.column: one for one in suspicions(sheet_of(types, table), won, sources_of(types), list(columns))}


@pytest.mark.parametrize(
    "name",
    ["duration", "Call Duration (sec)", "talk_time", "closed_at", "Close Date", "SoldDate", "date won", "lost reason", "Tags",
     "Lead Quality", "lead status", "Stage", "Disposition", "Last Activity", "Last Notable Activity", "Policy Number",
     "commission", "Asymmetrique Activity Score", "next step", "call outcome"],
)  # fmt: skip
def test_names_of_the_time_after_contact_are_left_out(name: str) -> None:
    assert named(name)


@pytest.mark.parametrize(
    "name",
    ["marital status", "employment status", "Holding_Policy_Duration", "Lead Source", "Lead Origin", "credit score",
     "policy type", "age", "Reco_Policy_Premium", "previous", "campaign", "TotalVisits", "Do Not Call", "time on site",
     "current carrier", "contact", "home quality", "construction quality"],
)  # fmt: skip
def test_names_that_a_fresh_lead_has_are_not(name: str) -> None:
    assert named(name) is None


def test_what_tells_the_outcome_is_left_out_by_its_numbers_alone() -> None:
    draw = np.random.default_rng(1)
    won = draw.random(1000) < 0.3
    told = found(
        {
            "alpha": [str(value) for value in np.round(won * 3 + draw.normal(0, 0.5, 1000), 2)],
            "beta": ["gold" if win and draw.random() < 0.5 else str(draw.choice(["a", "b"])) for win in won],
            "gamma": [str(value) for value in np.round(draw.normal(0, 1, 1000), 2)],
            "delta": [str(value) for value in np.round(won + draw.normal(0, 1.0, 1000), 2)],
        },
        won,
    )
    assert set(told) == {"alpha", "beta"}
    assert told["alpha"].excluded
    assert told["beta"].excluded
    assert "almost no lost row" in told["beta"].reason


def test_a_strong_column_is_named_and_kept() -> None:
    draw = np.random.default_rng(2)
    won = draw.random(2000) < 0.4
    told = found({"eta": [str(value) for value in np.round(won * 2.0 + draw.normal(0, 1.0, 2000), 2)]}, won)
    assert not told["eta"].excluded
    assert told["eta"].auc is not None
    assert 0.9 <= told["eta"].auc < 0.95


def test_a_rare_value_that_always_won_is_no_leak() -> None:
    won = np.array([True] * 400 + [False] * 600)
    assert not found({"source": ["partner"] * 30 + ["web", "phone"] * 485}, won)
