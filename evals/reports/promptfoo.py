"""Cases for promptfoo, as its tests in YAML or CSV. There, text can be code; here, none of it becomes so.

promptfoo fills ``{{ ... }}`` inside variables, loads what begins with ``file://`` or ``package:``, makes a test of each item of
a list, and in CSV runs an ``__expected`` that begins with ``javascript:``, ``python:`` or the like (its ``src/csv.ts`` and
``src/evaluatorHelpers.ts``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from domain.csv_cells import csv_line, text_cell
from evals.records import Case
from kernel.errors import FieldError, Invalid

_OPENS = ("{{", "{%", "{#")
_RESERVED = "__"


def promptfoo_yaml(cases: Sequence[Case]) -> str:
    """A list of tests. An object as input becomes variables of its keys, anything else the variable ``input``; what is expected
    becomes an ``equals``. Raises Invalid for a text that promptfoo would take for a template or a file, naming the case.
    """
    tests = []
    for case in cases:
        test: dict[str, Any] = {"description": case.id, "vars": _variables(case), "metadata": _metadata(case)}
        if any(isinstance(value, list) for value in test["vars"].values()):
            test["options"] = {"disableVarExpansion": True}
        if case.expected is not None:
            test["assert"] = _assertions(case)
        tests.append(test)
    return str(yaml.safe_dump(tests, allow_unicode=True, sort_keys=False, width=10_000))


def promptfoo_csv(cases: Sequence[Case]) -> str:
    """The same as CSV, with a column for every variable of any case. Raises Invalid as :func:`promptfoo_yaml` does, and where a
    case lacks a variable that others have, since an empty cell would be one.

    A cell that a spreadsheet would take for a formula gets an apostrophe, which promptfoo reads too: YAML has no need of it.
    """
    variables = [_variables(case) for case in cases]
    expected = [[] if case.expected is None else _assertions(case) for case in cases]
    names = list(dict.fromkeys(name for one in variables for name in one))
    columns = [f"__expected{place + 1}" for place in range(max(map(len, expected), default=0))]
    lines = [csv_line([*(text_cell(name) for name in names), *columns, "__description"])]
    for case, given, wanted in zip(cases, variables, expected, strict=True):
        lacking = [name for name in names if name not in given]
        if lacking:
            raise _refused(case, lacking[0], "is in other cases and not in this one", "export to YAML instead")
        cells = [f"{one['type']}:{_listed(one)}" for one in wanted] + [""] * (len(columns) - len(wanted))
        lines.append(csv_line([*(text_cell(_text(given[name])) for name in names), *cells, text_cell(case.id)]))
    return "".join(lines)


def _listed(assertion: dict[str, Any]) -> str:
    value = assertion["value"]
    several = assertion["type"].endswith(("-all", "-any")) and isinstance(value, list)
    return ", ".join(map(_text, value)) if several else "" if value is None else _text(value)


def _variables(case: Case) -> dict[str, Any]:
    given = case.input if isinstance(case.input, dict) and case.input else {"input": case.input}
    for name, value in given.items():
        if name.startswith(_RESERVED):
            raise _refused(case, name, "is a name that promptfoo keeps for itself", "rename it")
        _check(case, name, value)
    return dict(given)


def _assertions(case: Case) -> list[dict[str, Any]]:
    """What is expected: equality, or the assertions that a case taken over from promptfoo has (``{"assert": [...]}``)."""
    given = case.expected
    if not (
        isinstance(given, dict)
        and isinstance(given.get("assert"), list)
        and len(given) == 1
        and all(isinstance(one, dict) and "kind" in one for one in given["assert"])
    ):
        given = {"assert": [{"kind": "equals", "value": given}]}
    found = []
    for one in given["assert"]:
        _check(case, "expected", one.get("value"))
        name = str(one["kind"]).replace("_", "-")
        found.append({"type": f"not-{name}" if one.get("not") else name, "value": one.get("value")})
    return found


def _check(case: Case, field: str, value: Any) -> None:
    text = _text(value)
    if any(sign in text for sign in _OPENS):
        raise _refused(
            case, field, "would be filled in as a template by promptfoo", "leave the case out, or write it by hand"
        )
    if text.startswith(("file://", "package:")):
        raise _refused(case, field, "would be read as a file by promptfoo", "leave the case out, or write it by hand")


def _metadata(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = {"split": case.split.value}
    if case.why:
        found["why"] = case.why
    if case.tags:
        found["tags"] = list(case.tags)
    if case.group is not None:
        found["group"] = case.group
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refused(case: Case, field: str, message: str, remedy: str) -> Invalid:
    fault = FieldError(f"{case.id}.{field}", "promptfoo", message, remedy)
    return Invalid("the cases cannot be given to promptfoo", fields=(fault,))
