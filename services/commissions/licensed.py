"""Which licences payees hold, by their profiles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain.commissions.licensing import Held, Verdict, licensed_on
from domain.lines import Authority, Line
from domain.routing.tables import authority_table
from kernel.errors import FieldError, Invalid
from store.sql.models import ProducerRow
from store.uow import UnitOfWork


async def licences(uow: UnitOfWork, payees: Iterable[str], line: Line, state: str, day: date) -> dict[str, Verdict]:
    """Whether each payee was licensed for the line in the state on the day. Raises Invalid for who is not of the agency."""
    wanted = {UUID(one) for one in payees}
    rows = await uow.commissions.producers(wanted)
    unknown = sorted(str(one) for one in wanted - rows.keys())
    if unknown:
        faults = tuple(
            FieldError("parties.producer_id", "unknown", "is no producer of this agency", "use a producer's id", one)
            for one in unknown
        )
        raise Invalid("somebody named is no producer of this agency", fields=faults)
    needed = authority_table().rows.get(line, ())
    return {str(who): licensed_on(held_by(row), needed, state, day) for who, row in rows.items()}


def held_by(row: ProducerRow) -> list[Held]:
    """The licences of a producer's profile."""
    return [
        Held(
            one["state"], one["status"], frozenset(map(Authority, one["authorities"])),
            date.fromisoformat(one["effective"]), date.fromisoformat(one["expires"]) if one["expires"] else None,
        )
        for one in row.profile.get("licences") or []
    ]  # fmt: skip
