"""Who stands at a source's door: found by a signature, a form's public token, or a token of the API."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, ActorKind, Scope
from domain.sources.settings import SourceKind, SourceSettings
from domain.sources.signature import holds, read_signature
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.errors import Unauthenticated
from kernel.ids import digest
from kernel.settings import Settings
from services.sources.admission import Admission
from services.sources.sources import opened, require_sealer
from store.sql.models import SourceRow
from store.uow import Database

BAD_SIGNATURE = "bad_signature"
_NO_ENTRY = (
    "the signature, or the token, does not hold for an active source here; check agency, source, secret, and that the "
    "sender's clock is right"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A source that has shown itself, at the door called ``door``. ``delivery`` is what its request is known by, if signed."""

    actor: Actor
    source_id: UUID
    settings: SourceSettings
    door: str
    delivery: str | None = None


class Doors:
    """Whoever is refused here learns nothing: not whether there is such an agency or source, nor what was wrong."""

    def __init__(self, database: Database, sealer: Sealer | None, admission: Admission, settings: Settings) -> None:
        self._database = database
        self._sealer = sealer
        self._admission = admission
        self._settings = settings

    async def signed(
        self, agency: str, source: str, header: str, body: bytes, *, kind: SourceKind, door: str
    ) -> Caller:
        """The source whose secret signed ``body`` as it came. Raises Unauthenticated; the refusal is counted."""
        sealer = require_sealer(self._sealer)
        signature, moment = read_signature(header), now()
        found = await self._found(agency, source, kind)
        secrets: list[bytes] = []
        if found is not None:
            async with self._database.begin(found[0]) as uow:
                secrets = opened(sealer, found[0].agency_id, await uow.sources.secrets(found[1].id))
        seconds = self._settings.inbound.signature_seconds
        if signature is None or not holds(signature, secrets, body, moment, seconds) or found is None:
            await self._count(found, door, moment)
            raise Unauthenticated(_NO_ENTRY)
        actor, row = found
        known_by = digest([signature.at, body.hex()])
        return Caller(actor, row.id, SourceSettings.from_dict(row.settings), door, known_by)

    async def by_form_token(self, agency: str, source: str, token: str) -> Caller:
        """The source whose form holds ``token``. Raises Unauthenticated; the refusal is counted."""
        found = await self._found(agency, source, SourceKind.FORM)
        if not hmac.compare_digest((found[1].form_token if found else "").encode(), token.encode()) or found is None:
            await self._count(found, "form", now())
            raise Unauthenticated(_NO_ENTRY)
        actor, row = found
        return Caller(actor, row.id, SourceSettings.from_dict(row.settings), "form")

    async def by_chat_key(self, agency: str, source: str, key: str | None) -> Caller:
        """The chat source that ``key`` is the public key of; None is our own page, which needs none. Raises Unauthenticated."""
        found = await self._found(agency, source, SourceKind.CHAT)
        holds_key = key is None or (
            found is not None and hmac.compare_digest(found[1].form_token.encode(), key.encode())
        )
        if found is None or not holds_key:
            await self._count(found, "chat", now())
            raise Unauthenticated(_NO_ENTRY)
        return self.caller_of(found[1], "chat")

    def caller_of(self, row: SourceRow, door: str) -> Caller:
        """The source of this row at ``door``."""
        scopes = frozenset({Scope.LEADS_SEND})
        actor = Actor(row.agency_id, ActorKind.PARTNER, f"source:{row.slug}", scopes, source=row.slug)
        return Caller(actor, row.id, SourceSettings.from_dict(row.settings), door)

    async def by_actor(self, actor: Actor, agency: str, source: str, *, kind: SourceKind, door: str) -> Caller:
        """The source that a caller of the API with ``leads:send`` speaks for, in the caller's own agency only; a partner
        speaks for its own source.
        """
        actor.require(Scope.LEADS_SEND)
        found = await self._found(agency, source, kind)
        if actor.kind is ActorKind.PARTNER and actor.source != source:
            raise Unauthenticated(_NO_ENTRY)
        if found is None or found[0].agency_id != actor.agency_id:
            raise Unauthenticated(_NO_ENTRY)
        speaks = replace(found[0], subject=actor.subject)
        return Caller(speaks, found[1].id, SourceSettings.from_dict(found[1].settings), door)

    async def refused(self, caller: Caller, code: str) -> None:
        """Count a request that could not even be read."""
        async with self._database.begin(caller.actor) as uow:
            await self._admission.refuse(uow, await uow.sources.one(caller.source_id), caller.door, code, now())

    async def _found(self, agency: str, source: str, kind: SourceKind) -> tuple[Actor, SourceRow] | None:
        """The active source and the actor that it is; None for any other."""
        async with self._database.platform() as platform:
            agency_id = await platform.agency_of(agency)
        if agency_id is None:
            return None
        actor = Actor(
            agency_id, ActorKind.PARTNER, f"source:{source[:60]}", frozenset({Scope.LEADS_SEND}), source=source
        )
        async with self._database.begin(actor) as uow:
            row = (await uow.sources.by_slugs([source])).get(source)
        if row is None:
            return None
        settings = SourceSettings.from_dict(row.settings)
        return (actor, row) if settings.active and settings.kind is kind else None

    async def _count(self, found: tuple[Actor, SourceRow] | None, door: str, moment: datetime) -> None:
        if found is not None:
            async with self._database.begin(found[0]) as uow:
                await self._admission.refuse(uow, found[1], door, BAD_SIGNATURE, moment)
