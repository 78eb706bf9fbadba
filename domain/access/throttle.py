"""How long to wait after failed sign-ins. Three counts stop guessing without letting a stranger lock somebody out.

The pair of account and address stops one guesser at one account early. The account counts over all addresses and stops many
guessers at one account late; an address from which the account has lately come in is spared that wait, so that its owner still
gets in. The address counts over all accounts and stops one guesser at many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(hours=1)
"""Failures older than this are forgotten, counted from the latest."""
KNOWN = timedelta(days=30)
"""So long after a success an address counts as one of the account's own."""
_LONGEST = timedelta(minutes=15)


class Count(StrEnum):
    """What a count is of."""

    PAIR = "pair"
    ACCOUNT = "account"
    ADDRESS = "address"


_FREE = {Count.PAIR: 5, Count.ACCOUNT: 50, Count.ADDRESS: 50}


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures in a row within the window, the latest of them, and the latest success."""

    count: int = 0
    last_at: datetime | None = None
    succeeded_at: datetime | None = None

    def within(self, moment: datetime) -> int:
        """The count as it stands at ``moment``."""
        return self.count if self.last_at is not None and moment - self.last_at < WINDOW else 0


def pause(of: Count, failures: int) -> timedelta:
    """What ``failures`` cost: nothing at first, then one second, doubling up to a quarter of an hour."""
    over = failures - _FREE[of]
    if over < 0:
        return timedelta(0)
    return min(_LONGEST, timedelta(seconds=2 ** min(over, 20)))


def wait(counts: dict[Count, Failures], moment: datetime) -> timedelta:
    """How long this address must wait before it may try this account again; zero when it may now."""
    pair = counts[Count.PAIR]
    own = pair.succeeded_at is not None and moment - pair.succeeded_at < KNOWN
    longest = timedelta(0)
    for of, failures in counts.items():
        if failures.last_at is None or (of is Count.ACCOUNT and own):
            continue
        longest = max(longest, failures.last_at + pause(of, failures.within(moment)) - moment)
    return longest
