"""New versions and releases: the two ways in which the folder of prompts changes."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from kernel.errors import Conflict, FieldError, Invalid
from prompts.prompt import Prompt, build
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


def redraft(library: Library, present: Prompt, version: int, *, why: str, changed: date, body: str) -> str:
    """The file of a draft: front matter of ``present`` with inputs, output and settings as they are, and another body.

    Raises Invalid where it is no valid prompt (inputs used that are not declared, or declared and not used, text from outside in
    the system section) or says what a version says already.
    """
    front = _front(library.path(present.id, present.version))
    for key, value in (
        ("version", str(version)),
        ("changed", changed.isoformat()),
        ("why", json.dumps(" ".join(why.split()), ensure_ascii=False)),
    ):
        front = _replaced(front, key, value)
    source = f"{front}{body.strip()}\n"
    file = f"{present.id}/v{version}.md"
    build(file, source, library.partials, agent=present.id, version=version)
    for one in library.versions(present.id):
        if body_of(library, present.id, one).split() == body.split():
            fault = FieldError(f"{file}: body", "same", f"says what v{one} says", "change what is to be measured")
            raise Invalid(f"the draft {file} is no new one", fields=(fault,))
    return source


def body_of(library: Library, agent: str, version: int) -> str:
    """The sections of a version, without its front matter."""
    path = library.path(agent, version)
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")[len(_front(path)) :]


def write_draft(library: Library, agent: str, version: int, source: str) -> Path:
    """Keep a draft as the file of a version; never overwrites, releases nothing, gives it no share. Raises Conflict."""
    path = library.folder / agent / f"v{version}.md"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(source)
    except FileExistsError:
        raise Conflict(f"{agent}/{path.name} exists already; nothing was written") from None
    return path


def _front(path: Path) -> str:
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    return text[: text.index("\n---\n") + len("\n---\n")]


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
