"""Requests about policies: kept when they come, read, proposed on, decided by a person, and ended, each in one transaction.

The row is the truth: a graph that is begun anew finds in it what was done. What is proposed is bound to a digest; a word on
another digest, a second word and a late one change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope, system_actor
from domain.documents.owner import Owner
from domain.policies.asking.deciding import OPEN, Ends
from domain.policies.asking.telling import PRICE_AWAITED, kept_told
from domain.policies.asking.words import Approval, Deductible, Known, Reading, Vehicle
from domain.policies.contents import Contents, Part
from domain.policies.papers import Verdict
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import digest, new_id
from kernel.policy_settings import PolicySettings
from services.policies.actors import actor_of, actor_row
from services.policies.drafts import number_key
from services.policies.held import hold
from services.policies.reading import read_cursor, write_cursor
from services.policies.request_views import MoneyEffect, Proposal, RequestIn, RequestPage, RequestView
from services.policies.requests import Request
from store.sql.models import EndorsementRow, PolicyRequestRow
from store.uow import Database, UnitOfWork

APPROVED, DECLINED = "approved", "declined"


class Asking:
    """Whoever may write to a policy may ask; whose word a step takes is the intent's."""

    def __init__(self, database: Database, settings: PolicySettings) -> None:
        self._database = database
        self.settings = settings
        self._lease = timedelta(seconds=settings.lease_seconds)

    async def begin(self, actor: Actor, policy_id: UUID, body: RequestIn, key: str | None) -> tuple[UUID, bool]:
        """Keep a request, and whether it is new: the same key with the same words and documents finds the first. Raises Conflict
        for a key with others, and for ``follows`` of a request that asked nothing of this person; Invalid for a document that is
        not of this policy, was rejected, or has a newer version.
        """
        actor.require(Scope.POLICIES_WRITE)
        at, own, said = now(), f"{actor.subject}:{key or new_id()}", digest(body.content)
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id)
            words, documents = body.words, sorted(set(body.documents))
            if body.follows is not None:
                before = await uow.policy_requests.request(body.follows, policy_id)
                if before.state != Ends.ASKS or before.words is None or before.asker["subject"] != actor.subject:
                    raise Conflict("the request that this follows asked you nothing; ask anew", code="asked_nothing")
                words, documents = f"{before.words}\n{words}", documents or before.documents
            request_id = new_id()
            new = await uow.policy_requests.begin({
                "id": request_id, "policy_id": policy_id, "follows_id": body.follows, "key": own, "body": said, "version": 1,
                "state": Ends.WORKING.value, "words": words, "documents": documents,
                "asker": actor_row(actor), "attempts": 1,
                "lease_until": at + self._lease, "created_at": at, "updated_at": at,
            })  # fmt: skip
            if new:
                await _usable(uow, policy_id, documents)
                await uow.audit.note("policy.request", "policy", policy_id)
                return request_id, True
            found = await uow.policy_requests.under(policy_id, own)
            assert found is not None, "what stood in the way is there"
            if found.body != said:
                detail = "this Idempotency-Key was used with another body; use a new key for a new request"
                raise Conflict(detail, code="idempotency_key_reused")
            return found.id, False

    async def one(self, actor: Actor, request_id: UUID, policy_id: UUID | None = None) -> RequestView:
        """A request as it stands; NotFound where the actor may not see its policy."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            return view_of(await uow.policy_requests.request(request_id, policy_id), now())

    async def page(self, actor: Actor, policy_id: UUID, cursor: str | None, limit: int) -> RequestPage:
        """A policy's requests, newest first."""
        actor.require(Scope.POLICIES_READ)
        after = read_cursor(cursor) if cursor else None
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id)
            rows = await uow.policy_requests.requests(policy_id, after, limit + 1)
        more = rows[limit - 1] if len(rows) > limit else None
        return RequestPage(
            items=[view_of(row, now()) for row in rows[:limit]],
            next_cursor=write_cursor(more.created_at, more.id) if more else None,
        )

    async def known(self, actor: Actor, policy_id: UUID) -> Known:
        """The policy as far as a request may speak of it, today in its zone."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
        today = held.today(now())
        contents = held.contents
        asked = held.row.plan.get("asked_end")
        return known_of(
            contents, today=today, start=held.contract.start, end=held.contract.end, status=held.status,
            number=held.row.number, line=held.row.line,
            asked_end=datetime.fromisoformat(asked["on"]).date() if asked else None,
        )  # fmt: skip

    async def numbered(self, actor: Actor, number: str) -> UUID | None:
        """The latest term with a number that the actor may see; None where there is none, or several carriers have it."""
        async with self._database.begin(actor) as uow:
            rows = await uow.policies.by_number(number_key(number))
        return rows[-1].id if len({row.carrier for row in rows}) == 1 else None

    async def speakers(self, agency_id: UUID, request_id: UUID) -> tuple[Actor, Actor | None]:
        """Who asked, and who gave the word, as they were then. For the graph alone."""
        async with self._database.begin(system_actor(agency_id, "policies")) as uow:
            row = await uow.policy_requests.request(request_id)
        return actor_of(agency_id, row.asker), actor_of(agency_id, row.decider) if row.decider else None

    async def understood(self, actor: Actor, request_id: UUID, reading: Reading, read_by: str) -> None:
        """Keep what it says, once: who reads it again changes nothing."""
        async with self._database.begin(actor) as uow:
            row = await uow.policy_requests.request(request_id, held=True)
            if row.reading is None:
                row.reading, row.read_by = reading.as_row(), read_by
                _moved(row)

    async def reading(self, actor: Actor, request_id: UUID) -> Reading | None:
        """What it says, as it was kept; None before it was read."""
        async with self._database.begin(actor) as uow:
            row = await uow.policy_requests.request(request_id)
        return Reading.read(row.reading) if row.reading else None

    async def done_by(self, actor: Actor, policy_id: UUID, operation: str, key: str) -> UUID | None:
        """The policy's event of this operation under the actor's key; None where it was not done yet."""
        return await self.event_under(actor, policy_id, Request.of(actor, operation, key).key)

    async def event_under(self, actor: Actor, policy_id: UUID, key: str) -> UUID | None:
        """The policy's event that was recorded under a key."""
        async with self._database.begin(actor) as uow:
            event = await uow.policies.keyed(policy_id, key)
        return event.id if event else None

    async def propose(self, actor: Actor, request_id: UUID, proposal: Proposal) -> bool:
        """Let it wait for a person's word on exactly this; False where it is over by now or its words are gone. A repeated step
        finds the first proposal.
        """
        async with self._database.begin(actor) as uow:
            row = await uow.policy_requests.request(request_id, held=True)
            if row.state != Ends.WORKING or row.proposal is not None or row.forgotten_at is not None:
                return row.proposal is not None
            row.proposal, row.state, row.lease_until = proposal.model_dump(mode="json"), Ends.WAITING.value, None
            row.expires_at = now() + timedelta(hours=self.settings.approval_hours)
            row.digest = _digest(row)
            _moved(row)
            return True

    async def decide(self, actor: Actor, policy_id: UUID, request_id: UUID, shown: str, *, approve: bool) -> None:
        """Take a person's word, once. Raises Forbidden for who may not give it, Conflict for another digest than the one shown,
        for a proposal that is not what was shown, for one whose price is awaited, and where nothing waits any more.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_person("a person gives the word on a request")
        at = now()
        async with self._database.begin(actor) as uow:
            row = await uow.policy_requests.request(request_id, policy_id, held=True)
            current = view_of(row, at)
            if current.state is not Ends.WAITING:
                told = current.model_dump(mode="json")
                raise Conflict(
                    f"this request is {current.state.value}", code=f"request_{current.state.value}", current=told
                )
            if approve and current.proposal is not None and current.proposal.approval == Approval.AGENCY:
                actor.require_whole_agency()
            bound = _digest(row)
            if not (compare_digest(bound, row.digest or "") and compare_digest(bound, shown)):
                raise Conflict("this is not what was proposed; look at the request again", code="proposal_changed")
            if approve and current.proposal is not None and current.proposal.money.unrated:
                raise Conflict(PRICE_AWAITED, code="unrated", current=current.model_dump(mode="json"))
            row.decision, row.decider, row.decided_at = APPROVED if approve else DECLINED, actor_row(actor), at
            row.state, row.lease_until = Ends.WORKING.value, at + self._lease
            _moved(row)
            await uow.audit.note(f"policy.request.{row.decision}", "policy", policy_id)

    async def settle(
        self,
        actor: Actor,
        request_id: UUID,
        ends: Ends,
        code: str,
        answer: str,
        result: Mapping[str, Any] | None = None,
    ) -> None:
        """End it with an answer. One that is over stays as it is."""
        async with self._database.begin(actor) as uow:
            row = await uow.policy_requests.request(request_id, held=True)
            if row.state not in OPEN:
                return
            row.state, row.code, row.answer, row.lease_until = ends.value, code or None, answer, None
            row.result = dict(result) if result is not None else None
            _moved(row)
            if row.forgotten_at is not None:
                await uow.policy_requests.forget(request_id, now())

    async def forget(self, actor: Actor, policy_id: UUID) -> int:
        """Let the words go of every request about a policy and its other terms; of how many. For who answers for the agency.

        One that waits for a word is over with that. A policy that never came into force forgets whom and what it would have
        insured, and its documents; of one that did, the contract, notices and letters stay: they are the evidence of cover.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id, held=True)
            gone = await uow.policy_requests.forget_terms(policy_id, now())
            await uow.audit.note("policy.forget", "policy", policy_id, requests=gone)
        return gone

    async def claim(self) -> tuple[UUID, UUID] | None:
        """(request, agency) that somebody left lying, or whose time for a word is over; None when there is none."""
        async with self._database.platform() as platform:
            return await platform.claim_policy_request(now(), self._lease)

    async def attempts(self, actor: Actor, request_id: UUID) -> int:
        """How often it was begun."""
        async with self._database.begin(actor) as uow:
            return (await uow.policy_requests.request(request_id)).attempts


async def propose_anew(uow: UnitOfWork, endorsement: EndorsementRow, money: MoneyEffect, at: datetime) -> None:
    """Show a request that waits for a word on this endorsement what it is by now, within the caller's transaction: a word on what
    was shown before is refused. One that was decided is not touched; what it approved is not what is quoted any more.
    """
    row = await uow.policy_requests.waiting_on(endorsement.policy_id, endorsement.id)
    if (
        row is None
        or row.proposal is None
        or row.forgotten_at is not None
        or row.expires_at is None
        or row.expires_at <= at
    ):
        return
    shown = Proposal.model_validate(row.proposal)
    arguments = {**shown.arguments, "operations": endorsement.operations}
    row.proposal = shown.model_copy(update={"money": money, "arguments": arguments}).model_dump(mode="json")
    row.digest = _digest(row)
    _moved(row)


def known_of(contents: Contents, **parts: Any) -> Known:
    """The contents as far as a request may speak of them."""
    objects, parties, coverages = (contents.of(part) for part in (Part.OBJECT, Part.PARTY, Part.COVERAGE))
    vehicles = tuple(
        Vehicle(key, one["data"].get("year", 0), one["data"].get("make", ""), one["data"].get("model", ""),
                one["data"].get("vin"))
        for key, one in objects.items() if one["kind"] == "vehicle"
    )  # fmt: skip
    zips = {one["data"].get("garaging_zip") for one in objects.values() if one["kind"] == "vehicle"}
    return Known(
        **parts, vehicles=vehicles, objects=frozenset(objects), garaged=zips.pop() if len(zips) == 1 else None,
        drivers={key: one["name"] for key, one in parties.items() if one["role"] == "driver"},
        deductibles=tuple(
            Deductible(key, one["code"], one.get("object"), one["deductible_minor"])
            for key, one in coverages.items() if one.get("deductible_minor") is not None
        ),
        covered={key: one.get("object") for key, one in coverages.items()}, taken=frozenset(parties),
    )  # fmt: skip


def view_of(row: PolicyRequestRow, at: datetime) -> RequestView:
    """The row as it stands at an instant: what waited too long is over, whether or not a worker came by."""
    reading: Mapping[str, Any] = row.reading or {"asks": [], "slots": {}, "day": None, "said": None}
    state = Ends(row.state)
    if state is Ends.WAITING and row.expires_at is not None and row.expires_at <= at:
        state = Ends.EXPIRED
    missing = list((row.result or {}).get("missing", ())) if state is Ends.ASKS else []
    proposal, answer = Proposal.model_validate(row.proposal) if row.proposal else None, row.answer
    if state is Ends.WAITING and proposal is not None and proposal.money.unrated:
        answer = f"{PRICE_AWAITED[0].upper()}{PRICE_AWAITED[1:]}."
    if row.forgotten_at is not None:
        answer = None if state in OPEN else kept_told(reading["asks"], reading["day"], state)
        if proposal is not None:
            day = proposal.effective_on.isoformat() if proposal.effective_on else None
            proposal = proposal.model_copy(update={"summary": kept_told(reading["asks"], day)})
    return RequestView(
        id=row.id, version=row.version, policy_id=row.policy_id, follows=row.follows_id, state=state, words=row.words,
        documents=row.documents,
        asked_by=row.asker["subject"], asks=reading["asks"], slots=reading["slots"], day=reading["day"],
        day_said=reading["said"], read_by=row.read_by, missing=missing,
        proposal=proposal, digest=row.digest,
        expires_at=row.expires_at, decision=row.decision, decided_by=row.decider["subject"] if row.decider else None,
        decided_at=row.decided_at, code=row.code, answer=answer, result=row.result, created_at=row.created_at,
        updated_at=row.updated_at, forgotten_at=row.forgotten_at,
    )  # fmt: skip


async def _usable(uow: UnitOfWork, policy_id: UUID, documents: Sequence[UUID]) -> None:
    """Raises Invalid naming the first document that a request about the policy cannot rest on."""
    if not documents:
        return
    rows = {row.id: row for row in await uow.documents.of(Owner(policy_id=policy_id))}
    newer = {row.replaces_id: row.id for row in rows.values()}
    for one in documents:
        if one not in rows:
            remedy = "upload it to this policy, and name its id"
            fault = FieldError("documents", "unknown", "no such document of this policy", remedy, str(one))
        elif rows[one].verdict == Verdict.REJECTED.value:
            remedy = "send a new version of it, and name that one"
            fault = FieldError("documents", "rejected", "a person rejected it", remedy, str(one))
        elif one in newer:
            fault = FieldError("documents", "replaced", "it has a newer version", f"name {newer[one]}", str(one))
        else:
            continue
        raise Invalid("a document of the request cannot be used", fields=(fault,))


def _digest(row: PolicyRequestRow) -> str:
    """What a word is bound to: whose request about which policy, the step with its arguments, day, money, and until when."""
    until = row.expires_at.timestamp() if row.expires_at else None
    return digest([str(row.agency_id), str(row.policy_id), str(row.id), row.asker["subject"], row.proposal, until])


def _moved(row: PolicyRequestRow) -> None:
    row.version, row.updated_at = row.version + 1, now()
