"""The only source of the present moment, so that tests and replays can hold it still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """The present instant in UTC, aware."""
    return _frozen.get() or datetime.now(UTC)  # noqa: TID251 - the one place that asks the system


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """Hold the clock at ``at`` in this context and the tasks started from it; ``at`` must be aware."""
    if at.tzinfo is None:
        msg = "a frozen clock needs an aware instant"
        raise ValueError(msg)
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield at
    finally:
        _frozen.reset(token)
