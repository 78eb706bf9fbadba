"""YAML with line numbers, read as JSON: no dates, no yes and no for true and false, no key twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import yaml

from evals.cases.faults import Faults


class PlainLoader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """``true`` and ``false`` only are truth values, and a day stays text: a case's answer "no" must not become false."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"}
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"true|false|True|False|TRUE|FALSE"), list("tTfF")
)


def yaml_records(text: str, faults: Faults) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line and mapping of each case: the list itself, or the list under ``cases``."""
    root = root_node(text, faults)
    if isinstance(root, yaml.MappingNode):
        entries = {key.value: value for key, value in root.value}
        for name, node in entries.items():
            if name != "cases":
                faults.add(line_of(node), str(name), "is not known here", "write the list under cases")
        root = entries.get("cases")
    yield from mappings(root, faults)


def mappings(node: yaml.Node | None, faults: Faults) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line and value of each mapping in a list."""
    if not isinstance(node, yaml.SequenceNode):
        faults.add(None, "file", "has no list of cases", "write '- input: ...' for each")
        return
    for item in node.value:
        value = value_of(item, faults)
        if not isinstance(value, dict):
            faults.add(line_of(item), "case", "is no mapping", "write '- input: ...'", value)
            continue
        yield line_of(item), value


def root_node(text: str, faults: Faults) -> yaml.Node | None:
    """The whole document as nodes; a fault of syntax names its line."""
    try:
        return yaml.compose(text, PlainLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        why = getattr(problem, "problem", None) or str(problem)
        faults.add(mark.line + 1 if mark else None, "file", f"is no YAML: {why}", "correct it")
        return None


def value_of(node: yaml.Node, faults: Faults) -> Any:
    """The JSON value of a node; None after a fault."""
    for name, line in _twice(node):
        faults.add(line, name, "stands twice", "remove one of the two")
    try:
        return PlainLoader("").construct_document(node)
    except yaml.YAMLError as problem:
        faults.add(line_of(node), "case", f"cannot be read: {getattr(problem, 'problem', problem)}", "use plain values")
        return None


def line_of(node: yaml.Node) -> int:
    """Where a node begins, from 1."""
    return int(node.start_mark.line) + 1


def _twice(node: yaml.Node) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                yield str(key.value), line_of(key)
            seen.add(str(key.value))
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)
