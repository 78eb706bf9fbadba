"""What a profile's parts may be where a person types them: the domain reads them as dates, lines and states, not as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.routing.availability import zone
from kernel.errors import FieldError

_MOST = 1_000_000
_LONGEST = 200
_TYPES: dict[str, tuple[type, ...]] = {
    "active": (bool,), "zip_code": (str,), "time_zone": (str,), "holiday_region": (str,), "eo_expires": (str,),
    "joined_on": (str,), "paused_until": (str,), "lat": (int, float), "lon": (int, float), "capacity_daily": (int,),
    "capacity_monthly": (int,), "rank": (int,), "lines": (list,), "licences": (list,), "appointments": (list,),
    "languages": (list,), "schedule": (list,), "absences": (list,), "accepts_tiers": (list,),
}  # fmt: skip
_WORDS = {bool: "true or false", str: "text", int: "a whole number", float: "a number", list: "a list"}
_TEXTS = {"licences": "number", "appointments": "carrier"}
"""Free text within a list's entries."""


def fault_of(name: str, value: Any) -> FieldError | None:
    """What is wrong with the kind of value that a field of a profile is given; None where nothing is, and for null."""
    if name == "network_tier":
        return _fault(name, "not_possible", "is counted, not stated", "leave it out", value)
    if value is None:
        return None
    return _fault_of_type(name, value) or _fault_of_value(name, value)


def _fault_of_type(name: str, value: Any) -> FieldError | None:
    wanted = _TYPES.get(name, (object,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return _fault(name, "wrong_type", f"is not {_WORDS[wanted[-1]]}", f"give {_WORDS[wanted[-1]]}, or null", value)
    return None


def _fault_of_value(name: str, value: Any) -> FieldError | None:
    if name.startswith("capacity_") and not 0 <= value <= _MOST:
        return _fault(name, "out_of_range", "is out of range", f"give 0 to {_MOST}", value)
    if isinstance(value, str) and (len(value) > _LONGEST or "\x00" in value):
        return _fault(name, "too_long", "cannot be kept", f"give at most {_LONGEST} characters", value)
    if name == "time_zone" and zone(value) is None:
        return _fault(name, "unknown", "is no time zone", "give an IANA zone, such as America/Chicago", value)
    return _fault_of_entries(name, value)


def _fault_of_entries(name: str, value: Any) -> FieldError | None:
    part = _TEXTS.get(name)
    for entry in value if part else ():
        text = entry.get(part) if isinstance(entry, Mapping) else None
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST or "\x00" in text:
            return _fault(
                name, "wrong_type", f"has an entry without {part}", f"give each entry its {part} as text", entry
            )
    return None


def _fault(name: str, code: str, message: str, remedy: str, value: object) -> FieldError:
    return FieldError(f"profile.{name}", code, message, remedy, str(value)[:80])
