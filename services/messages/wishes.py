"""What producers wish, read from and written to their row."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from domain.messages.kinds import Channel, Kind
from domain.messages.preferences import Preferences
from domain.routing.availability import Off, next_available, shift_now, zone
from domain.routing.profile import ProducerProfile
from store.sql.models import ProducerRow
from store.uow import UnitOfWork


async def wishes_of(uow: UnitOfWork, producer_id: UUID) -> tuple[Preferences, int]:
    """The producer's wishes and their version; the defaults at version 0 as long as they have said nothing."""
    row = await uow.messages.preference(producer_id)
    return (Preferences(), 0) if row is None else (read(row.wishes), row.version)


def read(said: dict[str, Any]) -> Preferences:
    """Wishes from JSON types."""
    begin, end = said.get("quiet_from"), said.get("quiet_until")
    return Preferences(
        channels=tuple(map(Channel, said["channels"])),
        by_kind={name: tuple(map(Channel, ways)) for name, ways in said["by_kind"].items()},
        quiet_from=time.fromisoformat(begin) if begin else None,
        quiet_until=time.fromisoformat(end) if end else None,
        on_shift=said["on_shift"],
        language=said.get("language"),
    )


def written(wishes: Preferences) -> dict[str, Any]:
    """Wishes as JSON types."""
    return {
        "channels": list(wishes.channels), "by_kind": {name: list(ways) for name, ways in wishes.by_kind.items()},
        "quiet_from": wishes.quiet_from and wishes.quiet_from.isoformat(),
        "quiet_until": wishes.quiet_until and wishes.quiet_until.isoformat(), "on_shift": wishes.on_shift,
        "language": wishes.language,
    }  # fmt: skip


def held_until(wishes: Preferences, producer: ProducerRow, kind: Kind, at: datetime) -> tuple[datetime, str] | None:
    """Until when a message waits for the producer's hours, and why; None where it may go. What is urgent always may.

    Hours that cannot be known, for want of a time zone or a schedule, hold nothing: the message is a producer's work.
    """
    if kind.urgent:
        return None
    place = zone(producer.profile.get("time_zone"))
    if place is not None and (quiet := wishes.quiet_end(at, place)) is not None:
        return quiet, "quiet_hours"
    if wishes.on_shift:
        profile = ProducerProfile.from_dict(producer.profile)
        if isinstance(shift_now(profile, at), Off) and (shift := next_available(profile, at)) is not None:
            return max(shift, at), "off_shift"
    return None
