"""Policies in memory, written by the services' own code: what would have gone to the database is kept in lists of rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from domain.actor import Actor
from kernel.ids import new_id
from store.sql.models import (
    InsurancePolicyRow,
    LiveEventRow,
    OutboxRow,
    PolicyEarningRow,
    PolicyEventRow,
    PolicyTimerRow,
    Row,
)
from store.sql.repositories.policies import Belonging
from store.sql.repositories.policy_memory import BELONGING, PolicyMemory
from store.uow import UnitOfWork

Timers = dict[tuple[str, datetime], dict[str, Any]]


class Shelf(PolicyMemory):
    """The repository of policies as services use it, without a database behind it. Messages for the bus and for listeners
    are not kept: they would have been sent long ago.
    """

    def __init__(self, actor: Actor) -> None:
        super().__init__(cast("Any", None), actor)
        self._rows: list[tuple[type[Row], dict[str, Any]]] = []
        self.waiting: dict[UUID, Timers] = {}

    async def flush(self) -> None:
        """Nothing waits."""

    async def put(self, model: type[Row], row: Mapping[str, Any]) -> None:
        """Keep a row."""
        if model in {OutboxRow, LiveEventRow}:
            return
        whole = {"agency_id": self.actor.agency_id, **row}
        if model in BELONGING:
            self.belonging_to[model, row["policy_id"]].append(model(**whole))
        else:
            self._rows.append((model, whole))

    async def deliver(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Nobody subscribes to the book."""

    def everything(self) -> dict[type[Row], list[dict[str, Any]]]:
        """Every row by table, as it is by now; what earned a commission has been posted since."""
        found: dict[type[Row], list[dict[str, Any]]] = {
            InsurancePolicyRow: [_columns(one) for one in self.terms.values()],
            PolicyTimerRow: [timer for few in self.waiting.values() for timer in few.values()],
        }
        for (model, _), several in self.belonging_to.items():
            found.setdefault(model, []).extend(_columns(one) for one in several)
        for model, row in self._rows:
            settled = (
                {"state": "posted", "settled_at": row["at"], "settled_by": "bench"} if model is PolicyEarningRow else {}
            )
            found.setdefault(model, []).append(row | settled)
        return found

    async def set_timers(self, policy_id: UUID, wanted: Iterable[tuple[str, datetime]]) -> None:
        """As the database keeps them: what is no more wanted is cancelled, what was done stays done."""
        kept, wanted = self.waiting.setdefault(policy_id, {}), set(wanted)
        for key, timer in kept.items():
            if key not in wanted and timer["state"] == "waiting":
                timer["state"] = "cancelled"
            elif key in wanted and timer["state"] == "cancelled":
                timer["state"] = "waiting"
        for kind, due_at in wanted - kept.keys():
            kept[kind, due_at] = {
                "id": new_id(), "agency_id": self.actor.agency_id, "policy_id": policy_id, "kind": kind, "due_at": due_at,
                "state": "waiting", "attempts": 0,
            }  # fmt: skip

    async def keyed(self, policy_id: UUID, key: str) -> PolicyEventRow | None:
        """No request comes twice here."""
        del policy_id, key
        return None

    async def under_key(self, model: type[Belonging], policy_id: UUID, key: str) -> Belonging | None:
        """No request comes twice here."""
        del model, policy_id, key
        return None


def _columns(row: Row) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in row.__table__.columns}


class ShelfDatabase:
    """Gives units of work on a shelf in place of a database."""

    def __init__(self) -> None:
        self.shelf: Shelf | None = None

    @asynccontextmanager
    async def begin(self, actor: Actor) -> AsyncIterator[UnitOfWork]:
        """A unit of work; nothing is undone."""
        if self.shelf is None:
            self.shelf = Shelf(actor)
        yield self.unit(actor)

    def unit(self, actor: Actor) -> UnitOfWork:
        """A unit of work on the shelf."""
        assert self.shelf is not None, "a transaction was begun before"
        made = UnitOfWork(self.shelf.session, actor)
        # What these answer is not asked for here, and what they write is not what is measured.
        made.__dict__ |= {"policies": self.shelf, "audit": _Silent(), "agencies": _Silent()}
        return made


class _Silent:
    async def note(self, *_: object, **__: object) -> None:
        """Nothing is written down."""

    async def producer(self, producer_id: UUID) -> None:
        """Everybody is there."""
