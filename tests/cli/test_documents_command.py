"""``leadwright documents``: needs no store, prints fields with page and quote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import respx
from typer.testing import CliRunner

from cli.main import app
from tests import declarations
from tests.agents.letters import ANSWER, LETTER, TOOL
from tests.agents.models import tool
from tests.integrations.llm.world import URL

RUNNER = CliRunner()


def test_json_holds_kind_fields_and_quotes(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(declarations.quote())
    done = RUNNER.invoke(app, ["documents", "read", str(file), "--json"])
    assert done.exit_code == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["kind"]["name"], shown["format"], shown["pages"]) == ("quote", "pdf", 1)
    number = next(field for field in shown["fields"] if field["name"] == "quote_number")
    assert (number["value"], number["page"], number["quote"]) == ("GLQ-2026-00418", 1, "Quote Number: GLQ-2026-00418")


def test_a_table_for_reading_takes_no_markup_from_the_document(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Named Insured: [bold]Ada[/bold] Fontaine\nPolicy Number: AB-1234\n")
    done = RUNNER.invoke(app, ["documents", "read", str(file)])
    assert done.exit_code == 0, done.stderr
    assert "[bold]Ada" in done.stdout
    assert "AB-1234" in done.stdout


def test_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.docx"
    file.write_bytes(b"GIF89a")
    done = RUNNER.invoke(app, ["documents", "read", str(file)])
    assert done.exit_code == 1
    assert "save it as PNG" in done.stderr


@pytest.mark.parametrize("wanted", ["GLQ-2026-00418", "something else"])
def test_evaluate_counts_what_is_found(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "a.pdf").write_bytes(declarations.quote())
    expected = tmp_path / "expected.json"
    rows = [
        {"file": "a.pdf", "name": "quote_number", "value": wanted, "page": 1},
        {"file": "a.pdf", "name": "employees", "value": "11", "page": 2},
    ]
    expected.write_text(json.dumps(rows))
    done = RUNNER.invoke(app, ["documents", "evaluate", str(tmp_path), "--expected", str(expected), "--missing"])
    assert done.exit_code == 0, done.stderr
    right = wanted.startswith("GLQ")
    assert f"all: 2 expected, found {1.0 if right else 0.5:.3f}, with page {0.5 if right else 0.0:.3f}" in done.stdout
    assert "not found: a.pdf p2 employees = 11" in done.stdout


def test_expected_values_of_another_form_are_refused(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text('[{"nofile": 1}]')
    done = RUNNER.invoke(app, ["documents", "evaluate", str(tmp_path), "--expected", str(tmp_path / "e.json")])
    assert done.exit_code == 1
    assert "--expected" in done.stderr


@respx.mock
def test_a_configured_model_is_asked_about_what_is_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    monkeypatch.setenv("LEADWRIGHT_LLM__API_KEY", "sk-secret-of-the-test")
    (tmp_path / "letter.txt").write_text(LETTER)
    (tmp_path / "quote.pdf").write_bytes(declarations.quote())
    sure = RUNNER.invoke(app, ["documents", "read", str(tmp_path / "quote.pdf"), "--json"])
    assert (sure.exit_code, route.call_count) == (0, 0), sure.stderr
    done = RUNNER.invoke(app, ["documents", "read", str(tmp_path / "letter.txt"), "--json"])
    assert (done.exit_code, route.call_count) == (0, 1), done.stderr
    shown = json.loads(done.stdout)
    assert (shown["kind"]["name"], shown["source"], shown["needs_review"]) == ("declarations", "llm", False)
    assert shown["cost"] > 0
    assert next(field for field in shown["fields"] if field["name"] == "policy_number")["read_by"] == "llm"


def test_without_a_model_a_doubtful_document_is_marked(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER)
    done = RUNNER.invoke(app, ["documents", "read", str(tmp_path / "letter.txt")])
    assert done.exit_code == 0, done.stderr
    assert "a person should look" in " ".join(done.stdout.split())
    assert "note: what kind of document it is, is not certain" in " ".join(done.stdout.split())
