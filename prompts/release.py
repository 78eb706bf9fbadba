"""New versions and releases: the two ways in which the folder of prompts changes."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from kernel.errors import Conflict, FieldError, Invalid
from prompts.prompt import Prompt
from prompts.registry import FROZEN, Library


def new_version(library: Library, agent: str, *, why: str, changed: date) -> Path:
    """Copy the latest version to the next number with its front matter brought up to date; never overwrites. The new file."""
    if not why.strip():
        raise Invalid(
            "a new version needs a reason", fields=(FieldError("why", "missing", "is empty", "say it in a sentence"),)
        )
    latest = library.versions(agent)[-1]
    source = library.path(agent, latest).read_text(encoding="utf-8")
    for key, value in (
        ("version", str(latest + 1)),
        ("changed", changed.isoformat()),
        ("why", json.dumps(why, ensure_ascii=False)),
    ):
        source = _replaced(source, key, value)
    path = library.folder / agent / f"v{latest + 1}.md"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(source)
    except FileExistsError:
        raise Conflict(f"{agent}/{path.name} exists already; nothing was written") from None
    return path


def release(library: Library, agent: str, version: int) -> Prompt:
    """Freeze a version by appending its hash. Raises Conflict where it is released already, Invalid where it is faulty."""
    prompt = library.load(agent, version)
    if (agent, version) in library.frozen:
        library.require_unchanged(prompt)
        raise Conflict(f"{prompt.name} is released already and unchanged; there is nothing to do")
    path = library.folder / FROZEN
    kept = path.read_text(encoding="utf-8")
    line = f"{prompt.hash}  {agent}/v{version}.md\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(line if not kept or kept.endswith("\n") else f"\n{line}")
    return prompt


def _replaced(source: str, key: str, value: str) -> str:
    """The text with the first top-level ``key`` of its front matter set to ``value``, lines that continue it removed."""
    return re.sub(
        rf"^{key}:.*(?:\n[ \t]+.*|\n(?=\n))*", lambda _: f"{key}: {value}", source, count=1, flags=re.MULTILINE
    )
