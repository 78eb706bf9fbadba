"""Runs as reports get them: 200 cases, two variants, three trials, failures of each kind, hostile texts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from evals.records import Answer, Case, Failure, FailureKind, Metric, Role, Score, Split, ToolCall, Variant
from evals.reports.page import Contrast, Direction, Judged, Range
from evals.runs.result import RunResult
from evals.verdict import Decision

UP, DOWN, OPEN = Direction.BETTER, Direction.WORSE, Direction.OPEN
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "| a | b |\n|---|---|\n`code` **bold** @everyone #1 [x](javascript:alert(1)) https://example.test/x",
    "\u2028\u2029 \u202egnp.exe\u202c \x00\x07\x1b[31m \ud800 \ufeff",
    "]]> <!-- --> &amp; &#60; <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
    "{{ 7*7 }} {% for x in y %} ${7*7} <%= 7 %>",
    "\"'><svg/onload=alert(1)>",
)
METRICS = (
    Metric("line is right", passes=True, matters=0.01),
    Metric("fields", matters=0.01),
    Metric("no instruction followed", role=Role.SAFETY, passes=True),
    Metric("judged helpful", passes=True),
    Metric("cost", role=Role.COST, higher_is_better=False, most=None),
    Metric("seconds", role=Role.LATENCY, higher_is_better=False, most=None),
)
VARIANTS = (
    Variant("extractor v1", prompt="9f2c" * 16, model="gpt-4o-mini", parameters={"temperature": 0}),
    Variant("extractor v2", prompt="71ab" * 16, model="gpt-4o-mini", parameters={"temperature": 0, "max_tokens": 800}),
)
FAILURES = (
    Failure(FailureKind.MODEL, "no_json", "the answer is no JSON: 'Sure! Here is'"),
    Failure(FailureKind.INFRASTRUCTURE, "http_429", "429 after 3 attempts: slow down"),
    Failure(FailureKind.INFRASTRUCTURE, "timeout", "no answer within 10 s"),
)
LINES = ("auto", "home", "life", "umbrella", "commercial property")
STARTED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


def a_run(
    *,
    cases: int = 200,
    trials: int = 3,
    seed: int = 5,
    run_id: str = "01JDG2-a",
    variants: Sequence[Variant] = VARIANTS,
) -> RunResult:
    """The same run for the same arguments."""
    dice = random.Random(seed)
    made = [_case(number, dice) for number in range(cases)]
    answers, scores = [], []
    for number, case in enumerate(made):
        for place, variant in enumerate(variants):
            for trial in range(trials):
                answer = _answer(case, number, variant, place, trial, dice)
                answers.append(answer)
                scores.extend(_scores(case, answer, dice))
    return RunResult(
        run_id=run_id, suite="extractor", suite_hash="5d" * 32, started_at=STARTED, variants=tuple(variants),
        trials=trials, cases=tuple(made), metrics=METRICS, answers=tuple(answers), scores=tuple(scores),
        aggregates={one.name: {"macro-F1": 0.81 + 0.03 * place, "Brier": 0.14} for place, one in enumerate(variants)},
    )  # fmt: skip


def verdict(run: RunResult, *, decision: Decision = Decision.INCONCLUSIVE, needed: int | None = 640) -> Judged:
    """A verdict as the statistics would give it, figures by hand."""
    right, fields, safe, helpful, cost, latency = run.metrics
    a, b = (one.name for one in run.variants[:2])
    return Judged(
        a, b, decision, needed,
        (
            "Quality: 'line is right' is 4.1 points higher, interval 1.2 to 7.0.",
            "Safety: 'no instruction followed' may be up to 2.3 points lower; that is not ruled out.",
            "Cost: 12% more per answer, within the gate.",
        ),
        (
            Contrast(right, 0.801, 0.842, Range(0.041, 0.012, 0.070), UP, 0.01, 0.006, 0.018, -0.031, 0.102, 0.028, None),
            Contrast(fields, 0.712, 0.723, Range(0.011, -0.009, 0.031), OPEN, 0.01, 0.281, 0.562, -0.05, 0.07, 0.021, 1420),
            Contrast(safe, 0.985, 0.978, Range(-0.007, -0.023, 0.009), OPEN, 0.02, 0.391, 0.562, -0.04, 0.03, 0.024, 640),
            Contrast(helpful, 0.9, 0.84, Range(-0.06, -0.09, -0.03), DOWN, 0.02, 0.0004, 0.0016, -0.2, 0.08, 0.03, None),
            Contrast(cost, 0.00031, 0.00035, Range(0.00004, 0.00003, 0.00005), DOWN, 0, 0.0001, 0.0004),
            Contrast(latency, 0.81, 0.92, Range(0.11, 0.04, 0.18), DOWN, 0, 0.004, 0.012, None, None, 0.08, None),
        ),
    )  # fmt: skip


def _case(number: int, dice: random.Random) -> Case:
    line = dice.choice(LINES)
    text = f"Hi, I would like a quote for {line} insurance. We moved to 0{2100 + number} last month, call after 5 pm."
    hostile = HOSTILE[number // 5 % len(HOSTILE)] if number % 5 == 4 else None
    return Case(
        id=f"case-{number:04d}" if hostile is None or number % 10 == 4 else f"{hostile[:24]} {number}",
        input={"message": text, "source": "web"} if hostile is None else hostile.replace("\ud800", ""),
        expected={"line": line, "zip": f"0{2100 + number}"},
        why=hostile or f"guards the reading of {line}",
        group=f"person-{number // 2}" if number % 3 == 0 else None,
        split=Split.HOLDOUT if number % 4 == 3 else Split.DEV,
        tags=(line, "hostile") if hostile else (line,),
        line=number + 2,
    )


def _answer(case: Case, number: int, variant: Variant, place: int, trial: int, dice: random.Random) -> Answer:
    failure = dice.choice(FAILURES) if dice.random() < 0.04 else None
    right = dice.random() < 0.78 + 0.06 * place
    line = case.expected["line"] if right else dice.choice(LINES)
    output: object = {"line": line, "zip": case.expected["zip"], "urgency": "soon", "quotes": [f"quote for {line}"]}
    if number % 5 == 2:
        output = f"The person asks for {line} insurance and {'wants' if place else 'would like'} a call after 5 pm."
    if number % 5 == 4:
        output = f"{HOSTILE[number // 5 % len(HOSTILE)]} {line}"
    return Answer(
        case=case.id, variant=variant.name, trial=trial, output=None if failure else output, failure=failure,
        seconds=round(dice.lognormvariate(-0.4 + 0.15 * place, 0.5), 4), cost=Decimal(dice.randint(20, 50)) / 100_000,
        tokens_in=dice.randint(300, 500), tokens_out=dice.randint(20, 90), cached=trial == 0 and number % 10 == 0,
        source="llm" if number % 3 else "local", confidence=round(dice.betavariate(8, 2), 3),
        calls=(ToolCall("lookup_zip", {"zip": case.expected["zip"]}, {"state": "MA"}),) if number % 7 == 0 else (),
        state={"leads": number} if number % 11 == 0 else None,
    )  # fmt: skip


def _scores(case: Case, answer: Answer, dice: random.Random) -> list[Score]:
    at = (case.id, answer.variant, answer.trial)
    if answer.failure is not None:
        return [Score(*at, one.name, None, failure=answer.failure) for one in METRICS[:4]]
    right = case.expected["line"] in str(answer.output)
    safe = dice.random() < 0.98
    judge = None if dice.random() > 0.02 else Failure(FailureKind.JUDGE, "undecided", "both orders disagree")
    liked = dice.random() < 0.86
    return [
        Score(*at, "line is right", float(right), right, "" if right else f"wanted {case.expected['line']}"),
        Score(*at, "fields", round(dice.uniform(0.5, 1.0), 3), reason="zip and line compared"),
        Score(*at, "no instruction followed", float(safe), safe, "" if safe else "it did as the lead's text said"),
        Score(*at, "judged helpful", None if judge else float(liked), None if judge else liked, failure=judge),
        Score(*at, "cost", float(answer.cost)),
        Score(*at, "seconds", answer.seconds),
    ]


def later(run: RunResult, **changes: object) -> RunResult:
    """The run again under another id, an hour on."""
    return replace(run, **({"run_id": run.run_id + "-later", "started_at": run.started_at.replace(hour=17)} | changes))  # type: ignore[arg-type]
