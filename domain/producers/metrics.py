"""What can honestly be said of a producer's numbers (DOMAIN T75, T77)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

FEW = 20
"""Below so many observations a 95th percentile is one of the largest by chance, and is flagged."""
_Z = 1.959963984540054  # 95 percent, two-sided


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``n``. Of none there is no rate: None, not 0 and not NaN."""

    count: int
    n: int

    @property
    def rate(self) -> float | None:
        """The share itself."""
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true rate lies with 95 percent confidence (Wilson, 1927); it stays within 0 and 1 for any ``n``."""
        if not self.n:
            return None
        n, share, square = self.n, self.count / self.n, _Z * _Z
        middle = (share + square / (2 * n)) / (1 + square / n)
        half = _Z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
        low = 0.0 if self.count == 0 else max(0.0, middle - half)
        high = 1.0 if self.count == self.n else min(1.0, middle + half)
        return low, high
