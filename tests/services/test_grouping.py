"""What comes while a write is under way goes with the next one, and every caller hears of its own item only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from services.grouping import Grouped

_caller = ContextVar("caller", default="nobody")


class Slow:
    """Work that notes its groups, waits until told to go on, and refuses the items in ``bad``."""

    def __init__(self, *bad: int) -> None:
        self.groups: list[tuple[str, list[int]]] = []
        self.callers: list[str] = []
        self.go_on = asyncio.Event()
        self.bad = set(bad)

    async def __call__(self, key: str, items: Sequence[int]) -> list[int]:
        self.groups.append((key, list(items)))
        self.callers.append(_caller.get())
        await self.go_on.wait()
        if self.bad & set(items):
            raise ValueError(f"bad: {sorted(self.bad & set(items))}")
        return [10 * item for item in items]


async def begun(grouped: Grouped[str, int, int], key: str, *items: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(grouped.do(key, item)) for item in items]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_the_first_is_worked_at_once_and_what_comes_meanwhile_together() -> None:
    work = Slow()
    grouped = Grouped(work)
    first = await begun(grouped, "a", 1)
    assert work.groups == [("a", [1])]
    later = await begun(grouped, "a", 2, 3)
    assert work.groups == [("a", [1])]
    assert not first[0].done()
    work.go_on.set()
    assert await asyncio.gather(*first, *later) == [10, 20, 30]
    assert work.groups == [("a", [1]), ("a", [2, 3])]
    assert await grouped.do("a", 4) == 40


async def test_keys_do_not_wait_for_each_other_and_are_never_mixed() -> None:
    work = Slow()
    grouped = Grouped(work)
    tasks = [*await begun(grouped, "a", 1), *await begun(grouped, "b", 2)]
    assert work.groups == [("a", [1]), ("b", [2])]
    work.go_on.set()
    assert await asyncio.gather(*tasks) == [10, 20]


async def test_a_group_has_a_limit() -> None:
    work = Slow()
    grouped = Grouped(work, at_most=2)
    tasks = await begun(grouped, "a", 1)
    tasks += await begun(grouped, "a", 2, 3, 4)
    work.go_on.set()
    assert await asyncio.gather(*tasks) == [10, 20, 30, 40]
    assert work.groups == [("a", [1]), ("a", [2, 3]), ("a", [4])]


async def test_a_fault_is_raised_to_its_own_caller_only() -> None:
    work = Slow(3)
    grouped = Grouped(work)
    tasks = await begun(grouped, "a", 1)
    tasks += await begun(grouped, "a", 2, 3, 4)
    work.go_on.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [10, 20, 40]
    with pytest.raises(ValueError, match=r"bad: \[3\]"):
        raise answers[2]  # type: ignore[misc]
    assert await grouped.do("a", 5) == 50


async def test_who_is_cancelled_takes_nobody_along_and_is_not_begun() -> None:
    work = Slow()
    grouped = Grouped(work)
    (under_way,) = await begun(grouped, "a", 1)
    waiting, staying = await begun(grouped, "a", 2, 3)
    under_way.cancel()
    waiting.cancel()
    work.go_on.set()
    assert await staying == 30
    assert work.groups == [("a", [1]), ("a", [3])]
    for task in (under_way, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_draining_waits_for_what_was_begun_for_a_cancelled_caller() -> None:
    work = Slow()
    grouped = Grouped(work)
    (task,) = await begun(grouped, "a", 1)
    task.cancel()
    drained = asyncio.create_task(grouped.drain())
    await asyncio.sleep(0)
    assert not drained.done()
    work.go_on.set()
    await drained
    await grouped.drain()


async def test_a_turn_that_is_cancelled_leaves_nobody_waiting() -> None:
    work = Slow()
    grouped = Grouped(work)
    tasks = [*await begun(grouped, "a", 1), *await begun(grouped, "a", 2)]
    for turn in grouped._turns:
        turn.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError, asyncio.CancelledError]
    work.go_on.set()
    assert await grouped.do("a", 3) == 30


async def test_nothing_of_the_first_caller_is_taken_for_the_others() -> None:
    work = Slow()
    grouped = Grouped(work)
    work.go_on.set()
    token = _caller.set("the first")
    try:
        await grouped.do("a", 1)
    finally:
        _caller.reset(token)
    assert work.callers == ["nobody"]


async def test_an_error_of_all_is_raised_to_the_whole_group_and_nothing_is_repeated() -> None:
    work = Slow(3)
    grouped = Grouped(work, common=ValueError)
    tasks = await begun(grouped, "a", 1)
    tasks += await begun(grouped, "a", 2, 3)
    work.go_on.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[0] == 10
    assert [type(answer) for answer in answers[1:]] == [ValueError, ValueError]
    assert work.groups == [("a", [1]), ("a", [2, 3])]
