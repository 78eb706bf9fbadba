"""Documents of policies in plain words. What one states is told as its words, with the page, and followed by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.money import Money

Data = Mapping[str, Any]


def documents_told(data: Data, language: str) -> str:
    """A line for each, every version."""
    del language
    if not data["documents"]:
        return f"Policy {data['number'] or ''} [{data['policy_id']}] has no documents."
    head = f"Documents of policy {data['number'] or ''} [{data['policy_id']}]:"
    return "\n".join([head, *(f"{number}. {_line(one)}" for number, one in enumerate(data["documents"], 1))])


def document_told(data: Data, language: str) -> str:
    """What it states, value by value."""
    del language
    lines = [f"A document of policy {data['number'] or ''} [{data['policy_id']}]: {_line(data['document'])}"]
    if not data["values"]:
        lines.append("Nothing was read from it.")
    for one in data["values"]:
        item = f" {one['item']}" if one["item"] is not None else ""
        against = ", and it says something else too" if one["name"] in data["contradicted"] else ""
        lines.append(
            f"- {_spoken(one['name'].replace('.', ' '))}{item}: {_value(one['value'])} "
            f"(page {one['page']}, {one['confidence']:.0%} sure{against})"
        )
    if data["more"]:
        lines.append(f"{data['more']} more values are not listed.")
    return "\n".join(lines)


def _line(one: Data) -> str:
    told = [_spoken(one["type"]), {"open": "nobody looked at it yet", "made": "written by the platform"}.get(
        one["verdict"], f"{one['verdict']} by a person")]  # fmt: skip
    if one["status"] != "read":
        told.append({"waiting": "not read yet"}.get(one["status"], "could not be read"))
    elif one["needs_review"]:
        told.append("a person should look")
    if one["expires_on"]:
        told.append(f"good until {one['expires_on']}")
    if one["replaced_by_id"]:
        told.append("a newer version is there")
    return f"{', '.join(told)} [{one['id']}]"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        if "minor" in value:
            return f"{Money(value['minor'], value['currency']).amount:,} {value['currency']}"
        if "text" in value:
            return str(value["text"])
        return ", ".join(f"{_spoken(name)} {_value(part)}" for name, part in value.items() if part is not None)
    return ", ".join(map(_value, value)) if isinstance(value, list) else str(value)


def _spoken(value: object) -> str:
    return str(value).replace("_", " ")
