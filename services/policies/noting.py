"""Words that a person writes down about a policy: a note on its timeline, and why something unusual was done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.words import Act
from kernel.clock import now
from kernel.ids import new_id
from services.policies.held import hold
from services.policies.recording import record
from services.policies.requests import Request
from services.policies.schemas import NoteIn
from store.sql.models import PolicyNoteRow
from store.uow import Database, UnitOfWork


class Noting:
    """Each use case is one transaction; the same request again finds the first note."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, actor: Actor, policy_id: UUID, body: NoteIn, *, key: str | None) -> UUID:
        """Write a note. Its event says that there is one; the words go with a request to forget."""
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "note", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            before = await uow.policies.under_key(PolicyNoteRow, policy_id, request.key)
            if before is not None and await request.done(uow, policy_id):
                return before.id
            note_id = await keep_words(uow, policy_id, request.key, body.text.strip(), at)
            await record(uow, held, Act.NOTED, key=request.key, at=at, request=request.body, note_id=note_id)
            return note_id


async def keep_words(uow: UnitOfWork, policy_id: UUID, key: str, words: str, at: datetime) -> UUID:
    """Keep words beside a policy within the caller's transaction, for an event that names them by their id."""
    note_id = new_id()
    row = {"id": note_id, "policy_id": policy_id, "key": key, "words": words, "written_at": at}
    await uow.policies.put(PolicyNoteRow, {**row, "written_by": uow.actor.subject})
    return note_id
