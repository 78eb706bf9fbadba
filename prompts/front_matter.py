"""A prompt file: YAML front matter and a body of two sections. Every fault is named with file and key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml

from kernel.errors import FieldError, Invalid
from prompts.envelope import MAX_CHARS

KEYS = ("id", "version", "changed", "why", "output", "settings", "inputs")
NONCE = "nonce"
"""The one variable that no prompt declares: the id of the envelopes of this rendering."""
SECTIONS = ("system", "user")
_FRONT = re.compile(r"---\n(.*?\n)---\n(.*)", re.DOTALL)
_SECTION = re.compile(r"^===[ \t]*(.*?)[ \t]*===[ \t]*$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KIND = re.compile(r"[a-z][a-z0-9 ]{0,31}")  # a part's label comes after it
_OUTPUT = re.compile(r"text|[A-Z][A-Za-z0-9]*")
_SETTINGS: Mapping[str, tuple[type[float | int], float, float]] = {
    "temperature": (float, 0, 2), "top_p": (float, 0, 1), "max_tokens": (int, 1, 1_000_000), "seed": (int, 0, 2**31),
}  # fmt: skip
_INPUT_KEYS = frozenset({"about", "untrusted", "kind", "max_chars"})


@dataclass(frozen=True, slots=True)
class Input:
    """What a prompt is given: a word on it, and whether it is text from outside, shown only inside an envelope.

    ``kind`` is what the envelope calls it, ``max_chars`` how much of one text (of each part, where it has parts) is shown.
    """

    about: str
    untrusted: bool = False
    kind: str = ""
    max_chars: int = MAX_CHARS


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt file as read. ``settings`` go to the model as they stand; ``output`` names the type of answer, or ``text``."""

    id: str
    version: int
    changed: date
    why: str
    output: str
    settings: Mapping[str, float | int]
    inputs: Mapping[str, Input]
    system: str
    user: str


class _Faults:
    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[FieldError] = []

    def add(self, key: str, message: str, remedy: str, value: object = None) -> None:
        shown = None if value is None else str(value)[:80]
        self.found.append(FieldError(f"{self.file}: {key}", "prompt", message, remedy, shown))

    def stop(self) -> None:
        if self.found:
            raise Invalid(f"the prompt {self.file} is not valid", fields=tuple(self.found))


def parse(file: str, source: str, *, agent: str, version: int) -> PromptFile:
    """Read the text of ``prompts/<agent>/v<version>.md``; ``file`` names it in errors. Raises Invalid listing every fault."""
    faults = _Faults(file)
    front, body = _split(faults, source)
    for key in KEYS:
        if key not in front:
            faults.add(key, "is missing", f"write all of {', '.join(KEYS)}")
    for key in front:
        if key not in KEYS:
            faults.add(str(key), "is not a key of a prompt", f"use {', '.join(KEYS)}")
    faults.stop()
    _scalars(faults, front, agent, version)
    settings = _settings(faults, front["settings"])
    inputs = _inputs(faults, front["inputs"])
    sections = _sections(faults, body)
    faults.stop()
    return PromptFile(
        agent, version, front["changed"], front["why"].strip(), front["output"], settings, inputs,
        sections["system"], sections["user"],
    )  # fmt: skip


def _split(faults: _Faults, source: str) -> tuple[dict[Any, Any], str]:
    match = _FRONT.fullmatch(source)
    if match is None:
        faults.add("front matter", "is missing", "begin the file with ---, the keys, and a second ---")
        faults.stop()
        raise AssertionError
    try:
        front = yaml.safe_load(match[1])
        for name in _twice(yaml.compose(match[1], yaml.SafeLoader)):
            faults.add(name, "stands twice", "remove one of the two")
    except yaml.YAMLError as problem:
        faults.add("front matter", f"is no YAML: {problem}", "correct it")
        front = {}
    if not isinstance(front, dict):
        faults.add("front matter", "is not a mapping", "write one 'key: value' a line")
    faults.stop()
    return front, match[2]


def _twice(node: yaml.Node | None) -> Iterator[str]:
    """Keys that stand twice in one mapping, at any depth; YAML would silently take the last."""
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        yield from (str(name) for name in dict.fromkeys(names) if names.count(name) > 1)
        for _, value in node.value:
            yield from _twice(value)


def _scalars(faults: _Faults, front: Mapping[str, Any], agent: str, version: int) -> None:
    for key, wanted in (("id", agent), ("version", version)):
        if front[key] != wanted or isinstance(front[key], bool):
            faults.add(key, "does not agree with the file's place", f"write {wanted}", front[key])
    if not isinstance(front["changed"], date) or isinstance(front["changed"], datetime):
        faults.add("changed", "is no date", "write the day as YYYY-MM-DD", front["changed"])
    if not isinstance(front["why"], str) or not front["why"].strip():
        faults.add("why", "is empty", "say in a sentence why this version exists", front["why"])
    if not isinstance(front["output"], str) or not _OUTPUT.fullmatch(front["output"]):
        faults.add("output", "names no type", "write the name of the answer's type, or text", front["output"])


def _settings(faults: _Faults, given: object) -> dict[str, float | int]:
    if not isinstance(given, dict):
        faults.add("settings", "is not a mapping", f"use {', '.join(_SETTINGS)}", given)
        return {}
    read: dict[str, float | int] = {}
    for key, value in given.items():
        if key not in _SETTINGS:
            faults.add(f"settings.{key}", "is not a setting of a model", f"use {', '.join(_SETTINGS)}")
            continue
        kind, low, high = _SETTINGS[key]
        number = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            word = "a whole number" if kind is int else "a number"
            faults.add(f"settings.{key}", f"is not {word} of {low} to {high}", "correct it", value)
            continue
        read[key] = value
    return read


def _inputs(faults: _Faults, given: object) -> dict[str, Input]:
    if not isinstance(given, dict):
        faults.add("inputs", "is not a mapping", "write one 'name: a word on it' a line", given)
        return {}
    read: dict[str, Input] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == NONCE:
            faults.add(f"inputs.{name}", "is no name for an input", f"use lower-case words joined by _, not {NONCE}")
            continue
        read[name] = _input(faults, name, value)
    return read


def _input(faults: _Faults, name: str, value: object) -> Input:
    key = f"inputs.{name}"
    if isinstance(value, str) and value.strip():
        return Input(value.strip())
    if not isinstance(value, dict):
        faults.add(key, "says nothing", "write a word on it, or a mapping with about", value)
        return Input("")
    for part in value:
        if part not in _INPUT_KEYS:
            faults.add(f"{key}.{part}", "is not a key of an input", f"use {', '.join(sorted(_INPUT_KEYS))}")
    about, untrusted = value.get("about"), value.get("untrusted", False)
    if not isinstance(about, str) or not about.strip():
        faults.add(f"{key}.about", "is missing", "write a word on it", about)
        about = ""
    if not isinstance(untrusted, bool):
        faults.add(f"{key}.untrusted", "is neither true nor false", "write true or false", untrusted)
    if not untrusted and {"kind", "max_chars"} & set(value):
        faults.add(
            key, "has kind or max_chars, which only text from outside has", "add 'untrusted: true' or remove them"
        )
    kind = value.get("kind", name.replace("_", " "))
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        faults.add(f"{key}.kind", "is not a few lower-case words", "write 1 to 32 letters, digits and blanks", kind)
    most = value.get("max_chars", MAX_CHARS)
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        faults.add(f"{key}.max_chars", "is no count of characters", "write a whole number above 0", most)
    return Input(about.strip(), bool(untrusted), str(kind), most if isinstance(most, int) else MAX_CHARS)


def _sections(faults: _Faults, body: str) -> dict[str, str]:
    parts = _SECTION.split(body)
    if parts[0].strip():
        faults.add("body", "has text before its first section", "begin with the line === system ===", parts[0].strip())
    read: dict[str, str] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if name not in SECTIONS or name in read:
            word = "stands twice" if name in read else "is no section"
            faults.add(f"section {name or '(no name)'}", word, "use === system === and === user ===, once each")
        read[name] = text.strip("\n")
    for name in SECTIONS:
        if not read.get(name, "").strip():
            faults.add(f"section {name}", "is missing or empty", f"write it after the line === {name} ===")
    return {name: read.get(name, "") for name in SECTIONS}
