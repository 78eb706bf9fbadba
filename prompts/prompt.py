"""A prompt ready to render: checked when read, strict and sandboxed when rendered."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, meta, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kernel.errors import FieldError, Invalid
from kernel.ids import digest
from prompts.envelope import MAX_CHARS, OPEN, clean, envelope, new_nonce
from prompts.front_matter import NONCE, Input, PromptFile, parse

_FILTERS = ("join", "length", "map")
_BLOCKS = " envelopes"  # the blank keeps the name out of a template's reach
# Templates hold a place; the envelope is put there afterwards, so nothing a template does can reach its text.
_PLACE = re.compile("\ue000([0-9]+)\ue001")
_MARKS = re.compile("[\ue000\ue001]")


@dataclass(frozen=True, slots=True)
class Part:
    """One of several texts from outside with our own word on it, which goes into the marker ("page 3")."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes to the model. ``hash`` is that of the prompt; ``digest`` also covers the inputs, whatever the ``nonce`` was."""

    system: str
    user: str
    hash: str
    id: str
    version: int
    nonce: str
    digest: str

    @property
    def name(self) -> str:
        """``classifier/v1``: for traces and decisions."""
        return f"{self.id}/v{self.version}"

    def read_by(self, model: str) -> str:
        """``classifier/v1@1a2b3c4d/model``: which words were put to which model, for the version of a decision."""
        return f"{self.name}@{self.hash[:8]}/{model}"


@dataclass(frozen=True, slots=True)
class _Enveloped:
    """Text from outside as templates hold it: it can be printed, and asked whether there is any."""

    _place: int
    _filled: bool

    def __str__(self) -> str:
        return f"\ue000{self._place}\ue001"

    def __bool__(self) -> bool:
        return self._filled


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version. ``hash`` covers the file and every partial it uses; ``settings`` and ``output`` are for the caller."""

    id: str
    version: int
    hash: str
    inputs: Mapping[str, Input]
    output: str
    settings: Mapping[str, float | int]
    changed: date
    why: str
    _system: Template
    _user: Template

    @property
    def name(self) -> str:
        """``classifier/v1``."""
        return f"{self.id}/v{self.version}"

    def read_by(self, model: str) -> str:
        """``classifier/v1@1a2b3c4d/model``: which words were put to which model, for the version of a decision."""
        return f"{self.name}@{self.hash[:8]}/{model}"

    def render(self, *, nonce: str | None = None, **inputs: Any) -> Rendered:
        """Both messages. ``nonce`` is drawn anew unless given.

        Trusted inputs are text, numbers, dates, members of enums, None, and lists and mappings of these. Inputs from outside are
        text, a Part, None, a list of texts or Parts (one envelope each) or a mapping of texts (one envelope, a line each).
        Raises Invalid naming every input that is missing, unknown or of another kind.
        """
        nonce = nonce or new_nonce()
        blocks: list[str] = []
        values = self._values(inputs, nonce, blocks)
        try:
            system = self._system.render({**values, NONCE: nonce, _BLOCKS: blocks}).strip()
            user = self._user.render({**values, NONCE: nonce, _BLOCKS: blocks}).strip()
        except (TemplateError, TypeError) as problem:
            raise _invalid(self.name, "body", f"cannot be rendered: {problem}") from problem
        if _MARKS.search(_PLACE.sub("", user)):
            raise _invalid(self.name, "body", "changes text from outside after it was wrapped; print it as it is")
        user = _PLACE.sub(lambda place: blocks[int(place[1])], user)
        blank = "-" * len(nonce)
        same = digest([self.hash, system.replace(nonce, blank), user.replace(nonce, blank)])
        return Rendered(system, user, self.hash, self.id, self.version, nonce, same)

    def _values(self, inputs: Mapping[str, Any], nonce: str, blocks: list[str]) -> dict[str, Any]:
        faults = [
            FieldError(f"{self.name}: {name}", "missing", "is not given", self.inputs[name].about)
            for name in self.inputs
            if name not in inputs
        ]
        faults += [
            FieldError(
                f"{self.name}: {name}", "unknown", "is no input of this prompt", f"give {', '.join(self.inputs)}"
            )
            for name in inputs
            if name not in self.inputs
        ]
        values: dict[str, Any] = {}
        for name, value in inputs.items():
            spec = self.inputs.get(name)
            if spec is None:
                continue
            try:
                values[name] = _wrapped(value, spec, nonce, blocks) if spec.untrusted else _plain(value)
            except ValueError as problem:
                faults.append(FieldError(f"{self.name}: {name}", "value", str(problem), spec.about))
        if faults:
            raise Invalid(f"the prompt {self.name} cannot be rendered", fields=tuple(faults))
        return values


def build(file: str, source: str, partials: Mapping[str, str], *, agent: str, version: int) -> Prompt:
    """Read and check a prompt file. Raises Invalid naming the file and what is wrong with it.

    Checked: front matter, syntax, that the inputs used are exactly those declared, that text from outside is used in the user
    section only, and that the system section then tells the model the nonce.
    """
    read = parse(file, source, agent=agent, version=version)
    env = _environment(partials)
    used: dict[str, set[str]] = {}
    names: set[str] = set()
    try:
        for section, text in (("system", read.system), ("user", read.user)):
            used[section] = _variables(env, text, partials, names)
        templates = env.from_string(read.system), env.from_string(read.user)
    except TemplateError as problem:
        raise _invalid(file, "body", f"is no valid template: {problem}") from problem
    _check(file, read, used)
    covered = [[file, source], *([f"partials/{name}", partials[name]] for name in sorted(names))]
    return Prompt(
        read.id, read.version, digest(covered), MappingProxyType(dict(read.inputs)), read.output,
        MappingProxyType(dict(read.settings)), read.changed, read.why, *templates,
    )  # fmt: skip


def partials_of(source: str) -> set[str]:
    """Names of the partials that a text includes outright."""
    env = _environment({})
    return {name for name in meta.find_referenced_templates(env.parse(source)) if name is not None}


def _environment(partials: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True,
        loader=DictLoader(partials),
    )  # fmt: skip
    env.globals.clear()
    env.filters = {name: env.filters[name] for name in _FILTERS} | {"untrusted": _untrusted, "one_of": _one_of}
    return env


def _variables(env: ImmutableSandboxedEnvironment, text: str, partials: Mapping[str, str], names: set[str]) -> set[str]:
    """The variables of a text and of the partials it includes, whose names are added to ``names``."""
    tree = env.parse(text)
    found = set(meta.find_undeclared_variables(tree))
    for name in meta.find_referenced_templates(tree):
        if name is None or name not in partials:
            msg = f"includes {name or 'a name made at run time'}; write the name of a file in prompts/partials"
            raise TemplateError(msg)
        if name not in names:
            names.add(name)
            found |= _variables(env, partials[name], partials, names)
        else:
            found |= set(meta.find_undeclared_variables(env.parse(partials[name])))
    return found


def _check(file: str, read: PromptFile, used: Mapping[str, set[str]]) -> None:
    outside = {name for name, spec in read.inputs.items() if spec.untrusted}
    everything = used["system"] | used["user"]
    faults = [
        (name, "is used and not declared", "declare it under inputs")
        for name in everything - {NONCE} - set(read.inputs)
    ]
    faults += [
        (name, "is declared and not used", "use it in the body or remove it") for name in set(read.inputs) - everything
    ]
    faults += [
        (name, "is text from outside in the system section", "move it to the user section")
        for name in outside & used["system"]
    ]
    if outside and NONCE not in used["system"]:
        faults.append((NONCE, "is not told to the model", "include text_is_data in the system section"))
    if OPEN in read.user or _MARKS.search(read.user):
        faults.append(
            (
                "section user",
                f"writes {OPEN} or a private character, which only envelopes may",
                "describe markers in the system section",
            )
        )
    if faults:
        fields = tuple(FieldError(f"{file}: {name}", "prompt", *words) for name, *words in sorted(faults))
        raise Invalid(f"the prompt {file} is not valid", fields=fields)


@pass_context
def _untrusted(context: Context, value: object, kind: str = "text") -> _Enveloped:
    """Filter: text from outside that came inside a trusted structure, in an envelope."""
    if isinstance(value, _Enveloped):
        return value
    if not isinstance(value, str):
        msg = f"untrusted takes text, not {type(value).__name__}"
        raise TypeError(msg)
    return _put(value, kind, MAX_CHARS, context[NONCE], context[_BLOCKS])


def _one_of(word: str, allowed: Iterable[str]) -> str:
    """Filter: a label written in an example, which must be one of those given; so no example outlives its label."""
    if word not in allowed:
        msg = f"{word!r} is none of {', '.join(allowed)}"
        raise TypeError(msg)
    return word


def _put(text: str, kind: str, limit: int, nonce: str, blocks: list[str]) -> _Enveloped:
    shown = envelope(text, kind=kind, nonce=nonce, limit=limit)
    blocks.append(shown)
    return _Enveloped(len(blocks) - 1, bool(clean(text, limit).text.strip()))


def _wrapped(value: object, spec: Input, nonce: str, blocks: list[str]) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        return _put(value, spec.kind, spec.max_chars, nonce, blocks)
    if isinstance(value, Part):
        return _put(value.text, value.label, spec.max_chars, nonce, blocks)
    if isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair):
        lines = "\n".join(f"{name}: {text}" for name, text in value.items())
        return _put(lines, spec.kind, spec.max_chars, nonce, blocks)
    if isinstance(value, Sequence) and all(isinstance(part, str | Part) for part in value):
        return tuple(_wrapped(part, spec, nonce, blocks) for part in value)
    msg = f"is {type(value).__name__}; give text, Parts, or a mapping of texts"
    raise ValueError(msg)


def _plain(value: object) -> object:
    """A trusted value, checked to be plain data whose text could not be taken for a marker."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        if clean(value, max(1, len(value))).text != value.replace("<", "\u2039"):
            msg = f"holds signs that only text from outside has: {value[:40]!r}; mark the input as untrusted"
            raise ValueError(msg)
        return value
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"is {value}, which is no number"
        raise ValueError(msg)
    if value is None or isinstance(value, int | float | Decimal | date):
        return value
    if isinstance(value, Mapping):
        return {str(_plain(name)): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    msg = f"is {type(value).__name__}; give text, numbers, dates, lists and mappings"
    raise ValueError(msg)


def _invalid(file: str, key: str, message: str) -> Invalid:
    fault = FieldError(f"{file}: {key}", "prompt", message, "correct the file, or the inputs given to it")
    return Invalid(f"the prompt {file} is not valid", fields=(fault,))
