"""JSON as we take it: strictly what RFC 8259 allows, and only text that the database can keep."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from api.errors import BadRequest
from kernel.errors import FieldError, Invalid

_NUL = FieldError("", "nul_character", "contains the character U+0000", "leave the character out")
_SURROGATE = FieldError("", "lone_surrogate", "contains half of a surrogate pair", "send valid Unicode")
_AT_MOST = 100


def read_json(body: bytes) -> Any:
    """The value that ``body`` spells.

    Raises BadRequest for what is no JSON, Invalid for numbers that JSON does not have (NaN, infinities) and for text that
    Postgres refuses (U+0000) or UTF-8 cannot carry (half a surrogate pair).
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as problem:
        detail = f"the body is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}"
        raise BadRequest(detail) from problem
    except UnicodeDecodeError as problem:
        raise BadRequest("the body is not UTF-8 text") from problem
    except (ValueError, RecursionError) as problem:  # a number of thousands of digits; thousands of nested brackets
        raise BadRequest("the body is JSON beyond any sensible size of number or depth") from problem
    # Plain text cannot hide either character: JSON can only spell them with an escape.
    if b"\\u" in body or b"\\U" in body:
        _check_text(value)
    return value


def check_query(pairs: list[tuple[str, str]]) -> None:
    """Raise Invalid for a query value with U+0000, which Postgres would refuse."""
    faults = [_at(name.replace("\0", "") or "query", _NUL) for name, text in pairs if "\0" in name + text]
    if faults:
        raise Invalid("the query cannot be accepted", fields=tuple(faults[:_AT_MOST]))


def _refuse_constant(word: str) -> NoReturn:
    fault = FieldError("body", "not_a_number", f"{word} is no JSON number", "send a finite number, or null")
    raise Invalid("the body cannot be accepted", fields=(fault,))


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        _refuse_constant(digits[:20])
    return number


def _check_text(value: Any) -> None:
    faults: list[FieldError] = []
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting and len(faults) < _AT_MOST:
        path, part = waiting.pop()
        if isinstance(part, str):
            faults += _faults_of(path, part)
        elif isinstance(part, list):
            waiting += [(_join(path, str(place)), item) for place, item in enumerate(part)]
        elif isinstance(part, dict):
            for name, item in part.items():
                faults += _faults_of(_join(path, _spelled(name)), name)
                waiting.append((_join(path, _spelled(name)), item))
    if faults:
        raise Invalid("the body contains text that cannot be kept", fields=tuple(faults))


def _faults_of(path: str, text: str) -> list[FieldError]:
    if "\0" in text:
        return [_at(path, _NUL)]
    try:
        text.encode()
    except UnicodeEncodeError:
        return [_at(path, _SURROGATE)]
    return []


def _at(path: str, fault: FieldError) -> FieldError:
    return FieldError(path or "body", fault.code, fault.message, fault.remedy)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _spelled(name: str) -> str:
    return name[:80].replace("\0", "\\u0000")
