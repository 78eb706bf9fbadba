"""``leadwright knowledge`` from a file to figures, as a person types it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import session
from cli.main import app

pytestmark = pytest.mark.slow

POOL = "id,text\nflood,A home policy does not cover floods.\npet,Pet insurance pays for surgery of dogs.\n"
QUESTIONS = "question,relevant\nAre floods covered?,flood\nWho pays the vet?,pet missing\n"

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    folder = Path(tempfile.mkdtemp(prefix="lw-"))
    folder.chmod(0o711)
    monkeypatch.setenv("LEADWRIGHT_HOME", str(folder))
    monkeypatch.setattr(session.out, "width", 200)
    yield lambda *words: CliRunner().invoke(app, [str(word) for word in words])
    shutil.rmtree(folder, ignore_errors=True)


def lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_load_search_evaluate_and_rebuild(run: Run, tmp_path: Path) -> None:
    pool, questions = tmp_path / "pool.csv", tmp_path / "questions.csv"
    pool.write_text(POOL)
    questions.write_text(QUESTIONS)
    assert lines(run("knowledge", "load", pool, "--json"))[0]["added"] == 2
    assert lines(run("knowledge", "load", pool, "--json"))[0]["unchanged"] == 2
    hits = lines(run("knowledge", "search", "are floods covered?", "--json", "--limit", 1))
    assert [(hit["id"], hit["passage"]) for hit in hits] == [("flood", "A home policy does not cover floods.")]
    shown = run("knowledge", "search", "are floods covered?")
    assert "“A home policy does not cover floods.” [1]" in shown.stdout
    assert "[1] flood" in shown.stdout
    figures = {line["system"]: line for line in lines(run("knowledge", "evaluate", questions, "--json"))}
    assert all(line["questions"] == 2 for line in figures.values())
    assert figures["dense (meaning)"]["hit@10"] == 1.0
    rebuilt = run("rebuild", "vectors")
    assert "2 passages" in rebuilt.stdout, rebuilt.output
    again = run("knowledge", "load", tmp_path / "pool.csv", "--text-column", "words")
    assert again.exit_code == 1
    assert "id, text" in again.output
