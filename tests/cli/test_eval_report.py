"""``leadwright eval report|trend|review`` as a person uses them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from evals.records import Case
from evals.reports.json_file import read_run, run_json
from store.evals.labels import LabelStore
from tests.evals.reports.runs import a_run, later

RUNNER = CliRunner()
RUN = a_run(cases=30, trials=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs, which is the working one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADWRIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "old.json").write_text(run_json(RUN))
    (tmp_path / "now.json").write_text(run_json(later(replace(a_run(cases=30, trials=1, seed=6), cases=RUN.cases))))
    return tmp_path


def _run(*words: str, told: str | None = None) -> Result:
    return RUNNER.invoke(app, ["eval", *words], input=told)


def _labels(folder: Path) -> list[tuple[float, str]]:
    found = asyncio.run(LabelStore(folder / "home" / "evals" / "labels.sqlite").labels(RUN.run_id))
    return [(one.value, one.note) for one in found]


def test_report_writes_every_form(folder: Path) -> None:
    done = _run(
        "report",
        "old.json",
        "--html",
        "r.html",
        "--md",
        "r.md",
        "--json",
        "r.json",
        "--junit",
        "r.xml",
        "--csv",
        "r.csv",
    )
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("written: ") == 5
    assert read_run((folder / "r.json").read_bytes()) == RUN
    assert ET.parse(folder / "r.xml").getroot().get("name") == "extractor"
    assert (folder / "r.html").read_text().startswith("<!doctype html>")


def test_report_without_a_file_says_the_figures(folder: Path) -> None:
    done = _run("report", "old.json")
    assert done.exit_code == 0, done.stderr
    assert "line is right" in done.stdout
    assert "failed" in done.stdout
    assert not (folder / "home").exists(), "a report leaves nothing behind"


def test_report_against_an_earlier_run_shows_both(folder: Path) -> None:
    done = _run("report", "now.json", "--against", "old.json", "--md", "r.md", "--html", "r.html")
    assert done.exit_code == 0, done.stderr
    text = (folder / "r.md").read_text()
    assert "Against run" in text
    assert "Worst regressions" in text


def test_trend_is_markdown_on_stdout_and_html_in_a_file(folder: Path) -> None:
    done = _run("trend", "now.json", "old.json")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("## Trend of")
    assert _run("trend", "now.json", "old.json", "--html", "t.html").exit_code == 0
    assert "polyline" in (folder / "t.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "nothing"), "there is no run"),
        (("report", "old.json", "--html", "no/such/folder.html"), "not written"),
        (("report", "old.json", "--promptfoo", "x.txt"), ".yaml or .csv"),
        (("report", "old.json", "--against", "other.json"), "another suite"),
        (("trend", "old.json", "other.json"), "one suite"),
        (("review", "old.json", "--metric", "fields"), "no metric that passes or fails"),
        (("langsmith-upload", "old.json"), "--send-texts"),
        (("langsmith-upload", "old.json", "--send-texts"), "API_KEY"),
        (("langsmith-cases", "a"), "API_KEY"),
    ],
)
def test_bad_words_get_a_clear_error_and_write_nothing(words: tuple[str, ...], said: str, folder: Path) -> None:
    (folder / "other.json").write_text(run_json(replace(RUN, suite="another suite")))
    before = set(folder.iterdir())
    done = _run(*words)
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())
    assert {one.name for one in set(folder.iterdir()) - before} <= {"home"}


def test_one_form_that_cannot_be_made_leaves_no_other(folder: Path) -> None:
    risky = replace(RUN, cases=(*RUN.cases, Case("bad", "{{ x }}")))
    (folder / "risky.json").write_text(run_json(risky))
    done = _run("report", "risky.json", "--md", "r.md", "--promptfoo", "p.yaml")
    assert done.exit_code == 1
    assert "bad.input" in done.stderr
    assert not (folder / "r.md").exists()


def test_review_keeps_each_label_undoes_skips_and_goes_on_where_it_stopped(folder: Path) -> None:
    done = _run("review", "old.json", "--size", "5", "--reviewer", "ana", told="p\nn\nrude\nf\nu\nf\ns\n?\nq\n")
    assert done.exit_code == 0, done.stderr
    assert _labels(folder) == [(1.0, ""), (0.0, "")]
    assert "1 of 5" in done.stdout
    assert "p pass, f fail" in done.stdout
    assert "extractor v" not in done.stdout, "the variant stays unsaid"
    done = _run("review", "old.json", "--size", "5", "--reviewer", "ana", told="p\np\n")
    assert "3 of 5" in done.stdout
    assert len(_labels(folder)) == 4
    done = _run("review", "old.json", "--size", "5", "--reviewer", "ana", told="n\ntoo short\nf\n")
    assert "That was the last one." in done.stdout
    assert _labels(folder)[-1] == (0.0, "too short")
    assert "25 more" in " ".join(done.stderr.split())
    assert "Nothing is left" in _run("review", "old.json", "--size", "5", "--reviewer", "ana").stdout
    assert "1 of 5" in _run("review", "old.json", "--size", "5", "--reviewer", "bo", told="q\n").stdout
    _run("report", "old.json", "--md", "r.md")
    assert "Agreement with people" in (folder / "r.md").read_text()


def test_review_shows_nothing_that_steers_the_terminal(folder: Path) -> None:
    nasty = replace(
        RUN, answers=tuple(replace(one, output="\x1b[2J [red]x[/] \u202e", failure=None) for one in RUN.answers)
    )
    (folder / "nasty.json").write_text(run_json(nasty))
    done = _run("review", "nasty.json", "--size", "1", told="q\n")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "U+001B" in done.stdout
    assert "[red]x[/]" in done.stdout
