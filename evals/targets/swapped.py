"""The same lead told in several ways that must make no difference: another name, place, language or gendered word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evals.records import Answer, Case, Variant
from evals.targets.means import Means
from evals.targets.port import Answering, Target
from kernel.errors import FieldError, Invalid


@dataclass(frozen=True)
class Swapped:
    """Puts every way of a case to ``inner``; the output is ``{"ways": [output, ...]}`` in their order.

    The case's input is ``{"lead": ..., "ways": [{word: text}, ...]}``: each ``{word}`` in the texts of ``lead`` is replaced by
    what a way says. ``inner`` is asked about that lead, or, where it is ``whole``, about all of the input but the ways. What the
    inner target leaves in its database is the state, ``{"ways": [state, ...]}``. One way that fails fails the case.
    """

    inner: Target
    whole: bool = False

    @property
    def name(self) -> str:
        """That of the inner target, marked."""
        return f"{self.inner.name}-swapped"

    @property
    def keeps(self) -> bool:
        """As the inner target's."""
        return self.inner.keeps

    def variant(self, spec: str, means: Means) -> Variant:
        """The inner target's."""
        return self.inner.variant(spec, means)

    def told(self, output: Any) -> Any:
        """That of each way; the whole where the inner target does not say."""
        told = getattr(self.inner, "told", None)
        return output if told is None else [told(one) for one in output["ways"]]

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """The inner target, asked once for each way."""
        async with self.inner.open(means) as answering:
            yield _Ways(answering, whole=self.whole)


class _Ways:
    def __init__(self, inner: Answering, *, whole: bool) -> None:
        self._inner = inner
        self._whole = whole

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        ways = ways_of(case, whole=self._whole)
        given = [await self._inner.answer(Case(case.id, told), variant, trial) for told in ways]
        failure = next((one.failure for one in given if one.failure is not None), None)
        return Answer(
            case.id, variant.name, trial, None if failure else {"ways": [one.output for one in given]}, failure,
            sum(one.seconds for one in given), sum((one.cost for one in given), Decimal(0)),
            sum(one.tokens_in for one in given), sum(one.tokens_out for one in given), source=given[0].source,
            state=None if failure or given[0].state is None else {"ways": [one.state for one in given]},
        )  # fmt: skip


def ways_of(case: Case, *, whole: bool = False) -> list[Any]:
    """The lead, or the ``whole`` input but the ways, told in each way. Raises Invalid where a way leaves a word out,
    or there are fewer than two.
    """
    given = case.input if isinstance(case.input, Mapping) else {}
    ways = given.get("ways")
    if "lead" not in given or not isinstance(ways, list) or len(ways) < 2:  # noqa: PLR2004 - one way cannot differ
        raise _refused(
            case, "input", "has no lead told in at least two ways", "write {lead: ..., ways: [{word: text}, ...]}"
        )
    words = {frozenset(way) for way in ways}
    if len(words) != 1:
        raise _refused(case, "ways", "do not all say the same words", "give each way the same keys")
    told = {name: one for name, one in given.items() if name != "ways"} if whole else given["lead"]
    return [_told(told, way) for way in ways]


def _told(value: Any, way: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for word, text in way.items():
            value = value.replace("{" + word + "}", str(text))
        return value
    if isinstance(value, Mapping):
        return {name: _told(one, way) for name, one in value.items()}
    return [_told(one, way) for one in value] if isinstance(value, list) else value


def _refused(case: Case, field: str, message: str, remedy: str) -> Invalid:
    fault = FieldError(f"case {case.id}: {field}", "case", message, remedy)
    return Invalid("a case cannot be told in several ways", fields=(fault,))
