"""How a producer wants to be told, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.messages.kinds import Channel, Kind

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preferences:
    """``channels`` for kinds that ``by_kind`` does not name; an empty tuple there means not to be told of that kind.

    ``quiet_from`` and ``quiet_until`` are on the producer's own clock; equal or missing means no quiet hours. ``on_shift``
    also keeps what is not urgent until the producer's next shift.
    """

    channels: tuple[Channel, ...] = (Channel.PUSH, Channel.EMAIL)
    by_kind: Mapping[str, tuple[Channel, ...]] = field(default_factory=dict)
    quiet_from: time | None = None
    quiet_until: time | None = None
    on_shift: bool = False
    language: str | None = None

    def ways(self, kind: Kind) -> tuple[Channel, ...]:
        """The channels for ``kind``, of those that it may take."""
        return tuple(way for way in self.by_kind.get(kind.name, self.channels) if way in kind.channels)

    def quiet_end(self, at: datetime, place: ZoneInfo) -> datetime | None:
        """When the quiet hours that hold at ``at`` end, in UTC; None outside them."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return None
        local = at.astimezone(place)
        clock = local.time().replace(tzinfo=None)
        inside = begin <= clock < end if begin < end else clock >= begin or clock < end
        if not inside:
            return None
        day = local.date() if clock < end else local.date() + _DAY
        # An hour that the clocks skip is the moment of the jump; the later of two is taken, so that quiet is never cut short.
        return datetime.combine(day, end, place).replace(fold=1).astimezone(UTC)
