"""Producers' records: read, changed under their version, with a history. Routing sees a change with the next lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.producers.record import FIXED, MEASURED, OWN, differences
from domain.routing.profile import ProducerProfile
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import AppError, FieldError, Forbidden, Invalid, NotFound, Stale
from kernel.ids import derived_id
from services.producers.checks import fault_of
from services.producers.schemas import ChangePage, ChangeView, ProducerPage, ProducerPatch, ProducerView
from store.sql.models import ProducerRow
from store.uow import Database, UnitOfWork

_CONTACT = ("name", "email", "phone")
FIELDS = frozenset(ProducerProfile.__dataclass_fields__)


class Records:
    """A manager sees and changes every producer, a producer the own record and of that :data:`OWN`."""

    def __init__(self, database: Database, geography: Geography) -> None:
        self._database = database
        self._geography = geography

    async def page(self, actor: Actor, cursor: UUID | None, limit: int) -> ProducerPage:
        """Producers that the actor may see, in the order of their ids."""
        actor.require(Scope.PRODUCERS_READ)
        only = own_of(actor)
        async with self._database.begin(actor) as uow:
            rows = await uow.producers.page(after=cursor, only=only, at_most=limit + 1)
        items = [view_of(actor, row) for row in rows[:limit]]
        return ProducerPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    async def one(self, actor: Actor, producer_id: UUID) -> ProducerView:
        """A producer; NotFound for one that the actor may not see."""
        actor.require(Scope.PRODUCERS_READ)
        require_seen(actor, producer_id)
        async with self._database.begin(actor) as uow:
            return view_of(actor, await uow.agencies.producer(producer_id))

    async def named(self, actor: Actor, external_id: str) -> ProducerView:
        """A producer by the agency's own id for them."""
        actor.require(Scope.PRODUCERS_READ)
        async with self._database.begin(actor) as uow:
            row = await uow.producers.by_external(external_id)
        require_seen(actor, row.id)
        return view_of(actor, row)

    async def change(
        self, actor: Actor, producer_id: UUID, patch: ProducerPatch, *, expected: int | None, did: str = "edit"
    ) -> ProducerView:
        """Change parts of a record. Raises Invalid with an entry for each wrong field, Stale for an old version, Forbidden for
        a field that is not the actor's to change.
        """
        actor.require(Scope.PRODUCERS_WRITE)
        require_seen(actor, producer_id)
        async with self._database.begin(actor) as uow:
            row = await uow.routing.lock_producer(producer_id)
            if expected is not None and expected != row.version:
                current = view_of(actor, row).model_dump(mode="json")
                raise Stale(f"the producer is at version {row.version}, not {expected}; read it again", current=current)
            contact = {name: getattr(patch, name) for name in _CONTACT if name in patch.model_fields_set}
            _require_own(actor, patch, contact)
            profile = self._changed(row, patch)
            if contact.get("name", row.name) is None:
                fault = FieldError(
                    "name", "missing", "is empty", "give a name, or leave it out to keep the present one"
                )
                raise Invalid("a producer has a name", fields=(fault,))
            await saved(uow, row, profile, contact, did)
            return view_of(actor, row)

    async def changes(self, actor: Actor, producer_id: UUID, cursor: UUID | None, limit: int) -> ChangePage:
        """What happened to a record, newest first."""
        actor.require(Scope.PRODUCERS_READ)
        require_seen(actor, producer_id)
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            rows = await uow.producers.changes(producer_id, before=cursor, at_most=limit + 1)
        items = [
            ChangeView.model_validate({name: getattr(row, name) for name in ChangeView.model_fields})
            for row in rows[:limit]
        ]
        return ChangePage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)

    def _changed(self, row: ProducerRow, patch: ProducerPatch) -> dict[str, Any]:
        """The profile with the patch, checked by its owner."""
        given, ids = dict(patch.profile), {"producer_id": str(row.id), "agency_id": str(row.agency_id)}
        code = given.get("zip_code")
        place = self._geography.place(code) if isinstance(code, str) else None
        if place is not None:
            for field, value in (("lat", place.lat), ("lon", place.lon), ("time_zone", place.time_zone)):
                given.setdefault(field, value)
        wrong = _faults(given, ids)
        if wrong:
            raise Invalid(f"{len(wrong)} fields cannot be used", fields=tuple(wrong))
        if given.get("absences", ()) is None:
            given["absences"] = []
        if "team" in patch.model_fields_set:
            given["team_id"] = str(derived_id("team", row.agency_id, patch.team)) if patch.team else None
        return ProducerProfile.from_dict({**row.profile, **given}).as_dict()


def _faults(given: Mapping[str, Any], ids: Mapping[str, str]) -> list[FieldError]:
    """Everything that is wrong with the fields, each by itself."""
    wrong: list[FieldError] = []
    for name, value in given.items():
        if name not in FIELDS - FIXED - MEASURED:
            remedy = "measured and ids are not typed; see docs/howto/producers.md for the fields"
            wrong.append(FieldError(f"profile.{name}", "not_changeable", "cannot be changed", remedy))
            continue
        if (fault := fault_of(name, value)) is not None:
            wrong.append(fault)
            continue
        try:
            ProducerProfile.from_dict({**ids, name: value if name != "absences" or value is not None else []})
        except AppError as problem:
            wrong += [
                FieldError(f"profile.{name}", one.code, one.message, one.remedy, one.value) for one in problem.fields
            ]
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            wrong.append(FieldError(f"profile.{name}", "invalid", str(problem)[:200], "see docs/agency-file.md"))
    return wrong


def own_of(actor: Actor) -> UUID | None:
    """The one producer whom the actor may see, or None for whoever sees all. Raises Forbidden for who may see none."""
    return actor.own_producer("producers are for people of the agency; ask a manager")


def require_seen(actor: Actor, producer_id: UUID) -> None:
    """Raise NotFound for a producer whom the actor may not see."""
    if own_of(actor) not in {None, producer_id}:
        raise NotFound(f"no producer {producer_id} in this agency")


def _require_own(actor: Actor, patch: ProducerPatch, contact: Mapping[str, Any]) -> None:
    if own_of(actor) is None:
        return
    beyond = sorted((patch.profile.keys() - OWN) | contact.keys() | ({"team"} & patch.model_fields_set))
    if beyond:
        faults = tuple(FieldError(name, "not_yours", "is the agency's to change", "ask a manager") for name in beyond)
        raise Forbidden(f"a producer changes {', '.join(sorted(OWN))} only, not {', '.join(beyond)}", fields=faults)


def view_of(actor: Actor, row: ProducerRow) -> ProducerView:
    """The row as the actor sees it."""
    mine = FIELDS - FIXED - MEASURED if own_of(actor) is None else OWN
    return ProducerView(
        id=row.id, external_id=row.external_id, version=row.version, name=row.name, email=row.email, phone=row.phone,
        active=row.active, profile=row.profile, may_change=sorted(mine) if Scope.PRODUCERS_WRITE in actor.scopes else [],
        updated_at=row.updated_at,
    )  # fmt: skip


async def saved(
    uow: UnitOfWork, row: ProducerRow, profile: dict[str, Any], contact: Mapping[str, Any], did: str
) -> bool:
    """Write what differs, with its line in the history; False where nothing does."""
    changed = differences(row.profile, profile)
    touched = {name: value for name, value in contact.items() if getattr(row, name) != value}
    if not changed and not touched:
        return False
    moment, version = now(), row.version + 1
    await uow.producers.add_changes([{
        "producer_id": row.id, "version": version, "at": moment, "did": did,
        "changed": changed | {name: {} for name in touched},
    }])  # fmt: skip
    active = bool(profile["active"]) if "active" in changed else row.active
    await uow.producers.save(
        row, {**touched, "profile": profile, "active": active, "version": version, "updated_at": moment}
    )
    await uow.audit.note("producer.change", "producer", row.id, did=did, fields=sorted([*changed, *touched]))
    return True
