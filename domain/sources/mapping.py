"""A source's own field names to ours, out of JSON or of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.errors import FieldError, Invalid

_DEPTH = 6
_FIELDS = 300
# Names under which senders put a certificate's address (DOMAIN T19); folded, without signs.
_CERTIFICATE_NAMES = frozenset({"certificateurl", "xxtrustedformcerturl", "trustedformcerturl", "trustedformurl"})


def flattened(value: Mapping[str, Any]) -> dict[str, str]:
    """The leaves of a JSON object as texts by dotted path; null is left out, a list of plain values is joined by commas.

    Raises Invalid beyond 6 levels or 300 fields.
    """
    found: dict[str, str] = {}
    waiting: list[tuple[str, Any, int]] = [(str(name), part, 1) for name, part in reversed(list(value.items()))]
    while waiting:
        path, part, depth = waiting.pop()
        if depth > _DEPTH or len(found) > _FIELDS:
            fault = FieldError(
                path[:80], "too_much", "lies too deep or is one too many", "send a flat object of fields"
            )
            raise Invalid("the body has more fields than a lead has", fields=(fault,))
        if isinstance(part, Mapping):
            waiting += [(f"{path}.{name}", inner, depth + 1) for name, inner in reversed(list(part.items()))]
        elif isinstance(part, list):
            if any(isinstance(item, Mapping | list) for item in part):
                waiting += [(f"{path}.{place}", inner, depth + 1) for place, inner in reversed(list(enumerate(part)))]
            elif part:
                found[path] = ", ".join(text_of(item) for item in part if item is not None)
        elif part is not None:
            found[path] = text_of(part)
    return found


def text_of(value: Any) -> str:
    """A JSON scalar as a person would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def mapped(fields: Mapping[str, str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The fields under our names. A name that the mapping lacks stays as it is: ours are read, others are kept as extras.

    Where two of theirs lead to one of ours, the first with a text counts.
    """
    found: dict[str, str] = {}
    for theirs, text in fields.items():
        ours = mapping.get(theirs, theirs)
        if not found.get(ours, "").strip():
            found[ours] = text
    return found


def take_certificate(fields: dict[str, str]) -> str | None:
    """The certificate's address, taken out of ``fields``; None where there is none."""
    for name in list(fields):
        folded = "".join(char for char in name.rpartition(".")[2].lower() if char.isalnum())
        if folded in _CERTIFICATE_NAMES:
            text = fields.pop(name).strip()
            if text:
                return text
    return None
