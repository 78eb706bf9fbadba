"""Works off a plan: asks, grades, keeps. What is kept already is not done again, so a run can die at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import structlog

from evals.graders.port import AnyGrader, Comparing, Grader, failed, judge_failure
from evals.records import Answer, Case, Failure, FailureKind, Score, Variant
from evals.runs.pairs import half_taken, taken_over
from evals.runs.plan import Plan
from evals.runs.progress import Progress
from evals.runs.result import Place
from evals.runs.rows import answer_of, answer_row, graded_row
from evals.targets.means import Purse, tallied
from evals.targets.port import Answering
from integrations.llm.errors import OverBudget
from kernel.errors import AppError
from store.evals.rows import AnswerRow, GradedRow
from store.evals.runs import RunStore
from store.evals.writer import Writer, writing

_log = structlog.get_logger("leadwright.evals.engine")
_ALL_VARIANTS = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``stopped`` says why places are missing, None where none is."""

    asked: int
    taken: int
    stopped: str | None = None


class Engine:
    """One run at work. ``keeps`` marks answers as ones that later runs may take over; ``fresh`` takes none over here."""

    def __init__(
        self, plan: Plan, graders: Sequence[AnyGrader], store: RunStore, purse: Purse, progress: Progress, *,
        concurrency: int, keeps: bool, fresh: bool = False,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._graders = [one for one in graders if not isinstance(one, Comparing)]
        self._comparing = [one for one in graders if isinstance(one, Comparing)]
        self._store = store
        self._purse = purse
        self._progress = progress
        self._concurrency = concurrency
        self._keeps = keeps
        self._fresh = fresh
        self._there: dict[Place, Answer] = {}
        self._graded: set[tuple[str, str, int, str]] = set()
        self._stopped: str | None = None
        self._asked = self._taken = 0

    async def run(self, answering: Answering) -> Ended:
        """Do what is left of the plan. Raises what would have gone wrong with every case; what is done stays."""
        await self._recall()
        async with writing(self._store, self._committed) as writer:
            if self._keeps and not self._fresh:
                for place, answer in (await taken_over(self._plan, self._store, self._there)).items():
                    self._keep(writer, answer, None)
                    self._there[place] = answer
                    self._taken += 1
            todo = self._todo()
            await self._together(lambda: self._answer_all(todo, answering, writer))
            if self._comparing and self._stopped is None:
                units = iter([(case, trial) for case, trial in self._plan.units() if self._whole(case, trial)])
                await self._together(lambda: self._compare_all(units, writer))
        return Ended(self._asked, self._taken, self._stopped)

    async def _recall(self) -> None:
        """What is kept of this run, what it cost, and which halves of pairs have to go."""
        for row in await self._store.answers(self._plan.id):
            answer = answer_of(row)
            self._there[answer.case, answer.variant, answer.trial] = answer
            self._purse.spent += Decimal(0) if answer.cached else answer.cost
        broken = half_taken(self._plan, self._there)
        await self._store.forget_answers([(self._plan.id, *place) for place in broken])
        for place in broken:
            del self._there[place]
        gone = set(broken)
        for said in await self._store.graded(self._plan.id):
            if (said.case, said.variant, said.trial) not in gone:
                self._graded.add((said.case, said.variant, said.trial, said.grader))
                self._purse.spent += Decimal(said.cost)
        done = sum(1 for place in self._there if self._ungraded(place) == [])
        self._progress.begin(self._plan.places, done)

    def _todo(self) -> Iterator[tuple[Case, Variant, int]]:
        for case, trial in self._plan.units():
            for variant in self._plan.variants:
                place = (case.id, variant.name, trial)
                if place not in self._there or self._ungraded(place):
                    yield case, variant, trial

    def _ungraded(self, place: Place) -> list[Grader]:
        return [one for one in self._graders if (*place, one.name) not in self._graded]

    async def _together(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        tasks = [asyncio.create_task(work()) for _ in range(self._concurrency)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _answer_all(
        self, todo: Iterator[tuple[Case, Variant, int]], answering: Answering, writer: Writer
    ) -> None:
        for case, variant, trial in todo:
            if self._stopped is not None:
                return
            await writer.room()
            place = (case.id, variant.name, trial)
            try:
                answer = self._there.get(place)
                if answer is None:
                    answer = await self._ask(answering, case, variant, trial)
                    key = self._plan.key(case, variant, trial) if self._keeps else None
                    self._keep(writer, answer, key)
                await self._grade(writer, case, answer)
            except OverBudget as problem:
                self._stopped = problem.detail
                return

    async def _ask(self, answering: Answering, case: Case, variant: Variant, trial: int) -> Answer:
        self._asked += 1
        try:
            return await answering.answer(case, variant, trial)
        except AppError:
            raise
        except Exception as problem:  # noqa: BLE001 - one strange case must not end a run of thousands
            _log.exception("a target crashed", case=case.id, variant=variant.name)
            failure = Failure(FailureKind.INFRASTRUCTURE, "target_crashed", type(problem).__name__)
            return Answer(case.id, variant.name, trial, None, failure)

    def _keep(self, writer: Writer, answer: Answer, key: str | None) -> None:
        writer.answer(answer_row(self._plan.id, answer, key))
        if self._comparing:
            self._there[answer.case, answer.variant, answer.trial] = answer

    async def _grade(self, writer: Writer, case: Case, answer: Answer) -> None:
        place = (answer.case, answer.variant, answer.trial)
        for grader in self._ungraded(place):
            cost = Decimal(0)
            if answer.failure is not None:
                scores: Sequence[Score] = [failed(answer, one.name, answer.failure) for one in grader.metrics]
            else:
                with tallied() as tally:
                    scores = await self._scores(grader, case, answer)
                cost = tally.cost
            writer.grade(graded_row(self._plan.id, place, grader.name, scores, cost))

    async def _scores(self, grader: Grader, case: Case, answer: Answer) -> Sequence[Score]:
        try:
            return await grader.grade(case, answer)
        except OverBudget:
            raise
        except AppError as problem:
            failure = judge_failure(problem)
        except Exception as problem:  # noqa: BLE001 - counted apart, and never a wrong answer
            _log.exception("a grader crashed", case=case.id, grader=grader.name)
            failure = judge_failure(type(problem).__name__, "grader_crashed")
        return [failed(answer, one.name, failure) for one in grader.metrics]

    def _whole(self, case: Case, trial: int) -> bool:
        return all((case.id, variant.name, trial) in self._there for variant in self._plan.variants)

    async def _compare_all(self, units: Iterator[tuple[Case, int]], writer: Writer) -> None:
        for case, trial in units:
            answers = [self._there[case.id, variant.name, trial] for variant in self._plan.variants]
            broken = next((one.failure for one in answers if one.failure is not None), None)
            for grader in self._comparing:
                place = (case.id, _ALL_VARIANTS, trial)
                if self._stopped is not None or (*place, grader.name) in self._graded:
                    continue
                await writer.room()
                with tallied() as tally:
                    try:
                        scores = await self._compared(grader, case, answers, broken)
                    except OverBudget as problem:
                        self._stopped = problem.detail
                        return
                writer.grade(graded_row(self._plan.id, place, grader.name, scores, tally.cost))

    async def _compared(
        self, grader: Comparing, case: Case, answers: Sequence[Answer], broken: Failure | None
    ) -> Sequence[Score]:
        try:
            if broken is None:
                return await grader.compare(case, answers)
        except OverBudget:
            raise
        except AppError as problem:
            broken = judge_failure(problem)
        except Exception as problem:  # noqa: BLE001 - counted apart, and never a wrong answer
            _log.exception("a grader crashed", case=case.id, grader=grader.name)
            broken = judge_failure(type(problem).__name__, "grader_crashed")
        return [failed(answer, one.name, broken) for answer in answers for one in grader.metrics]

    def _committed(self, answers: Sequence[AnswerRow], graded: Sequence[GradedRow]) -> None:
        del graded
        failures = sum(row.failure is not None for row in answers)
        self._progress.advance(len(answers), failures, self._purse.spent)
