"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then asked once."""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Opens after ``failures`` in a row; after ``cooldown`` seconds one call probes, and its end closes or opens it again.

    ``clock`` gives monotonic seconds. Every call that :meth:`admit` let through must end in exactly one of
    :meth:`succeeded`, :meth:`failed` and :meth:`abandoned`.
    """

    def __init__(self, failures: int, cooldown: float, clock: Callable[[], float]) -> None:
        self._most = failures
        self._cooldown = cooldown
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def refuses(self) -> bool:
        """Whether a call would be refused now."""
        if self._opened_at is None:
            return False
        return self._probing or self._clock() - self._opened_at < self._cooldown

    def admit(self) -> bool:
        """Let a call through, or not. The first one after the cooldown is the probe."""
        if self.refuses:
            return False
        self._probing = self._opened_at is not None
        return True

    def succeeded(self) -> None:
        """The endpoint works."""
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        """The endpoint did not answer, or said that it is broken. Late failures of an open breaker prolong nothing."""
        self._failures += 1
        if self._probing or (self._opened_at is None and self._failures >= self._most):
            self._opened_at, self._probing = self._clock(), False

    def abandoned(self) -> None:
        """The call ended without showing anything; a probe may be tried again."""
        self._probing = False
