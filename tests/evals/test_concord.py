"""Local answer, cascade and language model beside each other: live or recorded, and an honest word where there is neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from cli.commands.eval_views import run_table
from evals.concord import Concord, Origin, concord
from evals.records import Answer, Failure, FailureKind, Variant
from evals.reports.build import build
from evals.reports.html import page_html
from evals.reports.json_file import read_run, run_as_dict, run_json
from evals.reports.markdown import page_markdown
from evals.runs.plan import Plan
from evals.runs.recorded import FILE, write_recording
from evals.runs.result import RunResult
from evals.suite import Suite, load_suite
from evals.targets.agent import AgentTarget
from evals.targets.http import ChatTarget
from evals.targets.means import Means, Purse
from evals.targets.swapped import Swapped
from kernel.llm_settings import LlmSettings
from kernel.settings import Settings

SAID = {
    "line": "auto",
    "intent": "buy",
    "urgency": "soon",
    "out_of_scope": False,
    "language": "en",
    "line_confidence": 0.9,
}
CENT = Decimal("0.01")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path / "home")


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return replace(load_suite("classifier"), folder=tmp_path)


def variants_of(suite: Suite, settings: Settings, *names: str) -> tuple[Variant, ...]:
    means = Means(settings, Purse(None))
    return tuple(suite.target.variant(name, means) for name in names)


def a_run(
    suite: Suite, variants: tuple[Variant, ...], outputs: dict[str, list[Any]], cost: dict[str, Decimal]
) -> RunResult:
    """Three cases; an output of None is an answer that was lost."""
    cases = suite.cases.cases[:3]
    lost = Failure(FailureKind.INFRASTRUCTURE, "timeout", "x")
    answers = tuple(
        Answer(case.id, one.name, 0, said, None if said else lost, cost=cost.get(one.name, Decimal(0)))
        for one in variants
        for case, said in zip(cases, outputs[one.name], strict=True)
    )
    return RunResult(
        "r",
        suite.name,
        suite.hash,
        datetime(2026, 11, 25, tzinfo=UTC),
        variants,
        1,
        cases,
        suite.metrics,
        answers,
        (),
        {},
    )


def recorded(suite: Suite, settings: Settings, how: str, said: list[Any], cost: Decimal) -> None:
    variants = variants_of(suite, settings, how)
    plan = Plan.of(suite, variants, trials=1, split=None, limit=3)
    assert suite.folder is not None
    write_recording(suite.folder / FILE, plan, a_run(suite, variants, {how: said}, {how: cost}))


def local_run(suite: Suite, settings: Settings) -> RunResult:
    return a_run(suite, variants_of(suite, settings, "local"), {"local": [SAID] * 3}, {})


async def by_pair(run: RunResult, suite: Suite, settings: Settings) -> dict[tuple[str, str], Concord]:
    return {(one.one, one.other): one for one in await concord(run, suite, settings)}


async def test_without_a_recording_it_says_so(suite: Suite, settings: Settings) -> None:
    found = await by_pair(local_run(suite, settings), suite, settings)
    assert set(found) == {("local", "cascade"), ("local", "llm"), ("cascade", "llm")}
    assert all(one.share is None for one in found.values())
    assert found["local", "llm"].words == "local and llm: not known (llm: no recording)"


async def test_recorded_answers_are_compared_and_priced(suite: Suite, settings: Settings) -> None:
    recorded(suite, settings, "llm", [{**SAID, "line_confidence": 0.2}, SAID, {**SAID, "line": "home"}], CENT)
    recorded(suite, settings, "cascade", [SAID, SAID, {**SAID, "line": "home"}], CENT / 2)
    found = await by_pair(local_run(suite, settings), suite, settings)
    assert (found["local", "llm"].same, found["local", "llm"].known, found["local", "llm"].saved) == (2, 3, 3 * CENT)
    assert (found["cascade", "llm"].same, found["cascade", "llm"].saved) == (3, 3 * CENT / 2)
    assert found["local", "llm"].origins == (Origin.RUN, Origin.RECORDED)
    assert "the same in 2 of 3 cases (66.7%); local saves $0.0300" in found["local", "llm"].words


async def test_a_recording_of_another_model_is_stale_and_is_not_used(suite: Suite, settings: Settings) -> None:
    other = settings.model_copy(update={"llm": LlmSettings(api_key=SecretStr("sk-test"), model="other")})
    recorded(suite, other, "llm", [SAID] * 3, CENT)
    found = (await by_pair(local_run(suite, settings), suite, settings))["local", "llm"]
    assert (found.known, found.origins[1]) == (0, Origin.STALE)
    assert "another prompt, model or input" in found.words


async def test_live_answers_go_before_recorded_ones_and_lost_ones_do_not_count(
    suite: Suite, settings: Settings
) -> None:
    recorded(suite, settings, "cascade", [{**SAID, "line": "life"}] * 3, CENT)
    variants = variants_of(suite, settings, "local", "cascade")
    run = a_run(suite, variants, {"local": [SAID] * 3, "cascade": [SAID, None, SAID]}, {})
    found = (await by_pair(run, suite, settings))["local", "cascade"]
    assert (found.same, found.known, found.cases, found.origins[1]) == (2, 2, 3, Origin.RUN)
    assert "1 cases lack one" in found.words


async def test_a_target_with_one_way_has_nothing_to_agree(suite: Suite, settings: Settings) -> None:
    plain = replace(suite, target=ChatTarget(("Say: {input}",)))
    assert await concord(local_run(suite, settings), plain, settings) == ()
    scorer = load_suite("scorer")
    assert {(one.one, one.other) for one in await concord(local_run(scorer, settings), scorer, settings)} == {
        ("local", "cascade")
    }


def test_what_is_told_leaves_confidence_and_quotes_out() -> None:
    fields = {"zip": {"value": "78701", "confidence": 0.9}}
    told = AgentTarget("extractor").told({"fields": fields, "do_not_call": True, "evidence": ["x"]})
    assert told == {"fields": {"zip": "78701"}, "do_not_call": True}
    assert Swapped(AgentTarget("scorer")).told({"ways": [{"score": 1, "tier": "hot", "x": 2}]}) == [
        {"score": 1, "tier": "hot"}
    ]


async def test_every_form_says_it(suite: Suite, settings: Settings) -> None:
    recorded(suite, settings, "llm", [SAID] * 3, CENT)
    run = local_run(suite, settings)
    found = await concord(run, suite, settings)
    page = build(run, concord=found)
    for text in (page_html(page), page_markdown(page)):
        assert "the same in 3 of 3 cases" in text.replace("\N{WORD JOINER}", "")
        assert "no recording" in text
    assert run_as_dict(run, found)["agreement"][1]["same"] == 3
    assert read_run(run_json(run, found)) == read_run(run_json(run))
    console = Console(file=StringIO(), width=200)
    console.print(run_table(run, [], found))
    assert "agreement of local and llm: the same in 3 of 3 cases" in console.file.getvalue()  # type: ignore[attr-defined]
