"""The scorer commands: one JSON object a line, clear errors, files that fit together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.integrations.local.tabular.conftest import as_csv, made_rows

RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEADWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_train_evaluate_and_predict_go_together(home: Path) -> None:
    (home / "leads.csv").write_bytes(as_csv(made_rows(700)))
    (home / "fresh.csv").write_bytes(as_csv(made_rows(300, seed=8)))
    done = RUNNER.invoke(app, ["scorer", "train", "leads.csv", "--target", "won", "--model-out", "m.json", "--json"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["promoted"]
    assert record["auc"] > 0.6
    assert {one["column"] for one in record["suspicious"]} == {"sold_at", "talk time"}
    assert Path(record["path"]).read_text() == (home / "m.json").read_text()
    done = RUNNER.invoke(app, ["scorer", "evaluate", "fresh.csv", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["model"] == record["model"]
    assert found["trained_on_rows"] == 0
    assert found["n"] == 300
    done = RUNNER.invoke(app, ["scorer", "predict", "fresh.csv", "--model", "m.json", "--json"])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["row"] for row in rows] == list(range(1, 301))
    assert all(sum(part["points"] for part in row["contributions"]) == row["score"] for row in rows)
    assert all(0 < row["probability"] < 1 and 1 <= row["score"] <= 99 for row in rows)


def test_the_text_report_names_figures_columns_and_whether_it_is_active(home: Path) -> None:
    (home / "leads.csv").write_bytes(as_csv(made_rows(500)))
    done = RUNNER.invoke(app, ["scorer", "train", "leads.csv", "--target", "won", "--keep", "talk time"])
    assert done.exit_code == 0, done.output
    for words in (
        "AUC ",
        "Brier ",
        "calibration error",
        "used      talk time",
        "left out  sold_at",
        "email (personal)",
        "active now",
    ):
        assert words in done.stdout
    done = RUNNER.invoke(app, ["scorer", "predict", "leads.csv"])
    assert "and 450 more rows" in done.stdout
    done = RUNNER.invoke(app, ["scorer", "evaluate", "leads.csv"])
    assert "500 of 500 rows were trained on" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "leads.csv", "--target", "sale"], "no such column"),
        (["train", "leads.csv", "--target", "won", "--keep", "x"], "no such column"),
        (["train", "leads.csv", "--target", "source"], "--positive"),
        (["predict", "leads.csv"], "scorer train"),
        (["predict", "leads.csv", "--model", "none.json"], "no such file"),
        (["evaluate", "leads.csv", "--model", "leads.csv"], "not whole JSON"),
        (["train", "leads.csv", "--target", "won", "--agency", "../x"], "slug"),
    ],
)
def test_errors_say_what_to_do(home: Path, arguments: list[str], said: str) -> None:
    (home / "leads.csv").write_bytes(as_csv(made_rows(250)))
    done = RUNNER.invoke(app, ["scorer", *arguments])
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())
    assert not done.stdout


def test_a_column_whose_name_holds_commas_can_be_left_out(home: Path) -> None:
    rows = [{**row, "size, in rooms": row["age"]} for row in made_rows(400)]
    (home / "leads.csv").write_bytes(as_csv(rows))
    done = RUNNER.invoke(
        app, ["scorer", "train", "leads.csv", "--target", "won", "--exclude", "size, in rooms,age", "--json"]
    )
    assert done.exit_code == 0, done.output
    used = {one["name"] for one in json.loads(done.stdout)["columns"] if one["used"]}
    assert not used & {"size, in rooms", "age"}
