"""From a suite and the wishes of whoever runs it to a run that is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evals.graders.port import AnyGrader, Binding
from evals.records import FailureKind, Split, Variant
from evals.runs.engine import Ended, Engine
from evals.runs.loading import load_result
from evals.runs.plan import ALL, Plan
from evals.runs.progress import Progress
from evals.runs.recorded import Replayed, read_recording, recording_of, write_recording
from evals.runs.result import RunResult
from evals.runs.rows import answer_of
from evals.suite import Suite
from evals.targets.means import Means, Purse
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from store.evals.rows import UsedRow
from store.evals.runs import RunStore, moment


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a suite is to be run. None is as the suite or the settings say. ``split`` None runs the cases of both.

    ``fresh`` asks again for what earlier runs were answered; ``retry`` asks again, when resuming, for what failed on the way or
    could not be graded; ``record`` and ``replay`` keep answers beside the suite and use them.
    """

    variants: Sequence[str] = ()
    trials: int | None = None
    split: Split | None = Split.DEV
    limit: int | None = None
    budget: Decimal | None = None
    concurrency: int | None = None
    fresh: bool = False
    retry: bool = False
    record: bool = False
    replay: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A run and how it ended. ``uses`` counts the runs that used these cases, this one included; ``spent`` is dollars, judges
    included.
    """

    result: RunResult
    ended: Ended
    uses: int
    spent: Decimal = Decimal(0)


async def run_suite(
    suite: Suite, wishes: Wishes, settings: Settings, store: RunStore, progress: Progress, *, resume: str | None = None
) -> Done:
    """Run a suite, or go on with a run of it. Raises Conflict where a holdout was opened too often, or another process has it."""
    means = means_of(wishes, settings)
    try:
        plan = await _planned(suite, wishes, means, store, resume)
        async with store.alone(plan.id):
            if wishes.retry:
                await _forget_failures(plan, store)
            ended = await _worked_off(plan, suite, wishes, means, store, progress)
        result = await load_result(store, plan.id, suite.graders)
        if wishes.record:
            write_recording(recording_of(suite), plan, result)
        return Done(result, ended, await store.uses(plan.dataset, plan.split or ALL), means.purse.spent)
    finally:
        await means.close()


def means_of(wishes: Wishes, settings: Settings) -> Means:
    """The means of a run with its budget."""
    budget = settings.evals.budget_usd if wishes.budget is None else wishes.budget
    return Means(settings, Purse(budget), wishes.concurrency or settings.evals.concurrency)


async def _planned(suite: Suite, wishes: Wishes, means: Means, store: RunStore, resume: str | None) -> Plan:
    if resume is not None:
        plan = Plan.from_row(await store.run(resume))
        if plan.suite != suite.name:
            fault = FieldError("resume", "other", f"is a run of {plan.suite}", f"name a run of {suite.name}", resume)
            raise Invalid("the run cannot be resumed", fields=(fault,))
        plan.require_same(suite, tuple(suite.target.variant(one.name, means) for one in plan.variants))
        return plan
    variants: tuple[Variant, ...] = tuple(
        suite.target.variant(spec, means) for spec in wishes.variants or suite.variants
    )
    plan = Plan.of(suite, variants, trials=wishes.trials or suite.trials, split=wishes.split, limit=wishes.limit)
    most = means.settings.evals.holdout_openings if plan.split is Split.HOLDOUT else None
    used = UsedRow(plan.dataset, plan.split or ALL, plan.id, suite.name, moment(now()))
    await store.begin(plan.row(), used, most)
    return plan


async def _worked_off(
    plan: Plan, suite: Suite, wishes: Wishes, means: Means, store: RunStore, progress: Progress
) -> Ended:
    graders = tuple(_bound(one, means) for one in suite.graders)
    engine = Engine(
        plan, graders, store, means.purse, progress, concurrency=means.concurrency,
        keeps=suite.target.keeps and not wishes.replay, fresh=wishes.fresh,
    )  # fmt: skip
    if wishes.replay:
        return await engine.run(Replayed(plan, read_recording(recording_of(suite))))
    async with suite.target.open(means) as answering:
        return await engine.run(answering)


def _bound(grader: AnyGrader, means: Means) -> AnyGrader:
    return grader.bound(means) if isinstance(grader, Binding) else grader


async def _forget_failures(plan: Plan, store: RunStore) -> None:
    """What failed on the way is asked again, and what could not be graded is graded again; what a model said stays."""
    rows = [answer_of(row) for row in await store.answers(plan.id)]
    lost = [one for one in rows if one.failure is not None and one.failure.kind is FailureKind.INFRASTRUCTURE]
    await store.forget_answers([(plan.id, one.case, one.variant, one.trial) for one in lost])
    await store.forget_failed_grades(plan.id)
