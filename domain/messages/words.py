"""Templates of messages: what an agency may write, checked when it is saved, and the same filled for one person.

Jinja in a sandbox, and of it only what a letter needs: variables, a few filters, conditions. No loops, no calls and no
arithmetic, so the longest text is known and nothing can be reached from a value.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.messages.kinds import Kind
from kernel.errors import FieldError, Invalid

LONGEST = {"subject": 200, "short": 1_000, "text": 20_000, "html": 60_000}
_FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim", "default", "e", "escape"})
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Filter, nodes.If, nodes.CondExpr, nodes.Const,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test,
)  # fmt: skip
_TESTS = frozenset({"defined", "none"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_plain = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
_escaping = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True, keep_trailing_newline=True)


@dataclass(frozen=True, slots=True)
class Words:
    """One template in one language. ``short`` is what an SMS and a push say; without ``html`` it is made from ``text``."""

    subject: str
    text: str
    short: str
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """The words for one person. ``subject`` is one line, whatever stood in names."""

    subject: str
    text: str
    short: str
    html: str


def check(kind: Kind, words: Words) -> None:
    """Raise Invalid naming each part that cannot be used: an unknown variable, what is not permitted, too much."""
    faults = [
        fault for part, source in asdict(words).items() if source is not None for fault in _faults(kind, part, source)
    ]
    if not faults:
        try:
            fill(words, kind.sample)
        except TemplateError as problem:
            faults = [FieldError("text", "fails", f"cannot be filled: {problem}", "preview it with sample data")]
    if faults:
        raise Invalid(f"the template of {kind.name} cannot be used", fields=tuple(faults))


def fill(words: Words, values: Mapping[str, str]) -> Filled:
    """``words`` with ``values`` in their places. Control characters of values become spaces: none can begin a header."""
    clean = {name: one_line(value) for name, value in values.items()}
    text = _compiled(words.text, escaped=False).render(clean)
    made = html_of(text) if words.html is None else _compiled(words.html, escaped=True).render(clean)
    return Filled(
        one_line(_compiled(words.subject, escaped=False).render(clean)), text,
        _compiled(words.short, escaped=False).render(clean).strip(), made,
    )  # fmt: skip


def one_line(text: str) -> str:
    """``text`` without line ends and other control characters."""
    return _CONTROL.sub(" ", text).strip()


def html_of(text: str) -> str:
    """Plain text as HTML: escaped, a paragraph for each, addresses as links."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    body = "".join(f"<p>{_linked(part)}</p>\n" for part in parts if part)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{body}</body></html>\n'


def _linked(part: str) -> str:
    made, at = [], 0
    for found in _LINK.finditer(part):
        address = found[0].rstrip(".,;:!?)")
        made += [html.escape(part[at : found.start()]), f'<a href="{html.escape(address)}">{html.escape(address)}</a>']
        at = found.start() + len(address)
    return "".join([*made, html.escape(part[at:])]).replace("\n", "<br>\n")


def _faults(kind: Kind, part: str, source: str) -> Iterable[FieldError]:
    if len(source) > LONGEST[part]:
        yield FieldError(part, "too_long", f"has {len(source)} characters", f"write at most {LONGEST[part]}")
        return
    if not source.strip():
        yield FieldError(part, "empty", "says nothing", "write words, or leave the template as shipped")
        return
    try:
        tree = _plain.parse(source)
    except TemplateSyntaxError as problem:
        yield FieldError(part, "syntax", f"line {problem.lineno}: {problem.message}", "correct it", source[:80])
        return
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Name):
            if node.name not in kind.variables:
                known = ", ".join(sorted(kind.variables))
                yield FieldError(
                    part,
                    "unknown_variable",
                    f"{node.name} is no variable of {kind.name}",
                    f"use {known}",
                    node.name[:80],
                )
        elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            known = ", ".join(sorted(_FILTERS))
            yield FieldError(
                part, "unknown_filter", f"{node.name} is no filter of messages", f"use {known}", node.name[:80]
            )
        elif not isinstance(node, _NODES) or (isinstance(node, nodes.Test) and node.name not in _TESTS):
            what = type(node).__name__.lower()
            yield FieldError(
                part, "not_permitted", f"line {node.lineno}: {what} is not permitted", "use variables, filters and if"
            )


@lru_cache(maxsize=512)
def _compiled(source: str, *, escaped: bool) -> Template:
    return (_escaping if escaped else _plain).from_string(source)
