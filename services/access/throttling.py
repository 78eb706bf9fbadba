"""Counting failed passwords in Postgres, so that every process counts together; without it nobody gets to try."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from domain.access.throttle import Count, Failures, wait
from kernel.clock import now
from kernel.errors import RateLimited
from kernel.origin import origin
from store.uow import Database

_log = structlog.get_logger("leadwright.access")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was counted as a failure ahead of time, and the agency whose slug was named, if there is one."""

    keys: dict[Count, str]
    agency_id: UUID | None


class Throttling:
    """The rule is ``domain.access.throttle``. ``pepper`` keys the digests under which accounts and addresses are counted."""

    def __init__(self, database: Database, pepper: str) -> None:
        self._database = database
        self._pepper = pepper.encode()

    async def admit(self, account: str, slug: str | None = None) -> Attempt:
        """Let this address try this account, and count it as a failure already: so many tries at once are not free.

        Raises RateLimited, and counts nothing, when there were too many: waiting as told is enough.
        """
        keys, moment = self._keys(account), now()
        async with self._database.platform() as platform:
            held = await platform.attempts.locked(list(keys.values()), moment)
            counts = {of: held.get(key, Failures()) for of, key in keys.items()}
            pause = wait(counts, moment)
            if pause <= timedelta(0):
                await platform.attempts.failed({keys[of]: counts[of].within(moment) + 1 for of in keys}, moment)
            agency_id = await platform.agency_of(slug) if slug is not None else None
        if pause > timedelta(0):
            _log.warning("a password was not tried after too many failures")
            raise RateLimited("too many failures; wait and try again", retry_after=pause.total_seconds())
        return Attempt(keys, agency_id)

    async def succeeded(self, attempt: Attempt) -> None:
        """The password was right: the pair's failures are forgotten and the attempt no longer counts."""
        async with self._database.platform() as platform:
            others = [attempt.keys[Count.ACCOUNT], attempt.keys[Count.ADDRESS]]
            await platform.attempts.succeeded(attempt.keys[Count.PAIR], others, now())

    def _keys(self, account: str) -> dict[Count, str]:
        address = origin().site or "local"
        named = {Count.PAIR: f"{account}\x1f{address}", Count.ACCOUNT: account, Count.ADDRESS: address}
        return {
            of: hmac.new(self._pepper, f"{of.value}\x1f{name}".encode(), hashlib.sha256).hexdigest()
            for of, name in named.items()
        }
