"""A run out of the store, as statistics and reports read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.graders.port import Aggregating, AnyGrader
from evals.records import Answer, Score
from evals.runs.plan import Plan
from evals.runs.result import RunResult
from evals.runs.rows import answer_of, scores_of
from store.evals.runs import RunStore


async def load_result(store: RunStore, wanted: str, graders: Sequence[AnyGrader] = ()) -> RunResult:
    """The run whose id begins with ``wanted``. Aggregates are made by ``graders``; without them there are none.

    Raises NotFound, and Conflict for an ambiguous beginning.
    """
    plan = Plan.from_row(await store.run(wanted))
    answers = [answer_of(row) for row in await store.answers(plan.id)]
    scores = scores_of(await store.graded(plan.id))
    return result_of(plan, answers, scores, graders)


def result_of(
    plan: Plan, answers: Sequence[Answer], scores: Sequence[Score], graders: Sequence[AnyGrader] = ()
) -> RunResult:
    """The result, sorted as it promises."""
    case_at = {case.id: place for place, case in enumerate(plan.cases)}
    variant_at = {variant.name: place for place, variant in enumerate(plan.variants)}
    sorted_answers = sorted(answers, key=lambda one: (case_at[one.case], variant_at[one.variant], one.trial))
    sorted_scores = sorted(scores, key=lambda one: (case_at[one.case], variant_at[one.variant], one.trial, one.metric))
    return RunResult(
        plan.id, plan.suite, plan.suite_hash, plan.started_at, plan.variants, plan.trials, plan.cases, plan.metrics,
        tuple(sorted_answers), tuple(sorted_scores), _aggregates(plan, sorted_answers, sorted_scores, graders),
    )  # fmt: skip


def _aggregates(
    plan: Plan, answers: Sequence[Answer], scores: Sequence[Score], graders: Sequence[AnyGrader]
) -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for variant in plan.variants:
        mine = [one for one in answers if one.variant == variant.name and one.failure is None]
        figures: dict[str, float] = {}
        for grader in graders:
            if isinstance(grader, Aggregating) and mine:
                names = {metric.name for metric in grader.metrics}
                own = [one for one in scores if one.variant == variant.name and one.metric in names]
                figures |= grader.aggregate(plan.cases, mine, own)
        found[variant.name] = figures
    return found
