"""Who may be paid for a sale: a licence in the risk state on the day of earning (T43). Referrals: ``domain.referral_law``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.lines import Authority


@dataclass(frozen=True, slots=True)
class Held:
    """A licence as the licence database has it now. ``status`` is its word; ``active`` alone permits."""

    state: str
    status: str
    authorities: frozenset[Authority]
    effective: date
    expires: date | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this payee be paid? ``known`` is False where the data do not say; that is a no all the same."""

    permits: bool
    known: bool
    code: str
    reason: str

    @property
    def licensed(self) -> bool | None:
        """Whether they hold the licence; None where nobody knows."""
        return self.permits if self.known else None

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"permits": self.permits, "known": self.known, "code": self.code, "reason": self.reason}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """The inverse of :meth:`as_dict`."""
        return cls(data["permits"], data["known"], data["code"], data["reason"])


def licensed_on(held: Sequence[Held], needed: Iterable[frozenset[Authority]], state: str, day: date) -> Verdict:
    """Whether the licences permit the line in the state on the day, both ends included; ``needed`` are alternatives.

    Nobody accepts a commission for a sale without the licence it needed (NAIC Producer Licensing Model Act #218, section 13).

    A licence that is inactive, suspended or revoked now was perhaps active on the day: nobody says since when, so it is unknown.
    """
    here = [one for one in held if one.state == state]
    running = [one for one in here if one.effective <= day and (one.expires is None or day <= one.expires)]
    if not running:
        return _not_running(held, here, state, day)
    alternatives = list(needed)
    if _covers([one for one in running if one.status == "active"], alternatives):
        return Verdict(permits=True, known=True, code="licensed", reason=f"licensed in {state} on {day.isoformat()}")
    if _covers(running, alternatives):
        words = ", ".join(sorted({one.status for one in running if one.status != "active"}))
        return _no("licence_unknown", f"licence in {state} is {words} now, and since when is not known", known=False)
    return _no("licence_authority", f"licence in {state} does not cover the line")


def _not_running(held: Sequence[Held], here: Sequence[Held], state: str, day: date) -> Verdict:
    if not held:
        return _no("licence_unknown", "no licence data; refresh it from the licence database", known=False)
    if not here:
        return _no("licence_missing", f"holds no licence in {state}")
    latest = max(here, key=lambda one: (one.expires or date.max, one.effective))
    if latest.effective > day:
        return _no("licence_not_effective", f"licence in {state} takes effect on {latest.effective.isoformat()}")
    ended = latest.expires.isoformat() if latest.expires else "an earlier day"
    return _no("licence_ended", f"licence in {state} ended on {ended}")


def _covers(held: Iterable[Held], alternatives: Iterable[frozenset[Authority]]) -> bool:
    # A state may issue one licence for each authority, so what they allow together counts.
    together: frozenset[Authority] = frozenset().union(*(one.authorities for one in held))
    return any(one <= together for one in alternatives)


def _no(code: str, reason: str, *, known: bool = True) -> Verdict:
    return Verdict(permits=False, known=known, code=code, reason=reason)
