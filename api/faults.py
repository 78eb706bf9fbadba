"""A request that FastAPI refused, as field errors: one for each field, with a remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.problems import shown
from kernel.errors import FieldError

_PLACES = frozenset({"body", "query", "path", "header", "cookie"})
_AT_MOST = 100

# pydantic's error type -> (our code, remedy); names in braces come from the error's own context.
_KNOWN: dict[str, tuple[str, str]] = {
    "missing": ("missing", "send it"),
    "extra_forbidden": ("unknown", "leave it out or correct its name"),
    "string_type": ("not_text", "send a JSON string, in quotes"),
    "string_unicode": ("not_text", "send valid Unicode; a surrogate must come in its pair"),
    "string_too_short": ("too_short", "send {min_length} characters or more"),
    "string_too_long": ("too_long", "send at most {max_length} characters"),
    "too_long": ("too_many", "send at most {max_length}"),
    "too_short": ("too_few", "send {min_length} or more"),
    "string_pattern_mismatch": ("malformed", "it must match {pattern}"),
    "enum": ("unknown", "use one of {expected}"),
    "literal_error": ("unknown", "use one of {expected}"),
    "int_parsing": ("not_a_number", "send a whole number"),
    "int_type": ("not_a_number", "send a whole number"),
    "int_from_float": ("not_a_number", "send a whole number"),
    "float_parsing": ("not_a_number", "send a number"),
    "float_type": ("not_a_number", "send a number"),
    "finite_number": ("not_a_number", "send a finite number"),
    "greater_than": ("out_of_range", "send a number above {gt}"),
    "greater_than_equal": ("out_of_range", "send {ge} or more"),
    "less_than": ("out_of_range", "send a number below {lt}"),
    "less_than_equal": ("out_of_range", "send {le} or less"),
    "bool_parsing": ("not_a_flag", "send true or false"),
    "bool_type": ("not_a_flag", "send true or false"),
    "uuid_parsing": ("not_an_id", "send an id as it came from this API"),
    "uuid_type": ("not_an_id", "send an id as it came from this API"),
    "timezone_aware": ("no_offset", "add the UTC offset, as in 2026-03-01T09:30:00-06:00 or ...Z"),
    "dict_type": ("not_an_object", "send a JSON object"),
    "model_type": ("not_an_object", "send a JSON object"),
    "model_attributes_type": ("not_an_object", "send a JSON object"),
    "list_type": ("not_a_list", "send a JSON array"),
}
_MOMENT = ("not_a_moment", "send an ISO 8601 date and time with a UTC offset, as in 2026-03-01T09:30:00-06:00")


def field_errors(errors: Sequence[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    """At most one error for each field, in the order found, and a hundred in all."""
    found: dict[str, FieldError] = {}
    for error in errors:
        field = path_of(error["loc"])
        if field not in found and len(found) < _AT_MOST:
            found[field] = _field_error(field, error)
    return tuple(found.values())


def path_of(location: Sequence[str | int]) -> str:
    """``("body", "consent", "at")`` as ``consent.at``; the body as a whole is ``body``."""
    parts = location[1:] if location and location[0] in _PLACES else location
    return ".".join(str(part) for part in parts) or "body"


def _field_error(field: str, error: Mapping[str, Any]) -> FieldError:
    kind, context = str(error["type"]), error.get("ctx", {})
    code, remedy = _MOMENT if kind.startswith("datetime") else _KNOWN.get(kind, (kind, ""))
    # An unknown name's value is nobody's field, and a missing one's "value" is the whole object around it.
    secret = field.endswith(("password", "token"))
    value = None if secret or kind in {"missing", "extra_forbidden"} else shown(error.get("input"))
    return FieldError(field, code, str(error["msg"]), remedy.format_map(context), value)
