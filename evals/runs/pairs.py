"""Which answers are taken over from earlier runs. For one case and trial it is all variants or none.

A pair of which one half is old and the other new would measure what changed in between: the model behind a name, the hour, the
load. So all variants of a case come from one and the same earlier run, the latest that has them all, or all are asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from evals.records import Answer
from evals.runs.plan import Plan
from evals.runs.result import Place
from evals.runs.rows import answer_of
from store.evals.runs import RunStore


async def taken_over(plan: Plan, store: RunStore, there: Mapping[Place, Answer]) -> dict[Place, Answer]:
    """Answers for the units of which nothing is there yet, by place; without calls made again, and so without cost."""
    open_units = [
        (case, trial)
        for case, trial in plan.units()
        if not any((case.id, variant.name, trial) in there for variant in plan.variants)
    ]
    keys = {plan.key(case, variant, trial): (case.id, trial) for case, trial in open_units for variant in plan.variants}
    by_run: defaultdict[str, dict[str, Answer]] = defaultdict(dict)
    runs_of: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for row in await store.cached(list(keys)):
        assert row.cache_key is not None
        by_run[row.run][row.cache_key] = answer_of(row)
        runs_of[keys[row.cache_key]].add(row.run)
    found: dict[Place, Answer] = {}
    for case, trial in open_units:
        wanted = {variant.name: plan.key(case, variant, trial) for variant in plan.variants}
        whole = [run for run in runs_of[case.id, trial] if all(key in by_run[run] for key in wanted.values())]
        if not whole:
            continue
        source = by_run[max(whole)]  # ids of runs sort by time
        for name, key in wanted.items():
            found[case.id, name, trial] = replace(source[key], case=case.id, variant=name, trial=trial, cached=True)
    return found


def half_taken(plan: Plan, there: Mapping[Place, Answer]) -> list[Place]:
    """Places of units that were broken off between two answers taken over: they are taken away and done again as a whole."""
    broken: list[Place] = []
    for case, trial in plan.units():
        places = [(case.id, variant.name, trial) for variant in plan.variants]
        present = [place for place in places if place in there]
        if len(present) < len(places) and any(there[place].cached for place in present):
            broken += present
    return broken
