"""Token buckets: how fast one model may be asked, and how long it wants to be left alone."""

from __future__ import annotations

from collections.abc import Callable

_MINUTE = 60.0


class _Level:
    """A bucket that fills to ``per_minute`` in a minute and may be drawn below zero; the debt is waited for."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._level = float(per_minute)
        self._at: float | None = None

    def draw(self, amount: float, at: float) -> float:
        """Take ``amount`` (at most a minute's worth) and return the seconds until it is there."""
        self._fill(at)
        self._level -= min(amount, self._capacity)
        return max(0.0, -self._level * _MINUTE / self._capacity)

    def give_back(self, amount: float, at: float) -> None:
        self._fill(at)
        self._level = min(self._capacity, self._level + min(amount, self._capacity))

    def _fill(self, at: float) -> None:
        if self._at is not None:
            self._level = min(self._capacity, self._level + (at - self._at) * self._capacity / _MINUTE)
        self._at = at


class Bucket:
    """One model's pace in this process: requests and tokens a minute (0 is no limit), and holds that the vendor asked for.

    ``clock`` gives monotonic seconds.
    """

    def __init__(self, requests_per_minute: int, tokens_per_minute: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._requests = _Level(requests_per_minute) if requests_per_minute else None
        self._tokens = _Level(tokens_per_minute) if tokens_per_minute else None
        self._held_until = 0.0

    def draw(self, tokens: int) -> float:
        """Take a place for one request of about ``tokens``; returns the seconds to wait before sending it."""
        at = self._clock()
        waits = [self._held_until - at]
        if self._requests is not None:
            waits.append(self._requests.draw(1, at))
        if self._tokens is not None:
            waits.append(self._tokens.draw(tokens, at))
        return max(0.0, *waits)

    def give_back(self, tokens: int, *, unsent: bool = False) -> None:
        """Return ``tokens`` that were not used, and the place itself for a request that was not sent."""
        at = self._clock()
        if self._tokens is not None:
            self._tokens.give_back(tokens, at)
        if unsent and self._requests is not None:
            self._requests.give_back(1, at)

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: the vendor answered one request with Retry-After, and means the others too."""
        self._held_until = max(self._held_until, self._clock() + seconds)
