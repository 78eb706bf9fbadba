"""Questions and calls with the keys of a suite's file in place of the ids that its records have in a run."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from domain.asking.catalogue import CATALOGUE
from evals.records import ToolCall


def with_ids(question: str, ids: Mapping[str, str]) -> str:
    """The question with ``{key}`` as the lead's id."""
    for key, lead_id in ids.items():
        question = question.replace(f"{{{key}}}", lead_id)
    return question


def called(names: Mapping[str, str]) -> dict[str, str]:
    """The key of each producer by the full name; a part of a name may be several people's."""
    return {name: key for key, name in names.items()}


def keyed(call: ToolCall, keys: Mapping[str, str]) -> ToolCall:
    """The call with a lead's key in place of its id, and what was left out as the tool takes it."""
    fields = CATALOGUE[call.tool].args.model_fields.items()
    left_out = {
        name: field.default.value if isinstance(field.default, Enum) else field.default
        for name, field in fields
        if isinstance(field.default, str | int)
    }
    arguments = {**left_out, **call.arguments}
    for name in ("lead_id", "producer", "counterpart", "of"):
        if arguments.get(name) is not None:
            arguments[name] = keys.get(str(arguments[name]), arguments[name])
    return ToolCall(call.tool, arguments)


def outcome_of(kind: str) -> dict[str, Any]:
    """``refused/quote`` as outcome and what it is about."""
    outcome, _, about = kind.partition("/")
    return {"outcome": outcome, "about": about or None}
