"""What a run does, and what of it is left when it is interrupted, fails, or was done before."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from evals.graders.exact import Exact
from evals.records import Answer, Case, FailureKind, Score, Split
from evals.runs.export import export_lines
from evals.runs.gating import Outcome, check, outcome
from evals.runs.loading import load_result
from evals.suite import Gate, Suite
from evals.verdict import Decision, verdict
from kernel.errors import Conflict, Invalid, NotFound
from store.evals.runs import RunStore, open_runs
from tests.evals.runs.killed import CASES, TARGET, TRIALS, begun
from tests.evals.runs.made import MadeTarget, a_suite, run


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_runs(tmp_path / "evals") as opened:
        yield opened


async def exported(suite: Suite, store: RunStore, run_id: str) -> str:
    return "\n".join(export_lines(await load_result(store, run_id, suite.graders)))


async def test_every_place_is_answered_and_graded_once(store: RunStore) -> None:
    target = MadeTarget()
    done = await run(a_suite(target), store, trials=3)
    assert (len(done.result.answers), len(done.result.scores), done.result.missing) == (72, 72, 0)
    assert len(target.asked.places) == len(set(target.asked.places)) == 72
    assert done.ended.stopped is None


async def test_twenty_kills_leave_the_same_bytes(tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    suite = a_suite(TARGET, cases=CASES)
    async with open_runs(whole / "evals") as store:
        wanted = await exported(suite, store, (await run(suite, store, trials=TRIALS)).result.run_id)
    chance = random.Random(11)
    counts: list[int] = []
    with begun(torn) as runs:
        for _ in range(20):
            pid = runs.begin()
            await asyncio.sleep(chance.uniform(0.0, 0.05))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            runs.ended()
            async with open_runs(torn / "evals") as store:
                rows = await store.runs()
                counts.append(len(await store.answers(rows[0].id)))
    assert counts == sorted(counts)
    assert len(set(counts)) > 5, "the kills hit a run under way"
    async with open_runs(torn / "evals") as store:
        (row,) = await store.runs()
        await run(suite, store, resume=row.id, trials=TRIALS)
        assert await exported(suite, store, row.id) == wanted


async def test_a_resumed_run_asks_only_for_what_is_missing(store: RunStore) -> None:
    target = MadeTarget(dollars="1")
    stopped = await run(a_suite(target), store, budget=Decimal(9), concurrency=1)
    assert stopped.ended.stopped is not None
    assert (len(stopped.result.answers), stopped.result.missing) == (9, 15)
    assert not [one for one in stopped.result.answers if one.failure]
    before = list(target.asked.places)
    done = await run(a_suite(target), store, resume=stopped.result.run_id, budget=Decimal(100))
    assert done.result.missing == 0
    assert len(target.asked.places) == 24
    assert not set(before) & set(target.asked.places[9:])


async def test_the_budget_counts_what_was_spent_before_the_interruption(store: RunStore) -> None:
    target = MadeTarget(dollars="1")
    stopped = await run(a_suite(target), store, budget=Decimal(9), concurrency=1)
    again = await run(a_suite(target), store, resume=stopped.result.run_id, budget=Decimal(12), concurrency=1)
    assert len(again.result.answers) == 12


async def test_one_process_at_a_time_has_a_run(store: RunStore) -> None:
    done = await run(a_suite(MadeTarget()), store)
    async with store.alone(done.result.run_id):
        with pytest.raises(Conflict, match="under way"):
            await run(a_suite(MadeTarget()), store, resume=done.result.run_id)


async def test_several_processes_write_runs_of_their_own(tmp_path: Path) -> None:
    async def one() -> str:
        async with open_runs(tmp_path / "evals") as store:
            return (await run(a_suite(MadeTarget(seconds=0.002)), store, fresh=True)).result.run_id

    ids = await asyncio.gather(*(one() for _ in range(4)))
    async with open_runs(tmp_path / "evals") as store:
        assert [len(await store.answers(run_id)) for run_id in ids] == [24] * 4


async def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    async def one(folder: Path) -> None:
        async with open_runs(folder):
            pass

    for turn in range(40):
        await asyncio.gather(*(one(tmp_path / str(turn)) for _ in range(8)))


async def test_another_suite_or_variant_is_not_resumed(store: RunStore) -> None:
    done = await run(a_suite(MadeTarget()), store)
    with pytest.raises(Conflict, match="was changed"):
        await run(a_suite(MadeTarget(), cases=13), store, resume=done.result.run_id)
    with pytest.raises(NotFound):
        await run(a_suite(MadeTarget()), store, resume="nothing")


# taking answers over


async def test_all_variants_of_a_case_come_from_one_earlier_run_or_none_does(store: RunStore) -> None:
    target = MadeTarget(counted=True)
    first = await run(a_suite(target), store, variants=("a",))
    assert len(target.asked.places) == 12
    both = await run(a_suite(target), store, variants=("a", "b"))
    assert len(target.asked.places) == 36, "a was there and b was not, so both are asked"
    assert not [one for one in both.result.answers if one.cached]
    third = await run(a_suite(target), store, variants=("b", "a"))
    assert len(target.asked.places) == 36
    assert all(one.cached for one in third.result.answers)
    said = {(one.case, one.variant): one.output["number"] for one in both.result.answers}
    assert {(one.case, one.variant): one.output["number"] for one in third.result.answers} == said
    assert said != {(one.case, one.variant): one.output["number"] for one in first.result.answers}


async def test_halves_of_different_runs_make_no_pair(store: RunStore) -> None:
    target = MadeTarget()
    await run(a_suite(target), store, variants=("a",))
    await run(a_suite(target), store, variants=("b",))
    await run(a_suite(target), store, variants=("a", "b"))
    assert len(target.asked.places) == 48


async def test_trials_never_come_from_one_answer(store: RunStore) -> None:
    target = MadeTarget(counted=True)
    await run(a_suite(target), store, trials=1)
    done = await run(a_suite(target), store, trials=3)
    assert len(target.asked.places) == 24 + 48, "the first trial is taken over, the other two are asked"
    numbers = [one.output["number"] for one in done.result.answers]
    assert len(set(numbers)) == len(numbers) == 72


@pytest.mark.parametrize("other", [MadeTarget(words="other words"), MadeTarget(name="other"), MadeTarget(keeps=False)])
async def test_answers_of_something_else_are_not_taken_over(store: RunStore, other: MadeTarget) -> None:
    await run(a_suite(MadeTarget()), store)
    done = await run(a_suite(other), store)
    assert not [one for one in done.result.answers if one.cached]


async def test_failures_are_not_taken_over_and_fresh_takes_nothing(store: RunStore) -> None:
    fails = ("a", 1.0, FailureKind.INFRASTRUCTURE)
    await run(a_suite(MadeTarget(fails=(fails,))), store)
    done = await run(a_suite(MadeTarget()), store)
    assert not [one for one in done.result.answers if one.cached]
    again = await run(a_suite(MadeTarget()), store, fresh=True)
    assert not [one for one in again.result.answers if one.cached]


# what fails


async def test_half_of_the_calls_fail_and_nothing_is_dropped(store: RunStore) -> None:
    fails = (("a", 0.5, FailureKind.INFRASTRUCTURE), ("b", 0.5, FailureKind.INFRASTRUCTURE))
    suite = a_suite(MadeTarget(share=1.0, fails=fails), cases=60, gate=(Gate("exact", least=0.9),))
    result = (await run(suite, store)).result
    lost = [one for one in result.answers if one.failure]
    assert 40 < len(lost) < 80
    assert (len(result.answers), len(result.scores)) == (120, 120)
    assert sum(one.failure is not None for one in result.scores) == len(lost)
    found = verdict(result, "a", "b")
    assert found.decision is Decision.INCONCLUSIVE
    (metric,) = found.comparisons
    assert metric.best - metric.worst > 0.8
    checked = check(result, suite.gate)
    assert {one.value for one in checked} == {1.0}
    assert outcome(checked) is Outcome.OPEN


async def test_a_model_that_answers_unusably_fails_the_gate(store: RunStore) -> None:
    suite = a_suite(
        MadeTarget(share=1.0, fails=(("a", 0.5, FailureKind.MODEL),)), cases=40, gate=(Gate("exact", least=0.9),)
    )
    checked = {one.variant: one for one in check((await run(suite, store)).result, suite.gate)}
    assert (checked["a"].outcome, checked["b"].outcome) == (Outcome.FAILS, Outcome.HOLDS)


async def test_what_failed_on_the_way_is_asked_again_on_request(store: RunStore) -> None:
    first = MadeTarget(fails=(("a", 0.5, FailureKind.INFRASTRUCTURE), ("b", 0.5, FailureKind.MODEL)), share=0.7)
    done = await run(a_suite(first), store)
    lost = {(one.case, one.variant) for one in done.result.answers if one.failure and one.variant == "a"}
    kept = {(one.case, one.variant) for one in done.result.answers if one.failure and one.variant == "b"}
    assert lost
    assert kept
    again = await run(a_suite(first), store, resume=done.result.run_id, retry=True)
    assert {(case, variant) for case, variant, _ in first.asked.places[24:]} == lost
    assert {(one.case, one.variant) for one in again.result.answers if one.failure and one.variant == "b"} == kept


class Crashing(Exact):
    async def grade(self, case: Case, answer: Answer) -> list[Score]:
        if case.id == "case-003":
            msg = "a fault of the grader"
            raise ValueError(msg)
        return list(await super().grade(case, answer))


async def test_a_grader_that_crashes_is_a_failure_of_the_judge(store: RunStore) -> None:
    result = (await run(a_suite(MadeTarget(), graders=(Crashing("word"),)), store)).result
    lost = [one for one in result.scores if one.failure]
    assert [(one.case, one.variant) for one in lost] == [("case-003", "a"), ("case-003", "b")]
    assert {one.failure.kind for one in lost if one.failure} == {FailureKind.JUDGE}
    assert not [one for one in result.answers if one.failure]


# the holdout


async def test_the_holdout_opens_a_few_times_and_then_says_how_often_it_was_used(store: RunStore) -> None:
    suite = a_suite(MadeTarget(), split=Split.HOLDOUT)
    uses = [(await run(suite, store, split=Split.HOLDOUT)).uses for _ in range(3)]
    assert uses == [1, 2, 3]
    with pytest.raises(Conflict, match="were used 3 times") as refused:
        await run(suite, store, split=Split.HOLDOUT)
    assert refused.value.code == "holdout_spent"
    assert len(await store.runs()) == 3
    changed = a_suite(MadeTarget(), cases=13, split=Split.HOLDOUT)
    assert (await run(changed, store, split=Split.HOLDOUT)).uses == 1


async def test_dev_is_counted_and_not_limited(store: RunStore) -> None:
    suite = a_suite(MadeTarget())
    assert [(await run(suite, store)).uses for _ in range(5)] == [1, 2, 3, 4, 5]


# recordings


async def test_what_was_recorded_is_replayed_without_asking(store: RunStore, tmp_path: Path) -> None:
    recorded = await run(a_suite(MadeTarget(), folder=tmp_path), store, record=True)
    silent = MadeTarget()
    replayed = await run(a_suite(silent, folder=tmp_path), store, replay=True)
    assert silent.asked.places == []
    assert [one.output for one in replayed.result.answers] == [one.output for one in recorded.result.answers]
    assert not [one for one in replayed.result.answers if one.cached]


async def test_a_stale_or_missing_recording_names_the_case(store: RunStore, tmp_path: Path) -> None:
    await run(a_suite(MadeTarget(), folder=tmp_path, cases=3), store, record=True)
    with pytest.raises(Invalid) as refused:
        await run(a_suite(MadeTarget(words="other"), folder=tmp_path, cases=3), store, replay=True)
    assert refused.value.code == "stale_recording"
    assert refused.value.fields[0].field == "case case-000, variant a, trial 0"
    assert {one.code for one in refused.value.fields} == {"stale"}
    with pytest.raises(Invalid) as refused:
        await run(a_suite(MadeTarget(), folder=tmp_path, cases=4), store, replay=True)
    assert [(one.field, one.code) for one in refused.value.fields] == [
        ("case case-003, variant a, trial 0", "missing"), ("case case-003, variant b, trial 0", "missing"),
    ]  # fmt: skip
    with pytest.raises(NotFound, match="--record"):
        await run(a_suite(MadeTarget(), folder=tmp_path / "elsewhere"), store, replay=True)


async def test_a_failed_answer_is_not_recorded(store: RunStore, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="nothing was recorded"):
        await run(a_suite(MadeTarget(fails=(("a", 0.5, FailureKind.MODEL),)), folder=tmp_path), store, record=True)
    assert not (tmp_path / "recorded.jsonl").exists()
