"""A run beside an earlier one, as if both were arms of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from evals.concord import Concord
from evals.records import Variant
from evals.reports.page import Apart
from evals.runs.result import RunResult
from kernel.errors import FieldError, Invalid

EARLIER = " (earlier)"


def beside(now: RunResult, earlier: RunResult) -> tuple[RunResult, Apart, tuple[tuple[str, str], ...]]:
    """The joined run, the cases that are not in it, and the pairs to compare: earlier and present form of each variant.

    Cases are the same where id and input are; variants are matched by name, or, where each run has just one, whatever their
    names. Metrics are those that both have. Each case has as many trials as the run with fewer. Raises Invalid where nothing
    can be compared: another suite, no variant or no case in common.
    """
    if now.suite != earlier.suite:
        raise _nothing("suite", f"the earlier run is of {earlier.suite!r}", f"give a run of {now.suite!r}")
    past = {case.id: case for case in earlier.cases}
    kept = tuple(one for one in now.cases if one.id in past and past[one.id].input_hash == one.input_hash)
    if not kept:
        raise _nothing("cases", "no case has the same id and input in both", "give a run of the same cases")
    pairs = _pairs(now, earlier)
    renamed = {old: f"{old}{EARLIER}" for old, _ in pairs}
    wanted = {one.id for one in kept}
    trials = min(now.trials, earlier.trials)
    metrics = tuple(one for one in now.metrics if one.name in {other.name for other in earlier.metrics})
    before = _part(earlier, renamed, wanted, trials, {one.name for one in metrics})
    after = _part(now, {new: new for _, new in pairs}, wanted, trials, {one.name for one in metrics})
    order = {case.id: place for place, case in enumerate(kept)}
    joined = replace(
        now, variants=before.variants + after.variants, trials=trials, cases=kept, metrics=metrics,
        answers=tuple(sorted(before.answers + after.answers, key=lambda one: order[one.case])),
        scores=tuple(sorted(before.scores + after.scores, key=lambda one: order[one.case])),
        aggregates={},
    )  # fmt: skip
    present = {case.id for case in now.cases}
    apart = Apart(
        earlier.run_id,
        new=tuple(case.id for case in now.cases if case.id not in past),
        gone=tuple(case.id for case in earlier.cases if case.id not in present),
        changed=tuple(case.id for case in now.cases if case.id in past and case.id not in wanted),
    )
    return joined, apart, tuple((renamed[old], new) for old, new in pairs)


def of_earlier(found: Iterable[Concord]) -> tuple[Concord, ...]:
    """How far the ways of answering agreed in the earlier run, named as its variants are."""
    return tuple(replace(one, one=f"{one.one}{EARLIER}", other=f"{one.other}{EARLIER}") for one in found)


def _pairs(now: RunResult, earlier: RunResult) -> list[tuple[str, str]]:
    names = {one.name for one in earlier.variants}
    pairs = [(one.name, one.name) for one in now.variants if one.name in names]
    if not pairs and len(now.variants) == len(earlier.variants) == 1:
        pairs = [(earlier.variants[0].name, now.variants[0].name)]
    if not pairs:
        theirs = ", ".join(sorted(names))
        raise _nothing("variants", f"no variant has the same name; the earlier run has {theirs}", "name them alike")
    return pairs


def _part(run: RunResult, names: Mapping[str, str], cases: set[str], trials: int, metrics: set[str]) -> RunResult:
    def wanted(variant: str, case: str, trial: int) -> bool:
        return variant in names and case in cases and trial < trials

    variants: tuple[Variant, ...] = tuple(
        replace(one, name=names[one.name]) for one in run.variants if one.name in names
    )
    return replace(
        run,
        variants=variants,
        answers=tuple(
            replace(one, variant=names[one.variant]) for one in run.answers if wanted(one.variant, one.case, one.trial)
        ),
        scores=tuple(
            replace(one, variant=names[one.variant])
            for one in run.scores
            if one.metric in metrics and wanted(one.variant, one.case, one.trial)
        ),
    )


def _nothing(field: str, message: str, remedy: str) -> Invalid:
    return Invalid("the runs cannot be compared", fields=(FieldError(field, "apart", message, remedy),))
