"""Whether a listener can go on from the event they saw last."""

from __future__ import annotations

from kernel.errors import AppError


class TooOld(AppError):
    """What the listener has seen last lies before what is kept, or is of another history: only loading anew helps."""

    status, code, title = 410, "too_old", "Load the state again"

    def __init__(self) -> None:
        super().__init__("events since that id are not kept any more; load the leads again and listen without an id")


def require_kept(after: int, floor: int, last: int) -> None:
    """Raise TooOld unless every event behind ``after`` is kept. ``floor`` is the last that went, ``last`` the last there is: an
    id beyond it comes from before a restore.
    """
    if after < floor or after > last:
        raise TooOld
