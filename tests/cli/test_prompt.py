"""``leadwright prompt``: list, show, diff, new and release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.commands import prompt as commands
from cli.main import app
from prompts.registry import Library, library
from tests.prompts.conftest import write_folder

RUNNER = CliRunner()


def _run(*words: str) -> Result:
    return RUNNER.invoke(app, ["prompt", *words])


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands on a folder of one's own."""
    monkeypatch.setattr(commands, "library", lambda: Library(tmp_path))
    return write_folder(tmp_path)


def test_list_is_one_json_object_a_version() -> None:
    done = _run("list", "--json")
    assert done.exit_code == 0, done.stderr
    records = {(row["id"], row["version"]): row for row in map(json.loads, done.stdout.splitlines())}
    assert {name for name, _ in records} == set(library().agents)
    first = records["classifier", 1]
    assert first["released"]
    assert first["hash"] == library().load("classifier", 1).hash
    assert {"share", "output", "changed", "why", "problem"} <= set(first)


def test_list_is_for_reading_too(own: Path) -> None:
    done = _run("list")
    assert done.exit_code == 0
    assert "greeter" in done.stdout
    assert "100%" in done.stdout


def test_faulty_file_is_listed_and_the_exit_code_says_so(own: Path) -> None:
    (own / "greeter" / "v2.md").write_text("nothing")
    done = _run("list", "--json")
    assert done.exit_code == 1
    assert "front matter is missing" in json.loads(done.stdout.splitlines()[1])["problem"]
    assert "greeter/v2" in done.stderr


def test_show_gives_the_file_or_what_a_model_sees() -> None:
    assert _run("show", "classifier").stdout == library().path("classifier", 1).read_text(encoding="utf-8")
    shown = _run("show", "classifier", "--version", "v1", "--rendered").stdout
    assert "`long_term_care`" in shown
    assert "<<<data 0123456789abcdef lead message>>>" in shown
    assert "{{" not in shown


def test_show_of_an_unreleased_live_version_says_what_to_do(own: Path) -> None:
    done = _run("show", "greeter")
    assert done.exit_code == 1
    assert "leadwright prompt release greeter 1" in " ".join(done.stderr.split())
    assert _run("show", "greeter", "--version", "1").exit_code == 0


def test_new_release_and_diff_follow_each_other(own: Path) -> None:
    assert _run("release", "greeter", "v1").exit_code == 0
    assert "v2.md" in _run("new", "greeter", "--why", "Fewer words.").stdout
    second = own / "greeter" / "v2.md"
    second.write_text(second.read_text().replace("Labels: ", "All labels: "))
    done = _run("diff", "greeter", "v1", "2")
    assert "--- greeter/v1\n+++ greeter/v2\n" in done.stdout
    assert "+All labels: {{" in done.stdout
    assert '+why: "Fewer words."' in done.stdout
    assert _run("release", "greeter", "2").exit_code == 0
    assert Library(own).frozen.keys() == {("greeter", 1), ("greeter", 2)}
    assert _run("release", "greeter", "2").exit_code == 1


def test_new_demands_a_reason(own: Path) -> None:
    assert _run("new", "greeter").exit_code == 2
    assert _run("new", "greeter", "--why", "").exit_code == 1
    assert not (own / "greeter" / "v2.md").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "nobody"), "classifier, copilot, document_reader"),
        (("show", "classifier", "--version", "99"), "no version 99"),
        (("show", "classifier", "--version", "new"), "write 2 or v2"), (("diff", "classifier", "1", "x"), "write 2 or v2"),
    ],
)  # fmt: skip
def test_errors_name_what_there_is(words: tuple[str, ...], told: str) -> None:
    done = _run(*words)
    assert done.exit_code == 1
    assert told in " ".join(done.stderr.split())


def test_rendering_without_sample_inputs_is_refused(own: Path) -> None:
    done = _run("show", "greeter", "--version", "1", "--rendered")
    assert done.exit_code == 1
    assert "cli/samples/prompt_inputs.py" in " ".join(done.stderr.split())


def test_improve_needs_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADWRIGHT_HOME", str(tmp_path / "home"))
    for name in ("LEADWRIGHT_LLM__API_KEY", "LEADWRIGHT_LLM__BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    refused = _run("improve", "classifier", "--suite", "classifier")
    assert refused.exit_code == 1
    assert "none is configured" in refused.stderr
    assert "LEADWRIGHT_LLM__API_KEY" in refused.stderr
