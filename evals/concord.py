"""How often the local answer, the cascade's and the language model's are the same, and what not asking the model saves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any, Protocol, runtime_checkable

from evals.records import Answer, Variant
from evals.runs.plan import answer_key
from evals.runs.recorded import Recording, read_recording, recording_of
from evals.runs.result import RunResult
from evals.suite import Suite
from evals.targets.means import Means, Purse
from kernel.errors import Invalid, NotFound
from kernel.ids import canonical_json
from kernel.settings import Settings

WAYS = ("local", "cascade", "llm")
_FIRST = 0


@runtime_checkable
class Telling(Protocol):
    """A target that answers in several ways, and knows which part of an answer is what it says."""

    def told(self, output: Any) -> Any:
        """What must be the same for two answers to be one: no confidence, quote, or word of who said it."""
        ...


class Origin(StrEnum):
    """Where the answers of one way come from."""

    RUN = "in this run"
    RECORDED = "recorded"
    STALE = "recorded for another prompt, model or input"
    NONE = "no recording"


@dataclass(frozen=True, slots=True)
class Concord:
    """Two ways of answering, over the first trial of a run's cases.

    ``known`` of ``cases`` have an answer of both, ``same`` of these say the same. ``saved`` is what ``one`` cost less than
    ``other`` on them, in dollars. ``origins`` says where the answers of each are from.
    """

    one: str
    other: str
    origins: tuple[Origin, Origin]
    cases: int
    known: int
    same: int
    saved: Decimal

    @property
    def share(self) -> float | None:
        """Of the cases with both answers; None where there is none."""
        return self.same / self.known if self.known else None

    @property
    def words(self) -> str:
        """As a sentence, which says so where nothing is known."""
        pair = f"{self.one} and {self.other}"
        if self.share is None:
            lacking = [
                f"{way}: {origin}"
                for way, origin in zip((self.one, self.other), self.origins, strict=True)
                if origin in {Origin.NONE, Origin.STALE}
            ]
            return f"{pair}: not known ({'; '.join(lacking) or 'no case has an answer of both'})"
        said = f"{pair}: the same in {self.same} of {self.known} cases ({self.share:.1%})"
        whole = "" if self.known == self.cases else f", {self.cases - self.known} cases lack one"
        saved = f"{'-' if self.saved < 0 else ''}${abs(self.saved):.4f}"
        return f"{said}{whole}; {self.one} saves {saved}"

    def as_dict(self) -> dict[str, Any]:
        """JSON types; money as text."""
        return {
            "one": self.one, "other": self.other, "origins": [origin.value for origin in self.origins], "cases": self.cases,
            "known": self.known, "same": self.same, "share": self.share, "saved": format(self.saved, "f"),
        }  # fmt: skip


async def concord(result: RunResult, suite: Suite, settings: Settings) -> tuple[Concord, ...]:
    """Every two ways that the suite's target has; nothing for a target that answers in one way.

    Answers are those of the run, else those recorded beside the suite for the prompt and model of these settings.
    """
    if not isinstance(suite.target, Telling):
        return ()
    means = Means(settings, Purse(None))
    try:
        ways = dict(_ways(result, suite, means))
    finally:
        await means.close()
    return tuple(_pair(result, suite.target, one, other, ways) for one, other in combinations(ways, 2))


_Ways = Mapping[str, tuple[Origin, Mapping[str, Answer]]]


def _ways(result: RunResult, suite: Suite, means: Means) -> Iterator[tuple[str, tuple[Origin, Mapping[str, Answer]]]]:
    recording = _recording(suite)
    for way in WAYS:
        ran = next((one for one in result.variants if one.parameters.get("how") == way), None)
        if ran is not None:
            places = ((case.id, ran.name, _FIRST) for case in result.cases)
            found = {place[0]: result.answer_at[place] for place in places if place in result.answer_at}
            yield way, (Origin.RUN, found)
            continue
        try:
            variant = suite.target.variant(way, means)
        except Invalid as problem:
            if problem.code == "llm_not_configured":
                yield way, (Origin.NONE, {})
            continue  # any other: the target does not answer in this way
        yield way, _recorded(result, suite, variant, recording)


def _recorded(
    result: RunResult, suite: Suite, variant: Variant, recording: Recording
) -> tuple[Origin, Mapping[str, Answer]]:
    keys = {case.id: answer_key(suite.target.name, variant, case, _FIRST) for case in result.cases}
    found = {case: recording.answers[key] for case, key in keys.items() if key in recording.answers}
    if found:
        return Origin.RECORDED, found
    stale = any((case.id, variant.name, _FIRST) in recording.places for case in result.cases)
    return (Origin.STALE if stale else Origin.NONE), {}


def _recording(suite: Suite) -> Recording:
    try:
        return read_recording(recording_of(suite))
    except NotFound:
        return Recording({}, frozenset())


def _pair(result: RunResult, target: Telling, one: str, other: str, ways: _Ways) -> Concord:
    (from_one, mine), (from_other, theirs) = ways[one], ways[other]
    same = known = 0
    saved = Decimal(0)
    for case in result.cases:
        a, b = mine.get(case.id), theirs.get(case.id)
        if a is None or b is None or a.failure is not None or b.failure is not None:
            continue
        known += 1
        same += canonical_json(target.told(a.output)) == canonical_json(target.told(b.output))
        saved += b.cost - a.cost
    return Concord(one, other, (from_one, from_other), len(result.cases), known, same, saved)
