"""Signing in with a password, renewing with a refresh token that works once, signing out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from domain.access.credentials import Credential, read
from domain.actor import Actor, system_actor
from kernel.clock import now
from kernel.errors import Unauthenticated
from kernel.ids import new_id
from kernel.settings import AccessSettings
from services.access.hashing import Hashing
from services.access.issue import new_credential
from services.access.standing import Session, Standings, person_actor
from services.access.throttling import Throttling
from store.sql.models import PersonRow
from store.uow import Database, UnitOfWork

_log = structlog.get_logger("leadwright.access")
_WRONG = "the agency, the e-mail or the password is wrong"
_ENDED = "the session has ended; sign in again"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who is in: the actor and session to write into an access token, and the token that gets the next one."""

    actor: Actor
    session: Session
    refresh_token: str
    refresh_expires_at: datetime


def login_name(email: str) -> str:
    """An e-mail address as it is compared: without surrounding space, in lower case."""
    return email.strip().lower()


class SignIn:
    """Works before an agency is known: it takes no actor, and finds out who one is."""

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

    async def sign_in(self, agency: str, email: str, password: str) -> SignedIn:
        """A new session. Raises Unauthenticated, for whatever is wrong in the same words and after the same work, and
        RateLimited after too many failures.
        """
        slug, name = agency.strip(), login_name(email)
        attempt = await self._throttling.admit(f"{slug}\x1f{name}", slug)
        agency_id = attempt.agency_id
        person = None
        if agency_id is not None:
            async with self._database.begin(system_actor(agency_id, "sign-in")) as uow:
                person = await uow.people.by_email(name)
        right = await self._hashing.verify(person.password_hash if person else None, password)
        opened = await self._opened(person, password) if person is not None and right else None
        if opened is None:
            if agency_id is not None:
                async with self._database.begin(system_actor(agency_id, "sign-in")) as uow:
                    await uow.audit.note("person.sign_in", "person", person and person.id, outcome="refused")
            raise Unauthenticated(_WRONG)
        await self._throttling.succeeded(attempt)
        return opened

    async def refresh(self, refresh_token: str) -> SignedIn:
        """The session's next tokens; the one given stops working. Given twice, it was copied: then the whole session ends.

        Raises Unauthenticated unless the token is the session's newest.
        """
        sent = read(refresh_token, Credential.REFRESH)
        async with self._database.platform() as platform:
            agency_id = await platform.agency_of_refresh_token(sent.public_id) if sent else None
        if sent is None or agency_id is None:
            raise Unauthenticated(_ENDED)
        moment, renewed = now(), None
        async with self._database.begin(system_actor(agency_id, "sign-in")) as uow:
            found = await uow.people.refresh_token(sent.public_id)
            if found is not None and sent.opens(found.hash):
                # The person first: whoever ends all their sessions holds that row, so none slips through renewed.
                person = await uow.people.one(found.person_id, lock=True)
                row = await uow.people.refresh_token(sent.public_id, lock=True)
                if row is not None and row.rotated_at is not None and row.revoked_at is None:
                    await uow.people.revoke_family(row.family, moment)
                    who = person_actor(person).subject
                    await uow.audit.note("session.reuse", "session", row.family, outcome="refused", actor=who)
                    _log.warning("a refresh token came twice; its session was ended", session=str(row.family))
                    self._standings.forget()
                elif row is not None and row.revoked_at is None and row.expires_at > moment and person.active:
                    row.rotated_at = moment
                    renewed = await self._issue(uow, person, row.family, moment, row.expires_at)
        if renewed is None:
            raise Unauthenticated(_ENDED)
        return renewed

    async def sign_out(self, refresh_token: str) -> None:
        """End the session, access tokens included. What is no session's token ends nothing and is no error."""
        sent = read(refresh_token, Credential.REFRESH)
        if sent is None:
            return
        async with self._database.platform() as platform:
            agency_id = await platform.agency_of_refresh_token(sent.public_id)
        if agency_id is None:
            return
        async with self._database.begin(system_actor(agency_id, "sign-in")) as uow:
            row = await uow.people.refresh_token(sent.public_id, lock=True)
            if row is None or not sent.opens(row.hash) or row.revoked_at is not None:
                return
            await uow.people.revoke_family(row.family, now())
            await uow.audit.note("person.sign_out", "session", row.family, actor=f"person:{row.person_id}")
        self._standings.forget()

    async def _opened(self, person: PersonRow, password: str) -> SignedIn | None:
        """A session for the person, unless they were changed while the password was being checked."""
        fresh = await self._hashing.hash(password) if self._hashing.outdated(person.password_hash or "") else None
        moment = now()
        expires_at = moment + timedelta(days=self._settings.refresh_days)
        async with self._database.begin(person_actor(person)) as uow:
            row = await uow.people.one(person.id, lock=True)
            if not row.active or row.password_hash != person.password_hash:
                return None
            if fresh is not None:
                row.password_hash = fresh
            await uow.people.forget_expired(row.id, moment)
            await uow.audit.note("person.sign_in", "person", row.id)
            return await self._issue(uow, row, new_id(), moment, expires_at)

    async def _issue(
        self, uow: UnitOfWork, person: PersonRow, family: UUID, moment: datetime, expires_at: datetime
    ) -> SignedIn:
        token = new_credential(Credential.REFRESH)
        await uow.people.open_session(
            id=new_id(), person_id=person.id, public_id=token.public_id, hash=token.hash, family=family,
            issued_at=moment, expires_at=expires_at, rotated_at=None, revoked_at=None,
        )  # fmt: skip
        session = Session(person.id, family, person.token_version)
        return SignedIn(person_actor(person), session, token.text, expires_at)
