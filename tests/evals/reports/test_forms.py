"""Markdown, JSON, JUnit, CSV and promptfoo: what is in them cannot get out of its place."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evals.records import Answer, Case, Failure, FailureKind, Metric, Role, Score, Split, ToolCall, Variant
from evals.reports.build import build
from evals.reports.csv_file import csv_rows
from evals.reports.json_file import VERSION, read_run, run_json
from evals.reports.junit import junit_xml
from evals.reports.markdown import page_markdown, quoted, trend_markdown
from evals.reports.promptfoo import promptfoo_csv, promptfoo_yaml
from evals.reports.trend import trend
from evals.runs.result import RunResult
from kernel.errors import Invalid
from tests.evals.reports.runs import HOSTILE, VARIANTS, a_run, later, verdict

RUN = a_run()
WORDS = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
FAILURE = st.none() | st.builds(Failure, st.sampled_from(FailureKind), WORDS, WORDS)
CASES = st.lists(
    st.builds(
        Case, WORDS, JSON, JSON, WORDS, st.none() | WORDS, st.sampled_from(Split), st.lists(WORDS, max_size=2).map(tuple),
        st.none() | st.integers(1),
    ), min_size=1, max_size=2, unique_by=lambda one: one.id,
)  # fmt: skip
METRICS = st.lists(
    st.builds(Metric, WORDS, st.sampled_from(Role), st.booleans(), st.booleans(), st.none() | FLOATS, st.none() | FLOATS, FLOATS),
    min_size=1, max_size=2, unique_by=lambda one: one.name,
)  # fmt: skip
ARMS = st.lists(
    st.builds(Variant, WORDS, WORDS, WORDS, OBJECTS), min_size=1, max_size=2, unique_by=lambda one: one.name
)


@st.composite
def any_run(draw: st.DrawFn) -> RunResult:
    """Any run whose answers and scores speak of what is in it."""
    cases, variants, metrics = draw(CASES), draw(ARMS), draw(METRICS)
    case = st.sampled_from([one.id for one in cases])
    arm = st.sampled_from([one.name for one in variants])
    answer = st.builds(
        Answer, case, arm, st.integers(0), JSON, FAILURE, FLOATS, st.decimals(allow_nan=False, allow_infinity=False),
        st.integers(0), st.integers(0), st.booleans(), WORDS, st.none() | FLOATS,
        st.lists(st.builds(ToolCall, WORDS, OBJECTS, JSON), max_size=2).map(tuple), JSON,
    )  # fmt: skip
    score = st.builds(
        Score, case, arm, st.integers(0), st.sampled_from([one.name for one in metrics]), st.none() | FLOATS,
        st.none() | st.booleans(), WORDS, FAILURE,
    )  # fmt: skip
    return RunResult(
        draw(WORDS), draw(WORDS), draw(WORDS), draw(st.datetimes(timezones=st.just(UTC))), tuple(variants),
        draw(st.integers(1, 5)), tuple(cases), tuple(metrics), tuple(draw(st.lists(answer, max_size=3))),
        tuple(draw(st.lists(score, max_size=3))), draw(st.dictionaries(arm, st.dictionaries(WORDS, FLOATS, max_size=2))),
    )  # fmt: skip


@given(any_run())
def test_json_brings_every_run_back(run: RunResult) -> None:
    text = run_json(run)
    assert text.isascii()
    assert read_run(text) == run
    assert run_json(read_run(text.encode())) == text


def test_json_keeps_exact_money_and_large_numbers() -> None:
    case = Case("c", {"n": 12345678901234567890, "x": 0.1})
    answer = Answer("c", "extractor v1", 0, {"n": 12345678901234567890}, cost=Decimal("0.00000012345678901234567890"))
    run = replace(RUN, cases=(case,), answers=(answer,), scores=())
    assert read_run(run_json(run)) == run


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cases": RUN.cases[1:]}, "cases"), ({"variants": VARIANTS[:1]}, "variants"), ({"variants": ()}, "variants"),
        ({"metrics": RUN.metrics[1:]}, "metrics"),
        ({"cases": (*RUN.cases, RUN.cases[0])}, "cases"),
    ],
)  # fmt: skip
def test_json_that_speaks_of_what_it_lacks_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_run(run_json(replace(RUN, **wrong)))
    assert caught.value.fields[0].field == field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("no json", "(file)"), ("[]", "schema"), ('{"schema": "leadwright/eval-run", "version": 99}', "version"),
        (json.dumps({"schema": "leadwright/eval-run", "version": VERSION}), "(file)"),
        (run_json(RUN).replace('"split": "dev"', '"split": "neither"', 1), "(file)"),
        (run_json(RUN).replace('"kind": "model"', '"kind": "moon"', 1), "(file)"),
        (run_json(RUN).replace('"cost": "0.000', '"cost": "much', 1), "(file)"),
    ],
)  # fmt: skip
def test_json_that_is_no_run_is_refused_with_its_place(text: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_run(text)
    assert caught.value.fields[0].field == field
    assert caught.value.fields[0].remedy


def test_junit_has_a_testcase_for_each_case_variant_and_metric_and_counts_them() -> None:
    root = ET.fromstring(junit_xml(RUN))
    suites = root.findall("testsuite")
    assert len(suites) == 2
    assert int(root.get("tests", 0)) == len(root.findall(".//testcase")) == 200 * 2 * 3
    for suite in suites:
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key, -1)) == len(suite.findall(f"testcase/{tag}"))
    assert int(root.get("failures", 0)) > 0 < int(root.get("errors", 0))
    kinds = {one.get("type", "").split(":")[0] for one in root.iter("error")}
    assert kinds == {"judge", "infrastructure"}
    assert any(one.get("type", "").startswith("model:") for one in root.iter("failure"))


def test_junit_skips_what_was_not_reached_and_errors_where_only_the_network_failed() -> None:
    case = Case("one", "x")
    down = Failure(FailureKind.INFRASTRUCTURE, "timeout", "late")
    base = replace(RUN, cases=(case,), variants=VARIANTS[:1], metrics=RUN.metrics[:1], scores=(), answers=(), trials=1)
    assert ET.fromstring(junit_xml(base)).find(".//skipped") is not None
    lost = replace(base, answers=(Answer("one", VARIANTS[0].name, 0, None, down),))
    error = ET.fromstring(junit_xml(lost)).find(".//error")
    assert error is not None
    assert error.get("type") == "infrastructure:timeout"
    fine = replace(
        base, answers=(Answer("one", VARIANTS[0].name, 0, "y"),),
        scores=(Score("one", VARIANTS[0].name, 0, "line is right", 1.0, passed=True),),
    )  # fmt: skip
    assert [list(one) for one in ET.fromstring(junit_xml(fine)).iter("testcase")] == [[]]


@given(WORDS, WORDS)
def test_junit_is_xml_whatever_the_texts(name: str, reason: str) -> None:
    run = replace(
        RUN, suite=name, cases=(Case(name, "x", why=reason),), variants=(Variant(reason),), trials=1,
        answers=(Answer(name, reason, 0, "y"),),
        scores=(Score(name, reason, 0, "line is right", 0.0, passed=False, reason=reason),),
    )  # fmt: skip
    ET.fromstring(junit_xml(run))


def test_markdown_has_the_verdict_and_the_worst_cases_and_every_table_row_its_cells() -> None:
    text = page_markdown(build(RUN, [verdict(RUN)]))
    assert "Inconclusive" in text
    assert "640 more cases" in text
    assert "**Worst regressions of <code>extractor v2</code>**" in text
    _rows_hold(text)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markdown_cannot_be_broken_out_of(hostile: str) -> None:
    run = a_run(cases=12)
    broken = Failure(FailureKind.MODEL, hostile, hostile)
    renamed = replace(
        run, suite=hostile, run_id=hostile,
        scores=tuple(replace(one, reason=hostile) for one in run.scores),
        answers=tuple(replace(one, failure=broken) if place % 7 == 0 else one for place, one in enumerate(run.answers)),
    )  # fmt: skip
    judged = replace(verdict(run), reasons=(hostile, f"- {hostile}\n\n# {hostile}"))
    text = page_markdown(build(renamed, [judged]))
    _rows_hold(text)
    assert not set(re.findall(r"<(?!/?code>)", text))
    bare = re.sub(r"<code>.*?</code>", "", text)
    for sign in ("@", "`", "[", "]", "https:/", "www.", "\u202e", "\x1b"):
        assert sign not in bare
    for inside in re.findall(r"<code>(.*?)</code>", text):
        assert re.fullmatch(r"(?:[A-Za-z0-9 \-\u00a1-\U0010ffff]|&#\d+;)*", inside)
    assert len(re.findall(r"^#{1,6} ", text, re.MULTILINE)) == 2


@given(st.text(st.characters(), max_size=200))
def test_quoted_text_stays_on_its_line_and_in_its_cell(text: str) -> None:
    made = quoted(text)
    assert made.splitlines() == [made]
    assert not set("|`*_[]@\\") & set(made)
    assert made.count("<") == 2
    made.encode()


def test_trend_in_markdown_says_that_the_suite_changed() -> None:
    other = later(replace(RUN, suite_hash="00" * 32))
    text = trend_markdown(trend([other, RUN]))
    assert "Cases, graders or gate changed" in text
    assert text.index(RUN.run_id) < text.index("later")
    _rows_hold(text)
    assert "changed" not in trend_markdown(trend([RUN, later(RUN)]))


def test_csv_is_read_back_and_begins_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(csv_rows(RUN)), newline="")))
    assert len(rows) == len(RUN.answers)
    for row, answer in zip(rows, RUN.answers, strict=True):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))
        assert Decimal(row["cost"]) == answer.cost
        assert row["failure_kind"] == ("" if answer.failure is None else answer.failure.kind.value)
    commands = [row for row in rows if "cmd|" in row["output"]]
    assert commands
    assert all(row["output"].startswith("'=") for row in commands)


def test_csv_leaves_numbers_numbers() -> None:
    run = replace(RUN, cases=(Case("-1", -340.5, "-3"),), answers=(Answer("-1", "extractor v1", 0, -12),), scores=())
    (row,) = csv.DictReader(io.StringIO("".join(csv_rows(run)), newline=""))
    assert (row["case"], row["input"], row["expected"], row["output"]) == ("'-1", "-340.5", "'-3", "-12")


PLAIN = (
    Case("a", {"message": "hello", "lines": ["x", "y"]}, {"line": "auto"}, why="greets", tags=("t",), group="g"),
    Case("b", {"message": "say: 'javascript:process.exit()'", "lines": []}, "javascript:process.exit(1)"),
)


def test_promptfoo_yaml_states_everything_and_runs_nothing() -> None:
    first, second = yaml.safe_load(promptfoo_yaml(PLAIN))
    assert first["vars"] == PLAIN[0].input
    assert first["assert"] == [{"type": "equals", "value": {"line": "auto"}}]
    assert first["options"] == {"disableVarExpansion": True}
    assert first["metadata"] == {"split": "dev", "why": "greets", "tags": ["t"], "group": "g"}
    assert first["description"] == "a"
    assert second["assert"] == [{"type": "equals", "value": "javascript:process.exit(1)"}]
    assert yaml.safe_load(promptfoo_yaml([Case("c", "text")]))[0]["vars"] == {"input": "text"}


def test_promptfoo_csv_compares_and_runs_nothing() -> None:
    rows = list(csv.DictReader(io.StringIO(promptfoo_csv(PLAIN), newline="")))
    assert [row["__expected1"] for row in rows] == ['equals:{"line": "auto"}', "equals:javascript:process.exit(1)"]
    with pytest.raises(Invalid, match="promptfoo"):
        promptfoo_csv([*PLAIN, Case("c", {"message": "no lines"})])


def test_promptfoo_gets_back_the_assertions_that_came_from_it() -> None:
    case = Case("c", {"q": "x"}, {
        "assert": [
            {"kind": "icontains_any", "value": ["a", "b"], "not": False}, {"kind": "equals", "value": "c", "not": True},
            {"kind": "is_json", "value": None, "not": False},
        ]
    })  # fmt: skip
    (test,) = yaml.safe_load(promptfoo_yaml([case]))
    assert test["assert"] == [
        {"type": "icontains-any", "value": ["a", "b"]}, {"type": "not-equals", "value": "c"}, {"type": "is-json", "value": None},
    ]  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(promptfoo_csv([case]), newline=""))
    assert [row[f"__expected{place}"] for place in (1, 2, 3)] == ["icontains-any:a, b", "not-equals:c", "is-json:"]


@pytest.mark.parametrize("text", ["{{ env.HOME }}", "{% include 'x' %}", "file:///etc/passwd", "package:x", "{# note"])
def test_promptfoo_gets_no_text_that_it_would_run(text: str) -> None:
    for case in (Case("bad", text), Case("bad", {"v": text}), Case("bad", "x", text)):
        for form in (promptfoo_yaml, promptfoo_csv):
            with pytest.raises(Invalid) as caught:
                form([case])
            assert caught.value.fields[0].field.startswith("bad.")


def test_trend_is_of_one_suite_and_in_the_order_of_time() -> None:
    with pytest.raises(Invalid, match="one suite"):
        trend([])
    with pytest.raises(Invalid, match="one suite"):
        trend([RUN, replace(RUN, suite="other")])
    early = replace(RUN, run_id="first", started_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1))
    made = trend([RUN, early])
    assert [one.run_id for one in made.runs] == ["first", RUN.run_id]
    assert made.course("fields", "nobody") == (None, None)


def _rows_hold(text: str) -> None:
    """Every table of the Markdown has as many cells in each row as in its head."""
    wanted = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            wanted = 0
            continue
        cells = line.count("|") - 1
        wanted = wanted or cells
        assert cells == wanted, line
