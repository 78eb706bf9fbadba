"""``leadwright classify``: one record a row, figures on stderr, clear errors."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands.classify_rows import read_labels
from cli.main import app
from kernel.errors import Invalid

RUNNER = CliRunner()
ROWS = 'message,type\n"I need car insurance, today",vehicle\nseguro de vida,life\n,home\n'


def test_json_is_one_object_a_line_and_figures_go_to_stderr(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv.gz"
    file.write_bytes(gzip.compress(ROWS.encode()))
    done = RUNNER.invoke(
        app, ["classify", str(file), "--column", "message", "--label", "type", "--labels-map", "vehicle=auto", "--json"]
    )
    assert done.exit_code == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["row"] for record in records] == [1, 2, 3]
    assert [record["line"] for record in records] == ["auto", "life", "unknown"]
    assert {"row", "line", "lines", "intent", "urgency", "confidence", "source"} <= set(records[0])
    assert "accuracy 0.6667" in done.stderr


def test_table_is_for_reading(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(ROWS)
    done = RUNNER.invoke(app, ["classify", str(file), "--column", "message"])
    assert done.exit_code == 0
    assert "auto" in done.stdout


def test_unknown_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(ROWS)
    done = RUNNER.invoke(app, ["classify", str(file), "--column", "txt"])
    assert done.exit_code == 1
    assert "txt" in done.stderr
    assert "message" in done.stderr


def test_labels_without_equals_sign_are_refused() -> None:
    assert read_labels("a=auto, b = home") == {"a": "auto", "b": "home"}
    with pytest.raises(Invalid):
        read_labels("auto")
