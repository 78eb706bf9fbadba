"""The committed schemas of events: ``python -m services.event_schemas`` writes them anew; a test compares.

It refuses to write what would break a consumer of the version that is committed: add fields, or begin another version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.leads.lifecycle import Happening
from services.events import event_model
from services.policies.events import KINDS, policy_event_model
from store.sql.repositories.history import subject_of
from store.sql.repositories.policies import SUBJECT as POLICY_SUBJECT

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "events"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_of(kind: Happening) -> Path:
    """Where the schema of a kind is committed."""
    return FOLDER / f"{subject_of(kind.value)}.json"


def described(kind: Happening) -> dict[str, Any]:
    """The JSON schema of a kind's messages, as they are written."""
    schema = event_model(kind).model_json_schema(by_alias=True)
    schema["$defs"].pop(Happening.__name__)
    schema["properties"]["kind"] = {"const": kind.value}
    return {"$schema": _DIALECT, **schema, "title": subject_of(kind.value)}


def described_of_policy(kind: str) -> dict[str, Any]:
    """The same of a kind of policies' messages."""
    schema = policy_event_model(kind).model_json_schema(by_alias=True)
    schema["properties"]["kind"] = {"const": kind}
    return {"$schema": _DIALECT, **schema, "title": f"{POLICY_SUBJECT}.{kind}"}


def every() -> dict[Path, dict[str, Any]]:
    """Every schema by the file that it is committed in."""
    return {
        **{file_of(kind): described(kind) for kind in Happening},
        **{FOLDER / f"{POLICY_SUBJECT}.{kind}.json": described_of_policy(kind) for kind in KINDS},
    }


def written(schema: Mapping[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a consumer of ``old`` would stumble over in a message of ``new``: a field that is gone, that may be missing now, or
    that may hold what it never held. Fields and descriptions may be added.
    """
    return sorted(_breaks("", old, new, old.get("$defs", {}), new.get("$defs", {})))


def _breaks(
    path: str, old: Mapping[str, Any], new: Mapping[str, Any], old_defs: Mapping[str, Any], new_defs: Mapping[str, Any]
) -> Iterator[str]:
    old, new = _resolved(old, old_defs), _resolved(new, new_defs)
    wider = _forms(new, new_defs) - _forms(old, old_defs)
    if wider:
        yield f"{path or 'message'}: may be {', '.join(sorted(wider))} now"
    for name, before in old.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        after = new.get("properties", {}).get(name)
        if after is None:
            yield f"{place}: is gone"
            continue
        if name in old.get("required", ()) and name not in new.get("required", ()):
            yield f"{place}: may be missing now"
        yield from _breaks(place, before, after, old_defs, new_defs)
    if "items" in old and "items" in new:
        yield from _breaks(f"{path}[]", old["items"], new["items"], old_defs, new_defs)


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return defs[reference.rsplit("/", 1)[-1]] if reference else schema


def _forms(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> set[str]:
    """Every form of value that a schema lets through."""
    schema = _resolved(schema, defs)
    if "anyOf" in schema:
        return set().union(*(_forms(part, defs) for part in schema["anyOf"]))
    if "const" in schema:
        return {json.dumps(schema["const"])}
    if "enum" in schema:
        return {json.dumps(value) for value in schema["enum"]}
    given = schema.get("type", "anything")
    return {f"{given}:{schema['format']}" if "format" in schema else str(given)}


def write() -> list[str]:
    """Write every schema; returns what breaks, and then nothing was written."""
    new = every()
    broken = [
        f"{file.name}: {fault}"
        for file, schema in new.items()
        if file.exists()
        for fault in breaks(json.loads(file.read_text(encoding="utf-8")), schema)
    ]
    named = {file.name for file in new}
    broken += [f"{path.name}: is gone" for path in FOLDER.glob("*.json") if path.name not in named]
    if not broken:
        FOLDER.mkdir(exist_ok=True)
        for file, schema in new.items():
            file.write_text(written(schema), encoding="utf-8")
    return broken


if __name__ == "__main__":
    faults = write()
    if faults:
        sys.exit(
            "\n".join(
                [
                    *faults,
                    "these break consumers: raise SUBJECT in store/sql/repositories/history.py, or in policies.py beside it",
                ]
            )
        )
