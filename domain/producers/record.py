"""The parts of a producer's record by who states them: the producer, the agency, its file, or what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN = frozenset({"languages", "schedule", "absences", "paused_until"})
"""What producers may change of their own record."""
MEASURED = frozenset({"conversion", "response", "satisfaction", "similar"})
"""What nobody types: the agency's file states what came before, and what happens is added to it."""
FIXED = frozenset({"producer_id", "agency_id", "team_id"})
"""Ids; a team is named, not numbered."""


def kept(now: Mapping[str, Any], before: Mapping[str, Any] | None, stated: Mapping[str, Any]) -> dict[str, Any]:
    """The profile after a file is loaded: what it says otherwise than the last one, and for the rest what stands.

    So a file that is loaded again undoes neither an edit nor a pause, and what was measured stays added.
    """
    if before is None:
        return dict(stated)
    unchanged = {name for name in now.keys() | stated.keys() if stated.get(name) == before.get(name)}
    return {name: value for name, value in stated.items() if name not in unchanged} | {
        name: value for name, value in now.items() if name in unchanged
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Before and after of each field that differs; missing is None."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def with_measured(
    earlier: Mapping[str, Any],
    *,
    won: int,
    worked: int,
    minutes: float | None,
    answers: int,
    mark: float | None,
    marks: int,
) -> dict[str, Any]:
    """Conversion, response and satisfaction: what the file states of the time before, with what was measured since.

    Counts add up. Means are weighed by their numbers; so are medians of minutes, which is near enough where both stand for
    the same person's habit. Without either a part stays None: unknown, not zero.
    """
    tally = earlier.get("conversion")
    if worked:
        tally = {"won": (tally or {}).get("won", 0) + won, "tried": (tally or {}).get("tried", 0) + worked}
    return {
        "conversion": tally,
        "response": _together(earlier.get("response"), minutes, answers),
        "satisfaction": _together(earlier.get("satisfaction"), mark, marks),
    }


def _together(earlier: Mapping[str, Any] | None, value: float | None, n: int) -> dict[str, Any] | None:
    if value is None or n == 0:
        return None if earlier is None else dict(earlier)
    before, count = (0.0, 0) if earlier is None else (float(earlier["value"]), int(earlier["n"]))
    return {"value": round((before * count + value * n) / (count + n), 4), "n": count + n}
