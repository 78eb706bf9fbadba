"""The commands of evals as they are used: a suite that needs no model and no store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import session
from cli.main import app

PROMPTFOO = "tests:\n  - description: one\n    vars: {message: my van}\n    assert: [{type: icontains, value: auto}]\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(session.out, "width", 200)
    return tmp_path


def leadwright(*words: str) -> Result:
    return CliRunner().invoke(app, ["eval", *words])


def test_a_suite_is_run_shown_exported_and_reported(home: Path) -> None:
    first, second = leadwright("run", "extractor"), leadwright("run", "extractor", "--fresh")
    assert first.exit_code in {0, 1}
    assert "fields.right" in first.stdout
    assert "used by 1 runs" in first.stderr
    assert "used by 2 runs" in second.stderr
    ids = [
        line.split(";")[0].removeprefix("run ")
        for one in (first, second)
        for line in one.stderr.splitlines()
        if ";" in line
    ]
    exports = [leadwright("export", one).stdout for one in ids]
    assert exports[0] == exports[1]
    kinds = {json.loads(line)["kind"] for line in exports[0].splitlines()}
    assert kinds == {"suite", "variant", "metric", "case", "answer", "score", "aggregate"}
    assert ids[0] in leadwright("runs").stdout
    assert "fields.right" in leadwright("show", ids[0]).stdout
    assert "agreement of local and llm: not known (llm: no recording)" in first.stdout
    assert "agreement of local and llm: not known (llm: no recording)" in leadwright("show", ids[0]).stdout
    report = leadwright("report", ids[0], "--md", str(home / "report.md"))
    assert report.exit_code == 0
    assert "extractor" in (home / "report.md").read_text()
    said = "agreement of local and llm: not known (llm: no recording)"
    against = leadwright("report", ids[1], "--against", ids[0])
    assert said in against.stdout
    assert "agreement of local (earlier) and llm (earlier): not known" in against.stdout
    assert leadwright("report", ids[1], "--against", ids[0], "--md", str(home / "change.md")).exit_code == 0
    assert "local (earlier) and llm (earlier): not known" in (home / "change.md").read_text().replace("\\", "")


def test_two_variants_are_compared(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "LEADWRIGHT_LLM__BASE_URL", "http://127.0.0.1:9/v1"
    )  # nobody is there, so the cascade answers locally
    monkeypatch.setenv("LEADWRIGHT_LLM__ATTEMPTS", "1")
    found = leadwright("ab", "scorer", "--a", "local", "--b", "cascade")
    assert found.exit_code in {1, 2}, "the same specialist twice is nothing to ship"
    assert found.stdout.startswith(("keep", "inconclusive"))
    assert "agreement of local and cascade: the same in" in found.stdout


def test_all_suites_run_with_one_exit_code(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.commands.eval.suite_names", lambda: ("document_reader", "scorer"))
    found = leadwright("run", "--all", "--limit", "2")
    last = found.stdout.splitlines()[-6:]
    assert found.exit_code == int(any("FAILS" in line for line in last))
    assert all(any(name in line for line in last) for name in ("document_reader", "scorer"))
    assert len(leadwright("runs").stdout.splitlines()) >= 2


def test_the_router_is_run_on_an_installation_of_its_own(home: Path) -> None:
    found = leadwright("run", "router", "--limit", "1")
    assert found.exit_code == 0, found.stdout
    swapped = leadwright("run", "route_fairness", "--limit", "1")
    assert swapped.exit_code == 0, swapped.stdout
    assert "nobody_unfit" in found.stdout
    assert not (home / "home" / "data").exists(), "the operator's stores were touched"


def test_suites_are_listed(home: Path) -> None:
    shown = leadwright("list").stdout
    names = ("classifier", "document_reader", "enricher", "extractor", "fairness", "injection", "router", "scorer")
    assert all(name in shown for name in names)


def test_tests_of_promptfoo_become_cases(home: Path) -> None:
    (home / "p.yaml").write_text(PROMPTFOO)
    (line,) = leadwright("import", "p.yaml").stdout.splitlines()
    assert json.loads(line) == {
        "id": "one", "input": {"message": "my van"}, "why": "one",
        "expected": {"assert": [{"kind": "icontains", "value": "auto", "not": False}]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "one suite or all"),
        (["run", "extractor", "--all"], "one suite or all"),
        (["run", "--all", "--variant", "llm"], "one suite or all"),
        (["run", "nothing"], "there is no suite 'nothing'"),
        (["run", "extractor", "--variant", "remote"], "names no variant of this suite"),
        (["run", "classifier", "--variant", "llm", "--limit", "1"], "none is configured"),
        (["run", "extractor", "--budget", "much"], "is no amount of dollars"),
        (["run", "extractor", "--resume", "0"], "there is no run '0'"),
        (["run", "extractor", "--replay"], "nothing was recorded for this suite"),
        (["ab", "extractor", "--a", "local", "--b", "local"], "is named twice"),
        (["export", "0"], "there is no run '0'"),
        (["import", "nothing.yaml"], "cannot be read"),
    ],
)
def test_bad_wishes_are_refused(home: Path, words: list[str], said: str) -> None:
    refused = leadwright(*words)
    assert refused.exit_code == 1
    assert said in " ".join(refused.stderr.split())
