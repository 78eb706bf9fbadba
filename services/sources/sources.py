"""Sources and their secrets, kept by an administrator of the agency."""

from __future__ import annotations

import secrets
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.reading import FIELDS
from domain.sources.admission import cap_uses
from domain.sources.settings import SourceSettings, check
from domain.sources.windows import window_at
from integrations.sealing import Sealer
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale, Unavailable
from kernel.ids import new_id
from services.sources.schemas import CapView, SecretMade, SecretView, SourceIn, SourceList, SourceView
from store.sql.models import SourceRow, SourceSecretRow
from store.uow import Database, UnitOfWork

MOST_SECRETS = 5
# Under these names a mapping may put what is no field of a lead: the consent's sellers and its certificate.
MAPPABLE = frozenset(FIELDS) | {"consent_sellers", "certificate_url"}


class Sources:
    """Needs ``agency:admin`` throughout. Without a sealer (no key is set) secrets can be neither made nor used."""

    def __init__(self, database: Database, sealer: Sealer | None) -> None:
        self._database = database
        self._sealer = sealer

    async def all(self, actor: Actor) -> SourceList:
        """Every source of the agency."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return SourceList(items=[await _view(uow, row) for row in await uow.sources.all()])

    async def one(self, actor: Actor, source_id: UUID) -> SourceView:
        """A source; NotFound for another agency's."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return await _view(uow, await uow.sources.one(source_id))

    async def named(self, actor: Actor, slug: str) -> SourceView:
        """A source by its slug."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = (await uow.sources.by_slugs([slug])).get(slug)
            if row is None:
                raise NotFound(f"no source {slug!r} in this agency")
            return await _view(uow, row)

    async def create(self, actor: Actor, body: SourceIn) -> SourceView:
        """A new source. Raises Invalid with an entry per setting, Conflict when the slug is taken."""
        actor.require(Scope.AGENCY_ADMIN)
        settings, moment, source_id = _checked(body), now(), new_id()
        async with self._database.begin(actor) as uow:
            made = await uow.sources.add({
                "id": source_id, "slug": settings.slug, "settings": settings.as_dict(), "version": 1,
                "form_token": secrets.token_urlsafe(16), "created_at": moment, "updated_at": moment,
            })  # fmt: skip
            if not made:
                raise _taken(settings.slug)
            await uow.audit.note("source.add", "source", source_id)
            return await _view(uow, await uow.sources.one(source_id))

    async def change(self, actor: Actor, source_id: UUID, body: SourceIn, *, expected: int | None) -> SourceView:
        """Replace the settings. Raises Stale for an old version; ``slug`` and ``kind`` stay what they are."""
        actor.require(Scope.AGENCY_ADMIN)
        settings = _checked(body)
        async with self._database.begin(actor) as uow:
            row = await uow.sources.one(source_id, lock=True)
            await _require_version(uow, row, expected)
            before = SourceSettings.from_dict(row.settings)
            for name, old, new in (("slug", before.slug, settings.slug), ("kind", before.kind, settings.kind)):
                if old != new:
                    fault = FieldError(
                        name, "fixed", f"is {old}", "leads and addresses name it; make a new source", new
                    )
                    raise Invalid("this part of a source cannot change", fields=(fault,))
            await uow.sources.change(source_id, settings.as_dict(), settings.slug, row.version + 1, now())
            await uow.audit.note("source.change", "source", source_id, version=row.version + 1)
            await uow.session.refresh(row)
            return await _view(uow, row)

    async def remove(self, actor: Actor, source_id: UUID, *, expected: int | None) -> None:
        """Delete a source from which no lead has come; any other can only be switched off, for its account must stay."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.sources.one(source_id, lock=True)
            await _require_version(uow, row, expected)
            if await uow.sources.has_leads(source_id):
                raise Conflict("leads have come from this source; set active to false instead", code="source_has_leads")
            await uow.sources.remove(source_id)
            await uow.audit.note("source.remove", "source", source_id)

    async def add_secret(self, actor: Actor, source_id: UUID) -> SecretMade:
        """A new secret beside those in force: senders change over, then the old one is revoked."""
        actor.require(Scope.AGENCY_ADMIN)
        sealer = require_sealer(self._sealer)
        secret, secret_id, moment = f"lws_{secrets.token_urlsafe(32)}", new_id(), now()
        async with self._database.begin(actor) as uow:
            await uow.sources.one(source_id, lock=True)
            if len(await uow.sources.secrets(source_id)) >= MOST_SECRETS:
                raise Conflict(
                    f"a source has at most {MOST_SECRETS} secrets; revoke one first", code="too_many_secrets"
                )
            sealed = sealer.seal(secret.encode(), sealed_about(actor.agency_id, secret_id))
            await uow.sources.add_secret({
                "id": secret_id, "source_id": source_id, "sealed": sealed, "created_at": moment, "revoked_at": None,
            })  # fmt: skip
            await uow.audit.note("source.secret_add", "source", source_id, secret=str(secret_id))
        return SecretMade(id=secret_id, created_at=moment, secret=secret)

    async def revoke_secret(self, actor: Actor, source_id: UUID, secret_id: UUID) -> None:
        """End a secret at once; nothing of it is kept."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            await uow.sources.one(source_id)
            await uow.sources.revoke_secret(source_id, secret_id, now())
            await uow.audit.note("source.secret_revoke", "source", source_id, secret=str(secret_id))


def sealed_about(agency_id: UUID, secret_id: UUID) -> str:
    """To what a sealed secret is bound."""
    return f"{agency_id}/{secret_id}"


def opened(sealer: Sealer, agency_id: UUID, rows: list[SourceSecretRow]) -> list[bytes]:
    """The secrets in force, in the clear."""
    return [sealer.open(row.sealed, sealed_about(agency_id, row.id)) for row in rows]


def require_sealer(sealer: Sealer | None) -> Sealer:
    """Raises Unavailable where no key is set."""
    if sealer is None:
        raise Unavailable("sources' secrets need LEADWRIGHT_INBOUND__SECRET_KEY; set it", code="no_secret_key")
    return sealer


def _checked(body: SourceIn) -> SourceSettings:
    settings = SourceSettings.from_dict(body.model_dump(mode="json"))
    check(settings, MAPPABLE)
    return settings


def _taken(slug: str) -> Conflict:
    return Conflict(f"there is a source {slug!r} already; choose another slug", code="slug_taken")


async def _require_version(uow: UnitOfWork, row: SourceRow, expected: int | None) -> None:
    if expected is not None and expected != row.version:
        current = (await _view(uow, row)).model_dump(mode="json")
        raise Stale(f"the source is at version {row.version}, not {expected}; read it again", current=current)


async def _view(uow: UnitOfWork, row: SourceRow) -> SourceView:
    settings, moment = SourceSettings.from_dict(row.settings), now()
    spots = [(kind, window_at(kind, moment, settings.time_zone).starts_at) for kind in settings.caps]
    uses = cap_uses(settings, moment, await uow.sources.counted(row.id, spots))
    kept = await uow.sources.secrets(row.id)
    return SourceView(
        id=row.id, version=row.version, created_at=row.created_at, updated_at=row.updated_at,
        settings=SourceIn.model_validate(settings.as_dict()), form_token=row.form_token,
        caps=[
            CapView(window=use.kind, limit=use.limit, used=use.used, left=use.left, starts_at=use.starts_at,
                    resets_at=use.resets_at)
            for use in uses
        ],
        secrets=[SecretView(id=one.id, created_at=one.created_at) for one in kept],
    )  # fmt: skip
