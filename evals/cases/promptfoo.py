"""promptfoo's YAML: ``tests`` with ``vars`` and ``assert``. What cannot be taken over is a fault that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from evals.cases.faults import Faults
from evals.cases.yaml_text import line_of, mappings, root_node, value_of
from evals.graders.assertions import KINDS

_TEST_KEYS = frozenset({"description", "vars", "assert", "metadata"})
_ASSERT_KEYS = frozenset({"type", "value"})
_IGNORED = frozenset({"description", "prompts", "providers", "$schema"})
"""Keys of the file that say who is asked what, which a suite says here."""
_NAMES: Mapping[str, str] = {
    "equals": "equals", "contains": "contains", "icontains": "icontains", "contains-all": "contains_all",
    "contains-any": "contains_any", "icontains-all": "icontains_all", "icontains-any": "icontains_any",
    "starts-with": "starts_with", "regex": "regex", "is-json": "is_json",
}  # fmt: skip


def promptfoo_records(text: str, faults: Faults) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line and record of each test. ``vars`` become the input, ``assert`` the expectation for the grader ``assertions``,
    ``defaultTest`` goes into every test as promptfoo has it.
    """
    root = root_node(text, faults)
    default: Mapping[str, Any] = {}
    if isinstance(root, yaml.MappingNode):
        entries = {str(key.value): value for key, value in root.value}
        for name, node in entries.items():
            if name not in {"tests", "defaultTest", *_IGNORED}:
                faults.add(line_of(node), name, "cannot be taken over", "move it into the suite, and remove it here")
        if "defaultTest" in entries:
            default = value_of(entries["defaultTest"], faults) or {}
            _only(default, line_of(entries["defaultTest"]), faults)
        root = entries.get("tests")
    for line, test in mappings(root, faults):
        if _only(test, line, faults):
            yield line, _record(test, default, line, faults)


def _only(test: Mapping[str, Any], line: int, faults: Faults) -> bool:
    unknown = [name for name in test if name not in _TEST_KEYS]
    for name in unknown:
        faults.add(line, str(name), "cannot be taken over", f"a test may have {', '.join(sorted(_TEST_KEYS))}")
    return not unknown


def _record(test: Mapping[str, Any], default: Mapping[str, Any], line: int, faults: Faults) -> dict[str, Any]:
    given = {**(default.get("vars") or {}), **(test.get("vars") or {})}
    for name, value in given.items():
        if isinstance(value, list):
            faults.add(
                line, f"vars.{name}", "is a list, which stands for several tests", "write one test for each", value
            )
        elif isinstance(value, str) and value.startswith("file://"):
            faults.add(line, f"vars.{name}", "is read from another file", "write the text itself", value)
    checks = [*(default.get("assert") or []), *(test.get("assert") or [])]
    read = [one for number, check in enumerate(checks) if (one := _check(check, number, line, faults))]
    if not checks:
        faults.add(line, "assert", "is missing", "say what is wanted of the answer")
    record: dict[str, Any] = {"input": given, "expected": {"assert": read}}
    if test.get("description"):
        record |= {"id": str(test["description"]), "why": str(test["description"])}
    return record


def _check(check: Any, number: int, line: int, faults: Faults) -> dict[str, Any] | None:
    field = f"assert[{number}]"
    if not isinstance(check, Mapping) or not isinstance(check.get("type"), str):
        faults.add(line, field, "has no type", "write type and value", check)
        return None
    name = check["type"]
    negated, kind = name.startswith("not-"), _NAMES.get(name.removeprefix("not-"))
    extra = [key for key in check if key not in _ASSERT_KEYS]
    if kind is None:
        faults.add(
            line, f"{field}.type", "cannot be taken over", f"use {', '.join(_NAMES)}, or a grader of the suite", name
        )
        return None
    for key in extra:
        faults.add(line, f"{field}.{key}", "cannot be taken over", "remove it", check[key])
    value = check.get("value")
    if "{{" in str(value) or str(value).startswith(("file://", "python:", "javascript:")):
        faults.add(line, f"{field}.value", "is made at run time", "write the value itself", value)
        return None
    problem = KINDS[kind].fault(value)
    if problem:
        faults.add(line, f"{field}.value", problem, "correct it", value)
        return None
    return {"kind": kind, "value": value, "not": negated}
