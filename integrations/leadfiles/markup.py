"""XML of lead files: each record is cut out of the text and parsed by itself, so that a broken one costs no other.

Nothing in front of the records is parsed, and a record with a document type is refused; without one no entity can be declared,
expanded or fetched. Depth and number of elements are limited.
"""

from __future__ import annotations

import html.entities
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from integrations.leadfiles.table import over_limit
from kernel.errors import FieldError

_CHUNK = 1 << 20
_RECORD_LIMIT = 2_000_000
_DEEPEST = 60
_ELEMENTS = 20_000
_STRAY_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);|#\d{1,7};|#x[0-9a-fA-F]{1,6};)(?:([A-Za-z][A-Za-z0-9]{1,31});)?"
)
_STRAY_LESS = re.compile(r"<(?![A-Za-z_/!?])")
_NUMBERED = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REMEDY = "close every element in the order it was opened, and send it again"


@dataclass(slots=True)
class Element:
    """An element by its name without prefix, in small letters; ``text`` is its own, in one line."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, path: str) -> list[Element]:
        """Every element at ``path`` (names parted by slashes) below this one."""
        found = [self]
        for name in path.split("/"):
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def first(self, path: str) -> Element | None:
        """The first element at ``path``."""
        return next(iter(self.all(path)), None)

    def say(self, path: str) -> str:
        """The text of the first element at ``path`` that has one; empty without."""
        return next((element.text for element in self.all(path) if element.text), "")

    def any(self, name: str) -> list[Element]:
        """Every element of this name at any depth below, in order."""
        found: list[Element] = []
        waiting = list(reversed(self.children))
        while waiting:
            element = waiting.pop()
            if element.name == name:
                found.append(element)
            waiting.extend(reversed(element.children))
        return found


@dataclass(frozen=True, slots=True)
class Markup:
    """One record: its element as far as it could be read, its first line, and what was wrong."""

    root: Element | None
    line: int
    notes: tuple[FieldError, ...] = ()
    fault: FieldError | None = None


def records_in(text: io.TextIOBase, names: str) -> Iterator[Markup]:
    """Every element whose name matches ``names`` (a regular expression of names in any case), from an open text."""
    window = _Window(text, names)
    while (opening := window.opening()) is not None:
        line, body, large = window.record(opening)
        if large:
            message = f"line {line}: the element is longer than {_RECORD_LIMIT:,} characters"
            yield Markup(
                None, line, fault=over_limit(opening.group("name"), message, "send each lead in an element of its own")
            )
        else:
            yield _parsed(body, line)


class _Window:
    """The text at hand of a file that is read on as needed."""

    def __init__(self, file: io.TextIOBase, names: str) -> None:
        self._file = file
        self._tag = re.compile(
            r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|(?P<open><!--|<!\[CDATA\[)|"
            rf"<(?P<end>/?)(?P<name>(?:[\w.-]+:)?(?:{names}))(?P<rest>\s*/?>|\s[^<>]*>|(?=<))",
            re.DOTALL | re.IGNORECASE,
        )
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def opening(self) -> re.Match[str] | None:
        """The next tag that opens a record; None at the end of the file. What stands before it is dropped."""
        while True:
            found = self._find(self._at)
            if found is None:
                return None
            if found.group("name") and not found.group("end"):
                self._drop(found.start())
                return self._find(self._at)
            self._at = found.end()

    def record(self, opening: re.Match[str]) -> tuple[int, str, bool]:
        """Line and text of the record that ``opening`` opens, and whether it is too large. One that is not closed ends where the
        next one, or the file, does.
        """
        line, place = self._line, opening.end()
        if opening.group(0).endswith("/>"):
            return self._cut(line, place)
        while True:
            found = self._find(place, stop=self._at + _RECORD_LIMIT)
            if found is None:
                whole = self._ended and len(self._text) - self._at <= _RECORD_LIMIT
                return self._cut(line, len(self._text)) if whole else self._skip(line)
            if found.group("name"):
                return self._cut(line, found.end() if found.group("end") else found.start())
            place = found.end()

    def _cut(self, line: int, end: int) -> tuple[int, str, bool]:
        body = self._text[self._at : end]
        self._drop(end)
        return line, body, len(body) > _RECORD_LIMIT

    def _skip(self, line: int) -> tuple[int, str, bool]:
        self._drop(len(self._text))
        return line, "", True

    def _find(self, place: int, stop: int | None = None) -> re.Match[str] | None:
        """The next tag, comment or CDATA section from ``place`` on; None at the end of the file or past ``stop``."""
        while True:
            found = self._tag.search(self._text, place)
            open_ended = found is not None and found.group("open") is not None
            if found is not None and (not open_ended or self._ended or len(self._text) - found.start() > _RECORD_LIMIT):
                return found
            if self._ended or (stop is not None and len(self._text) > stop):
                return None
            if stop is None and not open_ended:
                # Nothing begins here: only what a tag could begin with is kept.
                tail = max(self._text.rfind("<", max(place, len(self._text) - 10_000)), place)
                keep = tail if self._text[tail : tail + 1] == "<" else len(self._text)
                self._drop(keep)
                place = self._at
            before = self._at
            self._more()
            place -= before

    def _more(self) -> None:
        chunk = self._file.read(max(_CHUNK, len(self._text) - self._at))
        self._ended = not chunk
        self._text = self._text[self._at :] + chunk
        self._at = 0

    def _drop(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end


def _parsed(body: str, line: int) -> Markup:
    plain, repaired = _repaired(body)
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.said
    parser.StartDoctypeDeclHandler = builder.refuse
    notes = tuple(repaired)
    try:
        parser.Parse(plain.encode("utf-8"), True)  # noqa: FBT003 - expat's own order
    except _Refused as problem:
        return Markup(None, line, notes, FieldError("file", "xml_refused", f"line {line}: {problem}", _REMEDY))
    except expat.ExpatError as problem:
        at = line + problem.lineno - 1
        where = builder.path or (builder.root.name if builder.root else "record")
        message = (
            f"line {at}: {expat.ErrorString(problem.code)} in <{where.rpartition('/')[2]}>; what was closed before it was read, "
            "what stands behind it was not"
        )
        notes = (*notes, FieldError(where, "xml_broken", message, _REMEDY))
        builder.abandon()
    return Markup(builder.root, line, notes)


def _repaired(body: str) -> tuple[str, list[FieldError]]:
    """The text with stray characters written as XML wants them, and a note where there were some. CDATA keeps its own."""
    notes: list[FieldError] = []
    pieces = re.split(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)", _FORBIDDEN.sub("", body), flags=re.DOTALL)
    plain = []
    for piece in pieces:
        if piece.startswith("<!"):
            plain.append(piece)
            continue
        fixed = _STRAY_AMPERSAND.sub(_ampersand, piece)
        plain.append(_STRAY_LESS.sub("&lt;", _NUMBERED.sub(_numbered, fixed)))
    text = "".join(plain)
    if text != body:
        message = "characters stand here that XML forbids; they were read as plain text"
        notes.append(FieldError("record", "xml_repaired", message, "write & as &amp; and < as &lt;"))
    return text, notes


def _ampersand(match: re.Match[str]) -> str:
    name = match.group(1)
    if name is None:
        return "&amp;"
    known = html.entities.html5.get(f"{name};")
    return known if known and known not in "<>&" else f"&amp;{name};"


def _numbered(match: re.Match[str]) -> str:
    code = int(match.group(1), 16) if match.group(1) else int(match.group(2))
    allowed = code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF  # noqa: PLR2004 - XML 1.0, section 2.2
    return match.group(0) if allowed else ""


class _Refused(Exception):
    """What is well-formed and not read all the same."""


class _Builder:
    """Builds elements from expat's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    @property
    def path(self) -> str:
        """Names of the open elements."""
        return "/".join(element.name for element in self._open)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _ELEMENTS:
            msg = f"more than {_DEEPEST} levels or {_ELEMENTS:,} elements in one record"
            raise _Refused(msg)
        element = Element(_local(name), {_local(key): value.strip() for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _: str) -> None:
        element = self._open.pop()
        element.text = " ".join(element.text.split())

    def said(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def refuse(self, *_: Any) -> None:
        msg = "a document type stands in the record"
        raise _Refused(msg)

    def abandon(self) -> None:
        """Forget the texts of elements that were never closed: they may be cut off."""
        for element in self._open:
            element.text = ""


def _local(name: str) -> str:
    return name.rpartition(":")[2].casefold()
