"""Insurance policies and what belongs to them. A producer sees the own ones, a partner none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from store.sql.models import (
    DocumentRow,
    EndorsementRow,
    InsurancePolicyRow,
    LiveEventRow,
    OutboxRow,
    PolicyChangeRow,
    PolicyEarningRow,
    PolicyEventRow,
    PolicyNoteRow,
    PolicyNoticeRow,
    PolicyPaymentRow,
    PolicyPostingRow,
    PolicyTimerRow,
    Row,
)
from store.sql.repositories.base import Repository, stands
from store.sql.repositories.policy_search import PolicyFilter, searched

Selected = TypeVar("Selected", bound=Select[*tuple[Any, ...]])
Belonging = TypeVar("Belonging", EndorsementRow, PolicyNoteRow, PolicyNoticeRow, PolicyPaymentRow)
SUBJECT = "policies.v1"
"""Subjects of events are this and the kind; another version of the events is another word here."""
POLICY_KIND = "policy."
"""Before the kind of a policy's event where subscribers and listeners see it beside kinds of leads."""
TOLD = ("id", "agency_id", "policy_id", "version", "kind", "recorded_at", "effective_at", "data")
"""Columns of an event that its message is made of."""
_INSIDE = frozenset({"request", "basis"})
"""What an event keeps for the agency itself: the hash of its request, and words of a person."""
# In the transaction that records the event, so that an event and its deliveries are there together or not at all.
_DELIVERIES = text("""
INSERT INTO webhook_delivery (id, agency_id, subscription_id, policy_event_id, turn, kind, state, attempts, created_at)
SELECT gen_random_uuid(), s.agency_id, s.id, e.id, 0, e.kind, 'pending', 0, clock_timestamp()
FROM webhook_subscription s,
  unnest(CAST(:events AS uuid[]), CAST(:kinds AS text[])) WITH ORDINALITY AS e (id, kind, place)
WHERE s.agency_id = :agency AND (s.kinds = '{}' OR e.kind = ANY (s.kinds))
ORDER BY e.place
""")
EARNING = frozenset({
    "activated", "endorsed", "paid", "cancelled", "lapsed", "expired", "non_renewed", "rescinded", "reinstated", "resumed",
})  # fmt: skip
"""Kinds of events that may earn a commission or bring one back: these wait for the ledger from the moment they are written."""
_P, _C = InsurancePolicyRow, PolicyChangeRow


class PaperUntil(NamedTuple):
    """A document of a policy with its last good day."""

    id: UUID
    policy_id: UUID
    type: str
    expires_on: date | None


class Policies(Repository):
    """Rows of ``policy`` and of the tables around it."""

    async def add(self, row: Mapping[str, Any]) -> InsurancePolicyRow:
        """A new draft."""
        made = _P(agency_id=self.actor.agency_id, **row)
        self.session.add(made)
        await self.flush()
        return made

    async def flush(self) -> None:
        """Write what was changed. Raises Conflict where another policy has the number, or another term of it those days."""
        try:
            await self.session.flush()
        except IntegrityError as problem:
            said = str(problem.orig)
            if "uq_policy_agency_id_carrier_number_key" in said:
                detail = "the carrier has a policy with this number already; renew that one, or correct the number"
                raise Conflict(detail, code="number_taken") from problem
            if "policy_terms_apart" in said:
                detail = "another term of this number covers some of these days; correct the days or the number"
                raise Conflict(detail, code="terms_overlap") from problem
            if "pk_policy" in said:
                raise Conflict("the same request is being done; ask again shortly", code="request_running") from problem
            if "uq_policy_renews_id" in said:
                raise Conflict("the policy is renewed already", code="renewed") from problem
            raise

    async def one(self, policy_id: UUID, *, held: bool = False) -> InsurancePolicyRow:
        """One policy; NotFound for one that the actor may not see. ``held`` until the transaction ends, and as it is by then."""
        return await self._only(policy_id, self.sees_policy(), held=held)

    async def _only(self, policy_id: UUID, seen: ColumnElement[bool], *, held: bool) -> InsurancePolicyRow:
        query = select(_P).where(_P.id == policy_id, seen)
        if held:
            query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no policy {policy_id} in this agency")
        return row

    async def by_number(self, number_key: str) -> list[InsurancePolicyRow]:
        """Terms with this number, oldest first."""
        found = await self.session.scalars(
            select(_P).where(_P.number_key == number_key, self.sees_policy()).order_by(_P.starts_on, _P.id)
        )
        return list(found)

    async def renewal_of(self, policy_id: UUID) -> InsurancePolicyRow | None:
        """The term that renews this one, whoever is of record of it, unless it was not taken or fell with it."""
        row: InsurancePolicyRow | None = await self.session.scalar(
            select(_P).where(_P.renews_id == policy_id, stands(), _P.agency_id == self.actor.agency_id)
        )
        return row

    async def following(self, policy_id: UUID) -> InsurancePolicyRow:
        """A term that renews one which the actor has, held until the transaction ends: what befalls the one reaches the other,
        whoever is of record by then. NotFound for one of another agency.
        """
        if self.actor.sees_all_leads:
            return await self.one(policy_id, held=True)
        return await self._only(policy_id, _P.agency_id == self.actor.agency_id, held=True)

    async def page(
        self, wanted: PolicyFilter, after: tuple[datetime, UUID] | None, at_most: int
    ) -> list[InsurancePolicyRow]:
        """Newest first, starting behind the cursor ``after``."""
        query = self._behind(after, wanted)
        if len(several := set(wanted.status)) > 1:
            # An index has the terms of one status in this order, and those of several in none: each is asked for alone.
            alike = [self._behind(after, replace(wanted, status=[one])) for one in sorted(several)]
            each = [_newest(one.with_only_columns(_P.id), at_most) for one in alike]
            query = select(_P).where(_P.id.in_(union_all(*each)))
        return list(await self.session.scalars(_newest(query, at_most)))

    def _behind(self, after: tuple[datetime, UUID] | None, wanted: PolicyFilter) -> Select[InsurancePolicyRow]:
        query = self._filtered(select(_P), wanted)
        return query if after is None else query.where(tuple_(_P.created_at, _P.id) < after)

    async def count(self, wanted: PolicyFilter) -> int:
        """How many match."""
        return int(await self.session.scalar(self._filtered(select(func.count()).select_from(_P), wanted)) or 0)

    def _known(self, kind: str, known: datetime) -> Select[UUID]:
        """Terms with such a change by then."""
        mine = _C.agency_id == self.actor.agency_id
        return select(_C.policy_id).where(mine, _C.kind == kind, _C.recorded_at <= known)

    def _filtered(self, query: Selected, wanted: PolicyFilter) -> Selected:
        conditions = [self.sees_policy()]
        column: InstrumentedAttribute[Any]
        for column, several in ((_P.status, wanted.status), (_P.line, wanted.line), (_P.type, wanted.type)):
            if several:
                conditions.append(column.in_(several))
        for column, one in (
            (_P.state, wanted.state), (_P.carrier, wanted.carrier), (_P.number_key, wanted.number_key),
            (_P.producer_id, wanted.producer_id), (_P.lead_id, wanted.lead_id),
        ):  # fmt: skip
            if one is not None:
                conditions.append(column == one)
        if wanted.ends_from is not None:
            conditions.append(_P.ends_on >= wanted.ends_from)
        if wanted.ends_before is not None:
            conditions.append(_P.ends_on < wanted.ends_before)
        if wanted.without:
            conditions.append(_P.id.not_in(wanted.without))
        if wanted.in_force_at is not None:
            conditions.append(self._in_force(wanted.in_force_at))
        if wanted.spans is not None:
            conditions += [_P.starts_at <= wanted.spans, _P.ends_at > wanted.spans, _P.number_key.is_not(None)]
        return query.where(*conditions, *searched(wanted, self.actor.agency_id))

    @staticmethod
    def _in_force(moment: datetime) -> ColumnElement[bool]:
        """Candidates: terms whose cover spans the instant, a gap apart. Whether it has one is for the changes to say."""
        begun = _P.status.in_(["active", "non_renewing", "cancelled", "lapsed", "expired", "non_renewed"])
        # an end is never behind the term's, so the terms that span the instant come from their index
        spans = and_(_P.number_key.is_not(None), _P.starts_at <= moment, _P.ends_at > moment)
        return and_(begun, spans, or_(_P.ended_at.is_(None), _P.ended_at > moment))

    # what belongs to one; whoever asks has the policy already

    async def changes(self, policy_ids: Sequence[UUID]) -> list[PolicyChangeRow]:
        """Changes of these policies in the order of their numbers."""
        found = await self.session.scalars(
            select(PolicyChangeRow)
            .where(PolicyChangeRow.agency_id == self.actor.agency_id, PolicyChangeRow.policy_id.in_(policy_ids))
            .order_by(PolicyChangeRow.policy_id, PolicyChangeRow.number)
        )
        return list(found)

    async def events(self, policy_id: UUID) -> list[PolicyEventRow]:
        """Every event of a policy, oldest first."""
        found = await self.session.scalars(self._of(PolicyEventRow, policy_id).order_by(PolicyEventRow.version))
        return list(found)

    async def keyed(self, policy_id: UUID, key: str) -> PolicyEventRow | None:
        """The event that was recorded under this key."""
        row: PolicyEventRow | None = await self.session.scalar(
            self._of(PolicyEventRow, policy_id).where(PolicyEventRow.key == key)
        )
        return row

    async def postings(self, policy_id: UUID) -> list[PolicyPostingRow]:
        """Every posting, in the order in which they were written."""
        return list(await self.session.scalars(self._of(PolicyPostingRow, policy_id).order_by(PolicyPostingRow.seq)))

    async def payments(self, policy_id: UUID) -> list[PolicyPaymentRow]:
        """Every movement of money, oldest first."""
        query = self._of(PolicyPaymentRow, policy_id).order_by(PolicyPaymentRow.received_at, PolicyPaymentRow.id)
        return list(await self.session.scalars(query))

    async def notices(self, policy_id: UUID) -> list[PolicyNoticeRow]:
        """Every notice, oldest first."""
        return list(
            await self.session.scalars(self._of(PolicyNoticeRow, policy_id).order_by(PolicyNoticeRow.recorded_at))
        )

    async def endorsements(self, policy_id: UUID) -> list[EndorsementRow]:
        """Every endorsement, oldest first."""
        return list(await self.session.scalars(self._of(EndorsementRow, policy_id).order_by(EndorsementRow.created_at)))

    async def papers(self, policy_id: UUID, ids: Sequence[UUID]) -> list[PaperUntil]:
        """These documents of a policy, in this order; NotFound where one is not the policy's."""
        found = await self._papers_among(ids)
        for one in ids:
            if one not in found or found[one].policy_id != policy_id:
                raise NotFound(f"policy {policy_id} has no document {one}")
        return [found[one] for one in ids]

    async def _papers_among(self, ids: Sequence[UUID]) -> Mapping[UUID, PaperUntil]:
        query = select(DocumentRow.id, DocumentRow.policy_id, DocumentRow.type, DocumentRow.expires_on).where(
            DocumentRow.agency_id == self.actor.agency_id, DocumentRow.id.in_(ids), DocumentRow.policy_id.is_not(None)
        )
        return {row["id"]: PaperUntil(**row) for row in (await self.session.execute(query)).mappings()}

    async def words_of_notes(self, policy_id: UUID) -> dict[UUID, str | None]:
        """The words of its notes by id; None of those that are forgotten."""
        found = await self.session.scalars(self._of(PolicyNoteRow, policy_id))
        return {one.id: one.words for one in found}

    async def belonging(self, model: type[Belonging], policy_id: UUID, row_id: UUID) -> Belonging:
        """One row that belongs to a held policy; NotFound for another's."""
        row: Belonging | None = await self.session.scalar(self._of(model, policy_id).where(model.id == row_id))
        if row is None:
            raise NotFound(f"policy {policy_id} has no {model.__tablename__.removeprefix('policy_')} {row_id}")
        return row

    async def under_key(self, model: type[Belonging], policy_id: UUID, key: str) -> Belonging | None:
        """The row that an earlier request with this key made."""
        row: Belonging | None = await self.session.scalar(self._of(model, policy_id).where(model.key == key))
        return row

    async def put(self, model: type[Row], row: Mapping[str, Any]) -> None:
        """Add a row of a table around the policy."""
        await self.session.execute(insert(model).values(agency_id=self.actor.agency_id, **row))

    async def put_event(self, event: Mapping[str, Any], *, holder: UUID | None, was: UUID | None) -> None:
        """An event with its message for the bus, its deliveries and its wait for the ledger, under the same id; ``holder`` is the
        producer who has the policy after it, ``was`` the one who had it before.
        """
        await self.put(PolicyEventRow, event)
        await self.put(LiveEventRow, {
            "id": event["id"], "policy_id": event["policy_id"], "version": event["version"],
            "kind": f"{POLICY_KIND}{event['kind']}", "at": event["recorded_at"], "holder": holder, "was": was, "named": [],
            "offer": False,
        })  # fmt: skip
        await self.deliver([event])
        if event["kind"] in EARNING:
            await self.put(
                PolicyEarningRow,
                {
                    "id": event["id"], "policy_id": event["policy_id"], "version": event["version"],
                    "kind": event["kind"], "state": "waiting", "at": event["recorded_at"],
                },
            )  # fmt: skip
        await self.put(
            OutboxRow,
            {
                "id": event["id"], "subject": f"{SUBJECT}.{event['kind']}",
                "payload": policy_message({**event, "agency_id": self.actor.agency_id}), "created_at": event["recorded_at"],
            },
        )  # fmt: skip

    async def deliver(self, events: Sequence[Mapping[str, Any]]) -> None:
        """A delivery of each event, in their order, for each subscriber of its kind."""
        kinds = [f"{POLICY_KIND}{one['kind']}" for one in events]
        values = {"agency": self.actor.agency_id, "events": [one["id"] for one in events], "kinds": kinds}
        await self.session.execute(_DELIVERIES, values)

    def _of(self, model: Any, policy_id: UUID) -> Select[Any]:
        return select(model).where(model.agency_id == self.actor.agency_id, model.policy_id == policy_id)

    # timers

    async def set_timers(self, policy_id: UUID, wanted: Iterable[tuple[str, datetime]]) -> None:
        """Let exactly these wait; one that was done at that instant stays done."""
        rows = [
            {
                "id": new_id(), "agency_id": self.actor.agency_id, "policy_id": policy_id, "kind": kind, "due_at": due_at,
                "state": "waiting", "attempts": 0,
            }
            for kind, due_at in wanted
        ]  # fmt: skip
        keys = [(row["kind"], row["due_at"]) for row in rows]
        others = update(PolicyTimerRow).where(
            PolicyTimerRow.agency_id == self.actor.agency_id, PolicyTimerRow.policy_id == policy_id,
            PolicyTimerRow.state == "waiting",
        )  # fmt: skip
        if keys:
            others = others.where(tuple_(PolicyTimerRow.kind, PolicyTimerRow.due_at).not_in(keys))
        await self.session.execute(others.values(state="cancelled"))
        if rows:
            query = insert(PolicyTimerRow).values(rows)
            again = query.on_conflict_do_update(
                index_elements=["policy_id", "kind", "due_at"],
                set_={"state": "waiting", "lease_until": None},
                where=PolicyTimerRow.state == "cancelled",
            )
            await self.session.execute(again)

    async def policy_of_timer(self, timer_id: UUID) -> UUID | None:
        """Whose timer it is; None for one of another agency."""
        query = select(PolicyTimerRow.policy_id).where(
            PolicyTimerRow.agency_id == self.actor.agency_id, PolicyTimerRow.id == timer_id
        )
        found: UUID | None = await self.session.scalar(query)
        return found

    async def timer(self, timer_id: UUID) -> PolicyTimerRow | None:
        """A timer of the agency, held until the transaction ends."""
        row: PolicyTimerRow | None = await self.session.scalar(
            select(PolicyTimerRow)
            .where(PolicyTimerRow.agency_id == self.actor.agency_id, PolicyTimerRow.id == timer_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return row

    async def timers(self, policy_id: UUID) -> list[PolicyTimerRow]:
        """Every timer of a policy, soonest first."""
        return list(await self.session.scalars(self._of(PolicyTimerRow, policy_id).order_by(PolicyTimerRow.due_at)))

    async def close_timer(self, timer_id: UUID, at: datetime, outcome: str) -> None:
        """It is done, with this outcome."""
        await self.session.execute(
            update(PolicyTimerRow)
            .where(PolicyTimerRow.agency_id == self.actor.agency_id, PolicyTimerRow.id == timer_id)
            .values(state="done", done_at=at, outcome=outcome, lease_until=None)
        )

    async def release_timer(self, timer_id: UUID) -> None:
        """Whoever comes when it is due takes it."""
        mine = PolicyTimerRow.agency_id == self.actor.agency_id, PolicyTimerRow.id == timer_id
        await self.session.execute(update(PolicyTimerRow).where(*mine).values(lease_until=None))

    async def open_endorsements(self, policy_id: UUID) -> list[EndorsementRow]:
        """Those that are quoted or approved and not applied."""
        query = self._of(EndorsementRow, policy_id).where(
            or_(*(EndorsementRow.state == one for one in ("quoted", "approved")))
        )
        return list(await self.session.scalars(query.order_by(EndorsementRow.created_at)))


def _newest(query: Selected, at_most: int) -> Selected:
    return query.order_by(_P.created_at.desc(), _P.id.desc()).limit(at_most)


def policy_message(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the bus and subscribers are told of a policy's event, by the columns of its row."""
    ids = {name: str(event[name]) for name in ("id", "agency_id", "policy_id")}
    times = {name: event[name].isoformat() for name in ("recorded_at", "effective_at")}
    data = {name: value for name, value in event["data"].items() if name not in _INSIDE}
    return {**ids, "version": event["version"], "kind": event["kind"], **times, "data": data}
