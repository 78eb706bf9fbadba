"""People: add, change, let in and keep out, and their passwords."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.access.credentials import Credential, Spelled, read
from domain.access.passwords import check_password
from domain.access.roles import PEOPLE, SCOPES, Role
from domain.actor import Actor, Scope, system_actor
from domain.leads.reading.email import read_email
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unauthenticated
from kernel.ids import new_id
from kernel.settings import AccessSettings
from services.access.hashing import Hashing
from services.access.issue import new_credential
from services.access.schemas import OnceToken, PersonChange, PersonIn, PersonInvited, PersonPage, PersonView
from services.access.sign_in import login_name
from services.access.standing import Standings, person_actor
from services.access.throttling import Throttling
from store.sql.models import PersonRow
from store.uow import Database, UnitOfWork


class People:
    """Use cases on people. All but a person's own password need ``agency:admin``."""

    def __init__(
        self,
        database: Database,
        standings: Standings,
        hashing: Hashing,
        throttling: Throttling,
        settings: AccessSettings,
    ) -> None:
        self._database = database
        self._standings = standings
        self._hashing = hashing
        self._throttling = throttling
        self._settings = settings

    async def acting(self, actor: Actor, email: str) -> Actor:
        """The person with this address as an actor, with what their role holds: for a decision taken at the command line, where
        no sign-in says who takes it. Raises NotFound for nobody, or for one who is kept out.
        """
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.people.by_email(login_name(email))
        if row is None or not row.active:
            raise NotFound("no active person of this agency has that address")
        return person_actor(row)

    async def add(self, actor: Actor, wanted: PersonIn, password: str | None = None) -> PersonInvited:
        """A new person, with ``password`` or else with the token that sets one.

        Raises Invalid for an address, role, link or password that cannot be used, Conflict for an address that is taken,
        Forbidden for a role that holds more than the actor.
        """
        actor.require(Scope.AGENCY_ADMIN)
        email = login_name(wanted.email)
        if read_email(email) is None:
            fault = FieldError("email", "malformed", "is no e-mail address", "write it as name@example.com", email[:80])
            raise Invalid("the person cannot be added", fields=(fault,))
        if password is not None:
            check_password(password, email)
        hashed = await self._hashing.hash(password) if password is not None else None
        async with self._database.begin(actor) as uow:
            await self._check_role(uow, wanted.role, wanted.producer_id)
            row = await uow.people.add(
                id=new_id(), email=email, name=wanted.name, role=wanted.role.value, producer_id=wanted.producer_id,
                password_hash=hashed, active=True, token_version=1, once_hash=None, once_expires_at=None,
                created_at=now(),
            )  # fmt: skip
            if row is None:
                raise Conflict("somebody of this agency has this e-mail already", code="email_taken")
            invited = self._once(row).model_dump() if hashed is None else {}
            await uow.audit.note("person.add", "person", row.id, role=row.role)
            return PersonInvited(**view_of(row).model_dump(), **invited)

    async def page(self, actor: Actor, after: UUID | None, limit: int) -> PersonPage:
        """People in the order they were added."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            rows = await uow.people.page(after, limit + 1)
        return PersonPage(
            items=[view_of(row) for row in rows[:limit]], next_cursor=rows[limit - 1].id if len(rows) > limit else None
        )

    async def one(self, actor: Actor, person_id: UUID) -> PersonView:
        """A person; NotFound for another agency's."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return view_of(await uow.people.one(person_id))

    async def by_email(self, actor: Actor, email: str) -> PersonView:
        """The person who signs in with this address."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.people.by_email(login_name(email))
        if row is None:
            raise NotFound("nobody of this agency signs in with this e-mail; see `leadwright access person list`")
        return view_of(row)

    async def change(self, actor: Actor, person_id: UUID, change: PersonChange) -> PersonView:
        """Change name, role, link or whether they may sign in. The new role holds for tokens already given out.

        Raises Conflict when no active administrator would be left.
        """
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            admins = await uow.people.lock_admins()
            row = await uow.people.one(person_id, lock=True)
            role = change.role or Role(row.role)
            linked = row.producer_id if role is Role.PRODUCER else None
            producer_id = change.producer_id if change.producer_id is not None else linked
            active = row.active if change.active is None else change.active
            if not SCOPES[Role(row.role)] <= actor.scopes:
                raise Forbidden("this person holds more than you do; ask an administrator")
            await self._check_role(uow, role, producer_id)
            if person_id in admins and not (active and role is Role.ADMIN) and len(admins) == 1:
                raise Conflict("this is the last active administrator; make another one first", code="last_admin")
            if role.value != row.role or producer_id != row.producer_id:
                await uow.audit.note("person.role", "person", person_id, was=row.role, role=role.value)
            if active != row.active:
                await uow.audit.note("person.enable" if active else "person.disable", "person", person_id)
                if not active:
                    await self._end_sessions(uow, row)
            row.name, row.role = change.name or row.name, role.value
            row.producer_id, row.active = producer_id, active
            await uow.session.flush()
            view = view_of(row)
        self._standings.forget()
        return view

    async def sign_out_everywhere(self, actor: Actor, person_id: UUID) -> None:
        """End every session of a person."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.people.one(person_id, lock=True)
            await self._end_sessions(uow, row)
            await uow.audit.note("person.sign_out_everywhere", "person", person_id)
        self._standings.forget()

    async def reset(self, actor: Actor, person_id: UUID) -> OnceToken:
        """A token with which the person sets a new password, once. The old password and every session end now."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            row = await uow.people.one(person_id, lock=True)
            if not SCOPES[Role(row.role)] <= actor.scopes:
                raise Forbidden("this person holds more than you do; ask an administrator")
            row.password_hash = None
            token = self._once(row)
            await self._end_sessions(uow, row)
            await uow.audit.note("person.reset", "person", person_id)
        self._standings.forget()
        return token

    async def change_own_password(self, actor: Actor, current: str, new: str) -> None:
        """Set one's own password; every session ends. Raises Forbidden for who is no person, Invalid for a password that is
        wrong or cannot be used.
        """
        kind, _, own_id = actor.subject.partition(":")
        if kind != "person":
            raise Forbidden("only a person who has signed in has a password")
        async with self._database.begin(actor) as uow:
            row = await uow.people.one(UUID(own_id))
        check_password(new, row.email, "new_password")
        attempt = await self._throttling.admit(actor.subject)
        if not await self._hashing.verify(row.password_hash, current):
            fault = FieldError("current_password", "wrong", "is not your password", "type the one you signed in with")
            raise Invalid("the password was not changed", fields=(fault,))
        await self._throttling.succeeded(attempt)
        await self._set_password(actor, row, new)

    async def set_password_once(self, agency: str, email: str, once_token: str, new: str) -> None:
        """Set a password with a one-time token. Raises Unauthenticated unless the token is this person's and still good."""
        sent = read(once_token, Credential.ONCE)
        async with self._database.platform() as platform:
            agency_id = await platform.agency_of(agency.strip())
        row = None
        if agency_id is not None:
            async with self._database.begin(system_actor(agency_id, "sign-in")) as uow:
                row = await uow.people.by_email(login_name(email))
        if row is None or sent is None or not _opens(row, sent):
            raise Unauthenticated("the one-time token does not hold; ask an administrator for a new one")
        check_password(new, row.email, "new_password")
        await self._set_password(person_actor(row), row, new)

    async def _set_password(self, actor: Actor, seen: PersonRow, new: str) -> None:
        hashed = await self._hashing.hash(new)
        async with self._database.begin(actor) as uow:
            row = await uow.people.one(seen.id, lock=True)
            if (row.password_hash, row.once_hash, row.active) != (seen.password_hash, seen.once_hash, seen.active):
                raise Conflict("the password has just been changed by another request; sign in anew")
            row.password_hash, row.once_hash, row.once_expires_at = hashed, None, None
            await self._end_sessions(uow, row)
            await uow.audit.note("person.password", "person", row.id)
        self._standings.forget()

    async def _check_role(self, uow: UnitOfWork, role: Role, producer_id: UUID | None) -> None:
        if role not in PEOPLE:
            remedy = "use admin, manager or producer; programs get keys"
            raise Invalid(
                "no such role for a person", fields=(FieldError("role", "not_a_person", "is a program's", remedy),)
            )
        if not SCOPES[role] <= uow.actor.scopes:
            raise Forbidden("nobody gives a role that holds more than they do themselves")
        if (role is Role.PRODUCER) != (producer_id is not None):
            message = "names no producer" if role is Role.PRODUCER else "belongs to producers only"
            remedy = "name the producer whose leads they see, or use another role"
            fault = FieldError("producer_id", "does_not_fit_role", message, remedy)
            raise Invalid("role and producer do not go together", fields=(fault,))
        if producer_id is not None:
            try:
                await uow.agencies.producer(producer_id)
            except NotFound:
                fault = FieldError("producer_id", "unknown", "no such producer here", "name one of the agency's")
                raise Invalid("the producer is not known", fields=(fault,)) from None

    async def _end_sessions(self, uow: UnitOfWork, row: PersonRow) -> None:
        row.token_version += 1
        await uow.people.revoke_all(row.id, now())

    def _once(self, row: PersonRow) -> OnceToken:
        token, ends = new_credential(Credential.ONCE), now() + timedelta(hours=self._settings.once_hours)
        row.once_hash, row.once_expires_at = token.hash, ends
        return OnceToken(once_token=token.text, once_expires_at=ends)


def view_of(row: PersonRow) -> PersonView:
    """A person as they are shown."""
    return PersonView(
        id=row.id, email=row.email, name=row.name, role=Role(row.role), producer_id=row.producer_id, active=row.active,
        has_password=row.password_hash is not None, created_at=row.created_at,
    )  # fmt: skip


def _opens(row: PersonRow, sent: Spelled) -> bool:
    if row.once_hash is None or row.once_expires_at is None or not row.active:
        return False
    return sent.opens(row.once_hash) and row.once_expires_at > now()
