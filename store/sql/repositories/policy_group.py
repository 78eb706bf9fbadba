"""Policies that one worker takes together: held and loaded at once, and what becomes of them written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from store.sql.models import (
    AuditEntryRow,
    EndorsementRow,
    InsurancePolicyRow,
    OutboxRow,
    PolicyChangeRow,
    PolicyEventRow,
    PolicyNoticeRow,
    PolicyPaymentRow,
    PolicyTimerRow,
    Row,
)
from store.sql.repositories.audit import Audit
from store.sql.repositories.base import as_json, stands, written_as
from store.sql.repositories.policies import PaperUntil
from store.sql.repositories.policy_memory import BELONGING, PolicyMemory

_P, _T = InsurancePolicyRow, PolicyTimerRow
_COLUMNS = tuple(one.name for one in _P.__table__.columns)
_CLOSE = """
UPDATE policy_timer o SET state = n.state, done_at = n.done_at, outcome = n.outcome, lease_until = NULL
FROM jsonb_populate_recordset(NULL::policy_timer, CAST(:rows AS jsonb)) n
WHERE o.id = n.id AND o.agency_id = :agency AND o.state = 'waiting'
"""
# What was done at that instant stays done.
_SET = """
INSERT INTO policy_timer (id, agency_id, policy_id, kind, due_at, state, attempts)
SELECT id, agency_id, policy_id, kind, due_at, state, attempts
FROM jsonb_populate_recordset(NULL::policy_timer, CAST(:rows AS jsonb))
ON CONFLICT (policy_id, kind, due_at) DO UPDATE SET state = 'waiting', lease_until = NULL WHERE policy_timer.state = 'cancelled'
"""


class PolicyGroup(PolicyMemory):
    """The repository of policies for one group of due timers and one transaction.

    What the services ask is answered from memory, and what they write is kept until :meth:`send`. A policy that cannot be worked
    with the others is left out with everything that was kept of it (:meth:`leave_out`); nothing of it is in the database yet.
    """

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        super().__init__(session, actor)
        self.audit = _GroupAudit(self)
        self.due: list[PolicyTimerRow] = []
        """The timers that still wait, in the order in which they were due."""
        self._sent: dict[UUID, dict[str, Any]] = {}
        self._waiting: dict[UUID, dict[tuple[str, datetime], UUID]] = defaultdict(dict)
        self._papers: Mapping[UUID, PaperUntil] = {}
        self._writes: list[tuple[type[Row], UUID, dict[str, Any]]] = []
        self._steps: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        self._moved: set[str] = set()
        self._closed: dict[UUID, dict[str, Any]] = {}
        self._wanted: dict[UUID, set[tuple[str, datetime]]] = {}
        self._out: set[UUID] = set()
        self._touched: set[UUID] = set()

    async def take(self, timers: Collection[UUID], policies: Collection[UUID]) -> None:
        """Hold the policies of these timers with the terms that renew them, and load what belongs to them.

        A term is locked before the one that renews it, here as everywhere, and terms of one number by their ids: two groups with
        policies in common wait for each other, never in a circle.
        """
        agency, session = self.actor.agency_id, self.session
        renewing = and_(_among(_P.renews_id, policies), stands())
        query = select(_P).where(self.sees_policy(), or_(_among(_P.id, policies), renewing))
        held = query.order_by(_P.term_number, _P.id).with_for_update(key_share=True)
        self.terms = {row.id: row for row in await session.scalars(held)}
        self._sent = {row.id: _columns(row) for row in self.terms.values()}
        # As they are now that nobody else can change them; before, they may have waited for somebody who did.
        renewals = select(_P).where(self.sees_policy(), _among(_P.renews_id, self.terms), stands())
        self.after = {row.renews_id: row for row in await session.scalars(renewals) if row.renews_id is not None}
        model: Any
        for model, order in (
            (PolicyChangeRow, (PolicyChangeRow.number,)),
            (PolicyPaymentRow, (PolicyPaymentRow.received_at, PolicyPaymentRow.id)),
            (PolicyNoticeRow, (PolicyNoticeRow.recorded_at,)),
        ):
            mine = select(model).where(model.agency_id == agency, _among(model.policy_id, self.terms))
            for row in await session.scalars(mine.order_by(*order)):
                self.belonging_to[model, row.policy_id].append(row)
        waiting = select(_T).where(_T.agency_id == agency, _among(_T.policy_id, self.terms), _T.state == "waiting")
        for timer in await session.scalars(waiting.order_by(_T.due_at, _T.id)):
            self._waiting[timer.policy_id][timer.kind, timer.due_at] = timer.id
            if timer.id in timers:
                self.due.append(timer)
        papers = [one for timer in self.due if timer.kind == "papers" for one in self._papers_of(timer.policy_id)]
        self._papers = await super()._papers_among(papers) if papers else {}
        endorsed = select(EndorsementRow.policy_id).where(
            EndorsementRow.agency_id == agency, _among(EndorsementRow.policy_id, self.terms),
            EndorsementRow.state.in_(("quoted", "approved")),
        )  # fmt: skip
        alone = set(await session.scalars(endorsed))
        # A renewal that came while its term was waited for is not held, and cannot be any more in the order of locks.
        alone |= {one for one, row in self.after.items() if one in policies and row.id not in self.terms}
        session.expunge_all()
        for policy_id in alone:
            self.leave_out(policy_id)

    def turn(self, timer: PolicyTimerRow) -> bool:
        """Whether a timer still waits after what was done with the group so far; if so, it is the one to be worked."""
        self._touched.clear()
        wanted = self._wanted.get(timer.policy_id)
        gone = wanted is not None and (timer.kind, timer.due_at) not in wanted
        return not gone and timer.id not in self._closed and timer.policy_id not in self._out

    @property
    def left(self) -> list[UUID]:
        """The timers of what was left out."""
        return [one.id for one in self.due if one.policy_id in self._out]

    def leave_out(self, policy_id: UUID) -> None:
        """Forget what was kept of a policy and of the terms before and behind it; who worked it works it by itself."""
        family, found = {policy_id}, 0
        while len(family) > found:
            found = len(family)
            for row in self.terms.values():
                if row.renews_id is not None and (row.id in family or row.renews_id in family):
                    family |= {row.id, row.renews_id}
        self._out |= family

    async def send(self) -> None:
        """Write what was kept. Where the database refuses any of it the transaction is lost; Conflict where a row was not as it
        was loaded, which nobody could have changed.
        """
        rows: dict[type[Row], list[dict[str, Any]]] = defaultdict(list)
        for model, policy_id, row in self._writes:
            if policy_id not in self._out:
                rows[model].append(row)
        await self.insert_together({_P: rows.pop(_P, [])})
        for wave in zip_longest(*(steps for one, steps in self._steps.items() if one not in self._out)):
            await self._move([one for one in wave if one is not None])
        await self.insert_together(rows)
        await super().deliver(rows[PolicyEventRow])
        await self._send_timers()

    async def _move(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """One version more of each of these policies."""
        columns = sorted(self._moved)
        given = ", ".join(f'"{one}" = n."{one}"' for one in columns)
        statement = (
            f"UPDATE policy o SET {given} FROM jsonb_populate_recordset(NULL::policy, CAST(:rows AS jsonb)) n "  # noqa: S608 - columns of our own model
            "WHERE o.id = n.id AND o.agency_id = :agency AND o.version = n.version - 1"
        )
        await self._change(statement, [{name: row[name] for name in ("id", *columns)} for row in rows])

    async def _send_timers(self) -> None:
        changed, new = [], []
        for policy_id, waiting in self._waiting.items():
            wanted = self._wanted.get(policy_id)
            for key, timer_id in waiting.items():
                if policy_id in self._out:
                    continue
                if (done := self._closed.get(timer_id)) is not None:
                    changed.append(done)
                elif wanted is not None and key not in wanted:
                    changed.append({"id": timer_id, "state": "cancelled", "done_at": None, "outcome": None})
        for policy_id, keys in self._wanted.items():
            if policy_id not in self._out:
                new += [
                    {
                        "id": new_id(), "agency_id": self.actor.agency_id, "policy_id": policy_id, "kind": kind,
                        "due_at": due_at, "state": "waiting", "attempts": 0,
                    }
                    for kind, due_at in keys - self._waiting.get(policy_id, {}).keys()
                ]  # fmt: skip
        if changed:
            await self._change(_CLOSE, changed)
        if new:
            await self.session.execute(written_as(_SET), {"rows": as_json(new)})

    async def _change(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        values = {"rows": as_json(rows), "agency": self.actor.agency_id}
        done = await self.session.execute(written_as(statement), values)
        if done.rowcount != len(rows):  # type: ignore[attr-defined]
            raise Conflict("a policy of the group is not as it was loaded", code="group_changed")

    def keep(self, model: type[Row], policy_id: UUID, row: Mapping[str, Any]) -> None:
        """Write a row about a policy with the others."""
        self._writes.append((model, policy_id, dict(row)))

    # what the services use

    async def add(self, row: Mapping[str, Any]) -> InsurancePolicyRow:
        """A new draft."""
        made = await super().add(row)
        self._sent[made.id] = _columns(made)
        self._touched.add(made.id)
        self.keep(_P, made.id, {"agency_id": self.actor.agency_id, **row})
        return made

    async def flush(self) -> None:
        """Keep a version of each policy that was changed: one that was asked for since the timer's turn came."""
        for policy_id in self._touched:
            row, known = self.terms[policy_id], self._sent[policy_id]
            if row.version != known["version"]:
                columns = _columns(row)
                self._moved |= {name for name, value in columns.items() if value != known[name]}
                self._steps[row.id].append(columns)
                self._sent[row.id] = columns

    async def one(self, policy_id: UUID, *, held: bool = False) -> InsurancePolicyRow:
        """A policy of the group, which is held. It may be changed from now on. Raises Conflict for any other: who needs it works
        alone.
        """
        try:
            row = await super().one(policy_id, held=held)
        except NotFound as problem:
            raise Conflict(f"policy {policy_id} is not of the group", code="not_of_group") from problem
        self._touched.add(policy_id)
        return row

    async def put(self, model: type[Row], row: Mapping[str, Any]) -> None:
        """Keep a row of a table around a policy."""
        whole = {"agency_id": self.actor.agency_id, **row}
        policy_id = UUID(row["payload"]["policy_id"]) if model is OutboxRow else row["policy_id"]
        if model in BELONGING:
            self.belonging_to[model, policy_id].append(model(**whole))
        self.keep(model, policy_id, whole)

    async def deliver(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Nothing yet: events are delivered once they are written."""

    async def set_timers(self, policy_id: UUID, wanted: Iterable[tuple[str, datetime]]) -> None:
        """Let exactly these wait once the group is sent."""
        self._wanted[policy_id] = set(wanted)

    async def close_timer(self, timer_id: UUID, at: datetime, outcome: str) -> None:
        """It is done, with this outcome."""
        self._closed[timer_id] = {"id": timer_id, "state": "done", "done_at": at, "outcome": outcome}

    def _papers_of(self, policy_id: UUID) -> list[UUID]:
        return [UUID(one) for one in self.terms[policy_id].plan.get("papers_until", {})]

    async def _papers_among(self, ids: Sequence[UUID]) -> Mapping[UUID, PaperUntil]:
        del ids  # all that a timer of the group can ask for
        return self._papers


class _GroupAudit(Audit):
    """Entries go with the policies they are about."""

    def __init__(self, group: PolicyGroup) -> None:
        super().__init__(group.session, group.actor)
        self._group = group

    async def note(
        self,
        action: str,
        kind: str,
        subject_id: object | None,
        *,
        outcome: str = "done",
        actor: str | None = None,
        **detail: Any,
    ) -> None:
        """Keep an entry about a policy of the group."""
        entry = self.entry(action, kind, subject_id, outcome=outcome, actor=actor, detail=detail)
        self._group.keep(AuditEntryRow, UUID(str(subject_id)), entry)


def _among(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One statement whatever their number, so that it is planned once."""
    return column == any_(literal(list(ids), ARRAY(PG_UUID(as_uuid=True))))  # type: ignore[no-any-return]


def _columns(row: InsurancePolicyRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}
