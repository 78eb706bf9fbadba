"""Documents of policies: taken in and read as those of leads, each act on the policy's timeline in the same transaction.

It stands outside :mod:`services.policies` because it knows two contexts, documents and policies, which do not know each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.actor import Actor, Scope
from domain.documents.owner import Owner
from domain.policies.papers import PaperType, Verdict
from domain.policies.words import Act
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import new_id
from services.documents.documents import Documents, Taken, hashed
from services.documents.schemas import DocumentView, FieldView, document_view, field_views
from services.policies.held import Held, hold
from services.policies.recording import record
from services.policies.schemas import Day
from store.sql.models import DocumentRow
from store.uow import Database, UnitOfWork

_ACTS = {Verdict.VERIFIED: Act.DOCUMENT_VERIFIED, Verdict.REJECTED: Act.DOCUMENT_REJECTED}


class PaperIn(BaseModel):
    """What a person says of a file. ``replaces``: the document of which it is the new version, of the same type."""

    type: PaperType = PaperType.OTHER
    expires_on: Day | None = Field(None, description="Last day on which it is good.")
    replaces: UUID | None = Field(None, description="The document of which this is the new version; it is kept.")


class PaperView(DocumentView):
    """A document of a policy in a list."""

    policy_id: UUID
    type: str
    expires_on: date | None
    replaces_id: UUID | None = Field(description="The version before it.")
    replaced_by_id: UUID | None = Field(description="The version after it; null for the one that counts.")
    verdict: str = Field(description="open, verified or rejected by a person; made for what the platform wrote.")
    decided_by: str | None
    decided_at: datetime | None
    decided_why: str | None
    policy_version: int | None = Field(description="Of a letter: the version of the policy that it shows.")


class PaperDetail(PaperView):
    """A document of a policy with everything read from it."""

    fields: list[FieldView]


class PaperList(BaseModel):
    """The documents of a policy, oldest first, every version."""

    items: list[PaperView]


class PolicyPapers:
    """Use cases on documents of policies. Writing needs ``policies:write``, reading ``policies:read``."""

    def __init__(self, database: Database, documents: Documents) -> None:
        self._database = database
        self._documents = documents

    async def attach(
        self, actor: Actor, policy_id: UUID, name: str, data: bytes, paper: PaperIn
    ) -> tuple[PaperDetail, bool]:
        """Take a file in and read it; also says whether it is new. The same bytes for the same policy are the same document.

        Raises NotFound for an unknown policy, Invalid for a file that is not taken or a day that is past, Conflict where the
        version that it replaces was replaced already.
        """
        actor.require(Scope.POLICIES_WRITE)
        owner, sha256 = Owner(policy_id=policy_id), await hashed(data)
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id)
            known = await uow.documents.same(owner, sha256)
        if known is not None:
            await self._documents.again(actor, known)
            return await self._shown(actor, policy_id, known.id), False
        taken = await self._documents.take(actor, name, data)
        document_id, fresh = await self._kept(actor, owner, taken, paper)
        if fresh:
            await self._documents.read(actor, document_id, taken)
        return await self._shown(actor, policy_id, document_id), fresh

    async def _kept(self, actor: Actor, owner: Owner, taken: Taken, paper: PaperIn) -> tuple[UUID, bool]:
        document_id = new_id()
        async with self._database.begin(actor) as uow:
            assert owner.policy_id is not None, "made of a policy's id"
            held, at = await hold(uow, owner.policy_id), now()
            known = await uow.documents.same(owner, taken.sha256)  # another call may have been first
            if known is not None:
                return known.id, False
            if paper.expires_on is not None and paper.expires_on < held.today(at):
                given = paper.expires_on.isoformat()
                fault = FieldError("expires_on", "past", "is past", "send what is good today, or leave it out", given)
                raise Invalid("the document is no longer good", fields=(fault,))
            if paper.replaces is not None:
                await _may_replace(uow, owner, paper)
            row = {
                **taken.row(document_id, actor), "type": paper.type.value, "verdict": Verdict.OPEN.value,
                "expires_on": paper.expires_on, "replaces_id": paper.replaces,
            }  # fmt: skip
            await uow.documents.add(owner, row)
            await record(
                uow, held, Act.DOCUMENT_ADDED, key=f"document:{document_id}", at=at, document_id=document_id,
                values=_until(held, gone=paper.replaces, new=(document_id, paper.expires_on)), replaces_id=paper.replaces,
                document_type=paper.type.value,
            )  # fmt: skip
        return document_id, True

    async def of(self, actor: Actor, policy_id: UUID) -> PaperList:
        """The documents of a policy; NotFound for another's."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            await uow.policies.one(policy_id)
            rows = await uow.documents.of(Owner(policy_id=policy_id))
        after = {row.replaces_id: row.id for row in rows}
        return PaperList(items=[PaperView(**_columns(row, after.get(row.id))) for row in rows])

    async def one(self, actor: Actor, policy_id: UUID, document_id: UUID) -> PaperDetail:
        """A document with everything that it states, in the document's own words: data, never instruction."""
        actor.require(Scope.POLICIES_READ)
        return await self._shown(actor, policy_id, document_id)

    async def content(self, actor: Actor, policy_id: UUID, document_id: UUID) -> tuple[DocumentView, bytes]:
        """The file as it came."""
        actor.require(Scope.POLICIES_READ)
        return await self._documents.content(actor, document_id, Owner(policy_id=policy_id))

    async def verify(self, actor: Actor, policy_id: UUID, document_id: UUID) -> PaperDetail:
        """A person says that it is what it seems. The same again changes nothing."""
        return await self._decide(actor, policy_id, document_id, Verdict.VERIFIED, None)

    async def reject(self, actor: Actor, policy_id: UUID, document_id: UUID, why: str) -> PaperDetail:
        """A person says that it is not, and why. It is kept; a better one is a new version of it."""
        return await self._decide(actor, policy_id, document_id, Verdict.REJECTED, why)

    async def _decide(
        self, actor: Actor, policy_id: UUID, document_id: UUID, verdict: Verdict, why: str | None
    ) -> PaperDetail:
        actor.require(Scope.POLICIES_WRITE)
        actor.require_person("a person looks at a document and says what it is worth")
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            row = await uow.documents.one(document_id, Owner(policy_id=policy_id))
            if row.verdict != verdict.value:
                await _undecided(uow, row)
                await uow.documents.change(
                    document_id, verdict=verdict.value, decided_by=actor.subject, decided_at=at, decided_why=why
                )
                gone = document_id if verdict is Verdict.REJECTED else None
                await record(
                    uow, held, _ACTS[verdict], key=f"document:{document_id}:{verdict.value}", at=at,
                    values=_until(held, gone=gone), document_id=document_id, document_type=row.type,
                    replaces_id=row.replaces_id,
                )  # fmt: skip
        return await self._shown(actor, policy_id, document_id)

    async def _shown(self, actor: Actor, policy_id: UUID, document_id: UUID) -> PaperDetail:
        async with self._database.begin(actor) as uow:
            row = await uow.documents.one(document_id, Owner(policy_id=policy_id))
            after = await uow.documents.replacing(document_id)
            return PaperDetail(**_columns(row, after), fields=field_views(await uow.documents.fields([document_id])))


async def _undecided(uow: UnitOfWork, row: DocumentRow) -> None:
    if row.verdict == Verdict.MADE.value:
        raise Conflict("the platform wrote it; there is nothing to verify", code="document_made")
    if row.verdict != Verdict.OPEN.value:
        raise Conflict(f"the document is {row.verdict}; send a new version of it", code="document_decided")
    if await uow.documents.replacing(row.id) is not None:
        raise Conflict("a new version has come; look at that one", code="document_replaced")


async def _may_replace(uow: UnitOfWork, owner: Owner, paper: PaperIn) -> None:
    assert paper.replaces is not None, "asked for a new version"
    before = await uow.documents.one(paper.replaces, owner)
    if before.verdict == Verdict.MADE.value:
        raise Conflict("the platform wrote that letter; it stands as it was sent", code="document_made")
    if await uow.documents.replacing(before.id) is not None:
        raise Conflict("it has a new version already; replace that one", code="document_replaced")
    if before.type != paper.type.value:
        fault = FieldError("type", "differs", f"the version before is {before.type}", "send it as that", paper.type)
        raise Invalid("a new version has the type of the one before", fields=(fault,))


def _until(
    held: Held, *, gone: UUID | None = None, new: tuple[UUID, date | None] | None = None
) -> Mapping[str, Any] | None:
    """The plan with the last good days of its documents, where they change: the policy's timer goes by them."""
    before: dict[str, str] = held.row.plan.get("papers_until", {})
    until = {one: day for one, day in before.items() if one != str(gone)}
    if new is not None and new[1] is not None:
        until[str(new[0])] = new[1].isoformat()
    return None if until == before else {"plan": {**held.row.plan, "papers_until": until}}


def _columns(row: DocumentRow, after: UUID | None) -> dict[str, Any]:
    own = (
        "policy_id", "type", "expires_on", "replaces_id", "verdict", "decided_by", "decided_at", "decided_why",
        "policy_version",
    )  # fmt: skip
    return {**document_view(row).model_dump(), **{name: getattr(row, name) for name in own}, "replaced_by_id": after}
