"""Support: a producer asks for help, people of the agency take requests in order, answer and close them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.access.roles import producer_of
from domain.actor import Actor, Scope
from domain.network.support import STANDING, SupportState, SupportStep, after
from domain.network.tiers import Benefit, Tier, has
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale
from kernel.ids import new_id
from services.network.acting import acting_for, require_reads
from services.network.counting import current
from services.network.support_schemas import NextSupport, SupportIn, SupportPage, SupportView
from store.sql.models import SupportRequestRow
from store.uow import Database, UnitOfWork

_ASKED = ("subject", "words", "lead_id", "policy_id", "accrual_id")


class Supporting:
    """A producer asks, reads, closes and withdraws their own; people of the agency see all, take and answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, actor: Actor, given: SupportIn, *, key: str | None = None) -> SupportView:
        """Ask for help; the tier that the producer has now decides about its place and stays. With a ``key`` that came before,
        the request that was made then.

        Raises NotFound for a record that the producer does not see, Invalid where somebody of the agency names no producer,
        Conflict for a key of another request.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        asker = acting_for(actor, given.producer_id, "producer_id")
        request_id = new_id()
        name = f"{actor.subject}:{key}" if key else f"support:{request_id}"
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(asker)
            await _require_seen(uow, asker, given)
            await current(uow)
            standing = await uow.effects.of(asker)
            tier = Tier.BRONZE if standing is None else Tier(standing.tier)
            about = {field: getattr(given, field) for field in _ASKED}
            row = await uow.support.add({
                "id": request_id, "producer_id": asker, "key": name, "tier": tier.value, **about,
                "dedicated": has(tier, Benefit.DEDICATED_SUPPORT), "state": SupportState.OPEN.value, "version": 1,
                "created_at": now(),
            })  # fmt: skip
            if row.producer_id != asker or any(getattr(row, field) != value for field, value in about.items()):
                detail = "this key was used for another request; use a new key for a new one"
                raise Conflict(detail, code="idempotency_key_reused")
            if row.id == request_id:
                await uow.audit.note("support.ask", "support_request", row.id, producer_id=str(asker))
            return _view(row)

    async def page(
        self, actor: Actor, states: Sequence[SupportState], producer_id: UUID | None, cursor: UUID | None, limit: int
    ) -> SupportPage:
        """Requests in the order in which they are worked, those that are not over unless ``states`` say which. Raises Invalid
        for a cursor that this list did not give out.
        """
        require_reads(actor)
        wanted = [one.value for one in states or STANDING]
        async with self._database.begin(actor) as uow:
            try:
                rows = await uow.support.page(wanted, producer_id, cursor, limit + 1)
            except NotFound as problem:
                fault = FieldError(
                    "cursor", "unreadable", "not a cursor of this list", "use next_cursor of the page before"
                )
                raise Invalid("the cursor cannot be read", fields=(fault,)) from problem
            items = [_view(row) for row in rows[:limit]]
        return SupportPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    async def one(self, actor: Actor, request_id: UUID) -> SupportView:
        """A request; NotFound for others'."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            return _view(await uow.support.one(request_id))

    async def take_next(self, actor: Actor) -> NextSupport:
        """Take the request whose turn it is. Two who do so at once take two; nobody's turn: nothing is taken."""
        _require_works(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.support.next_open()
            if row is None:
                return NextSupport(request=None)
            await _step(uow, row, SupportStep.TAKE, taken_at=now(), taken_by=actor.subject)
            return NextSupport(request=_view(row))

    async def answer(self, actor: Actor, request_id: UUID, words: str, *, expected: int | None) -> SupportView:
        """Answer a request that was taken, by whomever. Raises Conflict for one that is not, Stale for an old version."""
        _require_works(actor)
        async with self._database.begin(actor) as uow:
            row = await _held(uow, request_id, expected)
            await _step(uow, row, SupportStep.ANSWER, answer=words, answered_at=now(), answered_by=actor.subject)
            return _view(row)

    async def close(self, actor: Actor, request_id: UUID, *, expected: int | None) -> SupportView:
        """Close a request that was answered."""
        return await self._end(actor, request_id, SupportStep.CLOSE, expected)

    async def withdraw(self, actor: Actor, request_id: UUID, *, expected: int | None) -> SupportView:
        """Take a request back before it is answered."""
        return await self._end(actor, request_id, SupportStep.WITHDRAW, expected)

    async def _end(self, actor: Actor, request_id: UUID, step: SupportStep, expected: int | None) -> SupportView:
        actor.require(Scope.PRODUCERS_WRITE)
        async with self._database.begin(actor) as uow:
            row = await _held(uow, request_id, expected)
            await _step(uow, row, step, ended_at=now(), ended_by=actor.subject)
            return _view(row)


def _require_works(actor: Actor) -> None:
    """Raise Forbidden for who does not work the queue."""
    actor.require(Scope.PRODUCERS_WRITE)
    actor.require_whole_agency()


async def _require_seen(uow: UnitOfWork, producer_id: UUID, given: SupportIn) -> None:
    """Raise NotFound where the producer does not see what the request is about, whoever asks for them."""
    seen = UnitOfWork(uow.session, producer_of(uow.actor.agency_id, producer_id))
    if given.lead_id is not None:
        await seen.leads.one(given.lead_id)
    if given.policy_id is not None:
        await seen.policies.one(given.policy_id)
    if given.accrual_id is not None:
        await seen.commissions.accrual(given.accrual_id)


async def _held(uow: UnitOfWork, request_id: UUID, expected: int | None) -> SupportRequestRow:
    row = await uow.support.one(request_id, held=True)
    if expected is not None and expected != row.version:
        detail = f"the support request is at version {row.version}, not {expected}; read it again"
        raise Stale(detail, current=_view(row).model_dump(mode="json"))
    return row


async def _step(uow: UnitOfWork, row: SupportRequestRow, step: SupportStep, **values: object) -> None:
    state = after(SupportState(row.state), step)
    await uow.support.change(row, state=state.value, **values)
    await uow.audit.note(f"support.{step.value}", "support_request", row.id)


def _view(row: SupportRequestRow) -> SupportView:
    return SupportView.model_validate({name: getattr(row, name) for name in SupportView.model_fields})
