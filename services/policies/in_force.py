"""What covers at an instant: terms run as they were agreed, and where cover ended once, its changes say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from domain.policies.changes import Change, read_contract
from domain.policies.cover import covers
from store.sql.repositories.policy_cover import Interrupted
from store.sql.repositories.policy_search import PolicyFilter
from store.uow import UnitOfWork


def covering(rows: Iterable[Interrupted], at: datetime) -> Iterable[tuple[Interrupted, bool]]:
    """Each term among these changes, by its first one, and whether it covers at the instant."""
    for _, some in groupby(rows, key=lambda one: one.policy_id):
        changes = list(some)
        yield changes[0], covers(read_contract(changes[0].contract), map(_bare, changes), at)


async def gaps_apart(uow: UnitOfWork, wanted: PolicyFilter) -> PolicyFilter:
    """The filter without those terms that are in a gap at its instant, as the count of what is in force has it (T57, T61)."""
    at = wanted.in_force_at
    if at is None:
        return wanted
    found = covering(await uow.policy_cover.resumed(at), at)
    return replace(wanted, without=[one.policy_id for one, covered in found if not covered])


def _bare(row: Interrupted) -> Change:
    """A change as far as cover depends on it."""
    body = {"resumes_at": row.resumes_at}
    return Change.read(str(row.change_id), row.number, row.kind, row.effective_on, row.recorded_at, body)
