"""The tools that were called: which, in what order, with what arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evals.graders.fields import difference
from evals.graders.paths import MISSING, at
from evals.graders.port import Verdict, pass_metric, passed
from evals.records import Answer, Case, Metric, Role, Score, ToolCall


class Order(StrEnum):
    """How calls made are held against calls wanted.

    ``strict``: the same, in order. ``unordered``: the same, in any order. ``within``: those wanted are among those made, in
    order. ``subset``: nothing is made that is not wanted.
    """

    STRICT = "strict"
    UNORDERED = "unordered"
    WITHIN = "within"
    SUBSET = "subset"


@dataclass(frozen=True)
class Trajectory:
    """Calls against the list at ``expected`` of the case: ``{tool, arguments}`` each. Arguments wanted must be as stated, others
    are free; without ``arguments`` the tool alone counts. An argument wanted as ``{"any": true}`` must be given.
    """

    expected: str = "calls"
    order: Order = Order.STRICT
    name: str = "trajectory"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case states no calls."""
        wanted = at(case.expected, self.expected)
        if wanted is MISSING:
            return ()
        problem = _ORDERS[self.order](list(answer.calls), list(wanted))
        return (passed(answer, self.name, Verdict(problem is None, problem or "")),)


def _strict(made: list[ToolCall], wanted: list[Mapping[str, Any]]) -> str | None:
    for number, want in enumerate(wanted):
        if number >= len(made):
            return f"call {number + 1} to {want['tool']} was not made"
        if problem := _differs(made[number], want):
            return f"call {number + 1}: {problem}"
    return f"call {len(wanted) + 1} to {made[len(wanted)].tool} is not wanted" if len(made) > len(wanted) else None


def _within(made: list[ToolCall], wanted: list[Mapping[str, Any]]) -> str | None:
    left = iter(made)
    for want in wanted:
        if not any(_differs(call, want) is None for call in left):
            return f"no call to {want['tool']} as wanted, in this order"
    return None


def _unordered(made: list[ToolCall], wanted: list[Mapping[str, Any]]) -> str | None:
    if len(made) != len(wanted):
        return f"{len(made)} calls, wanted {len(wanted)}"
    if len(_matched(made, wanted)) < len(wanted):
        return "not every call wanted was made"
    return None


def _subset(made: list[ToolCall], wanted: list[Mapping[str, Any]]) -> str | None:
    matched = _matched(made, wanted)
    extra = [call.tool for number, call in enumerate(made) if number not in matched.values()]
    return f"{extra[0]} was called and is not wanted" if extra else None


def _matched(made: list[ToolCall], wanted: list[Mapping[str, Any]]) -> dict[int, int]:
    """The largest pairing of wanted calls with calls made (augmenting paths, as a general want may fit several calls)."""
    by_made: dict[int, int] = {}

    def place(want: int, seen: set[int]) -> bool:
        for number, call in enumerate(made):
            if number in seen or _differs(call, wanted[want]):
                continue
            seen.add(number)
            if number not in by_made or place(by_made[number], seen):
                by_made[number] = want
                return True
        return False

    for want in range(len(wanted)):
        place(want, set())
    return {want: number for number, want in by_made.items()}


def _differs(call: ToolCall, want: Mapping[str, Any]) -> str | None:
    if call.tool != want["tool"]:
        return f"{call.tool} instead of {want['tool']}"
    for name, value in (want.get("arguments") or {}).items():
        if name not in call.arguments:
            return f"{call.tool} without {name}"
        if value == {"any": True}:
            continue
        if inner := difference(call.arguments[name], value, subset=True, path=f"{name}."):
            return inner
    return None


_ORDERS: Mapping[Order, Callable[[list[ToolCall], list[Mapping[str, Any]]], str | None]] = {
    Order.STRICT: _strict, Order.UNORDERED: _unordered, Order.WITHIN: _within, Order.SUBSET: _subset,
}  # fmt: skip
