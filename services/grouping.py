"""Work of many callers done together: what comes while one turn is under way goes with the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    done: asyncio.Future[Result]


class Grouped(Generic[Key, Item, Result]):
    """Hands items to ``work`` in groups, those of one key together and in the order they came.

    A first item is worked at once, so nothing waits for company. ``work`` answers with one result an item, in order; a caller
    goes on when its own item was worked, and never before. A group that fails is worked again item by item, so that a fault
    is raised to exactly those whose items have it: ``work`` must bear being repeated. A caller that is cancelled leaves the
    others alone; an item that nobody waits for any more is not begun.

    An error of the kind ``common`` is no item's fault: it is raised to the whole group, and nothing is repeated.
    """

    def __init__(
        self,
        work: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Result]]],
        at_most: int = 64,
        common: type[Exception] | tuple[()] = (),
    ) -> None:
        self._work = work
        self._common = common
        self._at_most = at_most
        self._waiting: dict[Key, list[_Waiting[Item, Result]]] = {}
        self._turns: set[asyncio.Task[None]] = set()

    async def do(self, key: Key, item: Item) -> Result:
        """The result of ``item``; raises what ``work`` raises for it."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        one = _Waiting(item, done)
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.append(one)
        else:
            self._waiting[key] = [one]
            # Nothing of the caller's (its spans, on whose behalf models are asked) belongs to the others.
            turn = asyncio.create_task(self._turn(key), context=Context())
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)
        return await done

    async def drain(self) -> None:
        """Wait until everything given so far was worked."""
        while self._turns:
            await asyncio.gather(*self._turns, return_exceptions=True)

    async def _turn(self, key: Key) -> None:
        """Work until nothing waits under ``key``."""
        group: list[_Waiting[Item, Result]] = []
        try:
            while waiting := self._waiting[key]:
                group, self._waiting[key] = waiting[: self._at_most], waiting[self._at_most :]
                await self._together(key, [one for one in group if not one.done.done()])
        finally:
            # Empty but where the turn itself was cancelled: then nobody is left to answer those who wait.
            for one in [*group, *self._waiting.pop(key)]:
                one.done.cancel()

    async def _together(self, key: Key, group: Sequence[_Waiting[Item, Result]]) -> None:
        if not group:
            return
        try:
            results = await self._work(key, [one.item for one in group])
        except self._common as problem:
            for one in group:
                if not one.done.done():
                    one.done.set_exception(problem)
            return
        except Exception as problem:  # noqa: BLE001 - it is raised where the item came from
            if len(group) > 1:
                await asyncio.gather(*(self._together(key, [one]) for one in group if not one.done.done()))
            elif not group[0].done.done():
                group[0].done.set_exception(problem)
            return
        for one, result in zip(group, results, strict=True):
            if not one.done.done():
                one.done.set_result(result)
