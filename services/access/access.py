"""Access as one thing: its use cases share what a credential is worth, one hasher and one count of failures."""

from __future__ import annotations

from functools import cached_property

from kernel.settings import AccessSettings
from services.access.audit import AuditTrail
from services.access.hashing import Hashing
from services.access.keys import Keys
from services.access.people import People
from services.access.sign_in import SignIn
from services.access.standing import Standings
from services.access.throttling import Throttling
from store.uow import Database


class Access:
    """``pepper`` keys the digests under which failed passwords are counted; it is the same in every process."""

    def __init__(self, database: Database, settings: AccessSettings, pepper: str) -> None:
        self._database = database
        self._settings = settings
        self.standings = Standings(database)
        self.hashing = Hashing()
        self._throttling = Throttling(database, pepper)

    @cached_property
    def sign_in(self) -> SignIn:
        """Sessions of people."""
        return SignIn(self._database, self.standings, self.hashing, self._throttling, self._settings)

    @cached_property
    def people(self) -> People:
        """Who may sign in."""
        return People(self._database, self.standings, self.hashing, self._throttling, self._settings)

    @cached_property
    def keys(self) -> Keys:
        """Keys of programs."""
        return Keys(self._database, self.standings, self._settings)

    @cached_property
    def audit(self) -> AuditTrail:
        """Who did what."""
        return AuditTrail(self._database)
