"""When a term covers, told from its beginning, ends and reinstatements alone (DOMAIN T57).

It is what :meth:`Term.cover` says of a priced term, for whoever counts many: contents, premiums and endorsements are not needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from domain.policies.calendar import begins
from domain.policies.changes import Change, ChangeKind, Contract
from domain.policies.term import in_effect


def covers(contract: Contract, changes: Iterable[Change], moment: datetime) -> bool:
    """Whether a loss at ``moment`` is covered by a term with these changes; endorsements among them are passed over."""
    return any(opens <= moment < closes for opens, closes in stretches(contract, changes))


def stretches(contract: Contract, changes: Iterable[Change]) -> list[tuple[datetime, datetime]]:
    """Half-open stretches of instants in which losses are covered, oldest first."""
    found: list[tuple[datetime, datetime]] = []
    opened: datetime | None = None

    def close(day: date) -> None:
        nonlocal opened
        closes = begins(day, contract.zone, contract.clock)
        if opened is not None and opened < closes:
            found.append((opened, closes))
        opened = None

    for one in in_effect([each for each in changes if each.kind is not ChangeKind.ENDORSEMENT]):
        if one.kind is ChangeKind.CANCELLATION:
            close(one.effective_on)
        else:
            opened = one.resumes_at or begins(one.effective_on, contract.zone, contract.clock)
    if opened is not None:
        close(contract.end)
    return found
