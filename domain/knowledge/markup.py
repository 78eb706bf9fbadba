"""Markdown, HTML and plain text as sections under headings. Only what a reader would see is kept."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from domain.knowledge.documents import Section, cleaned, one_line

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(\*\*|__|`)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LONGEST_HEADING = 200


class _Outline:
    """Collects text under a stack of headings."""

    def __init__(self) -> None:
        self.title = ""
        self._stack: list[tuple[int, str]] = []
        self._lines: list[str] = []
        self._sections: list[Section] = []

    def head(self, level: int, text: str) -> None:
        """A heading: ends the section before it."""
        self._close()
        heading = one_line(text, _LONGEST_HEADING)
        if level == 1 and not self.title:
            self.title = heading
        self._stack = [one for one in self._stack if one[0] < level]
        if heading:
            self._stack.append((level, heading))

    def add(self, text: str) -> None:
        """Text of the present section."""
        self._lines.append(text)

    def sections(self) -> tuple[Section, ...]:
        """All of them; those without text are left out."""
        self._close()
        return tuple(self._sections)

    def _close(self) -> None:
        text = "".join(self._lines).strip()
        self._lines = []
        if text:
            self._sections.append(Section(" > ".join(heading for _, heading in self._stack), text))


def read_plain(text: str) -> tuple[str, tuple[Section, ...]]:
    """No title, one section without a heading (none for a text without content)."""
    body = cleaned(text).strip()
    return "", (Section("", body),) if body else ()


def read_markdown(text: str) -> tuple[str, tuple[Section, ...]]:
    """The first top heading as the title, and a section a heading. Front matter and comments are left out, marks removed."""
    outline = _Outline()
    fenced = False
    for line in _COMMENT.sub("", _FRONT.sub("", cleaned(text))).split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        heading = None if fenced else _HEADING.match(line)
        if heading:
            outline.head(len(heading[1]), _bare(heading[2]))
        else:
            outline.add(f"{line if fenced else _bare(line)}\n")
    return outline.title, outline.sections()


def read_html(text: str) -> tuple[str, tuple[Section, ...]]:
    """The page's title and its sections. Scripts, styles, navigation and hidden elements are left out."""
    reader = _Page()
    reader.feed(cleaned(text))
    reader.close()
    sections = reader.outline.sections()
    return one_line(reader.title, _LONGEST_HEADING) or reader.outline.title, sections


def _bare(line: str) -> str:
    return _MARKS.sub("", _LINK.sub(r"\1", line))


class _Page(HTMLParser):
    _SKIPPED = frozenset(
        {"script", "style", "template", "noscript", "nav", "svg", "iframe", "select", "button", "form"}
    )
    _BLOCKS = frozenset({
        "p", "div", "li", "ul", "ol", "br", "tr", "table", "section", "article", "blockquote", "pre", "dt", "dd", "header",
        "footer", "main", "aside", "hr",
    })  # fmt: skip
    _VOID = frozenset({
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    })  # fmt: skip
    _HIDDEN = re.compile(
        r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])"
    )
    _LEVEL = re.compile(r"h([1-6])$")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.outline = _Outline()
        self.title = ""
        self._skipping: list[str] = []
        self._in_title = False
        self._heading: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._VOID:
            if tag in self._BLOCKS:
                self._add("\n")
            return
        if self._skipping or tag in self._SKIPPED or self._hidden(dict(attrs)):
            self._skipping.append(tag)
            return
        if tag == "title":
            self._in_title = True
        elif self._LEVEL.match(tag):
            self._heading = []
        elif tag in self._BLOCKS:
            self._add("\n\n" if tag != "li" else "\n- ")

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag in self._skipping:
                # An element that was never closed ends with the one around it.
                while self._skipping.pop() != tag:
                    pass
            return
        level = self._LEVEL.match(tag)
        if tag == "title":
            self._in_title = False
        elif level and self._heading is not None:
            text, self._heading = "".join(self._heading), None
            self.outline.head(int(level[1]), text)
        elif tag in self._BLOCKS:
            self._add("\n")

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        if self._in_title:
            self.title += data
        elif self._heading is not None:
            self._heading.append(data)
        else:
            self._add(re.sub(r"\s+", " ", data))

    def _add(self, text: str) -> None:
        if self._heading is None and not self._skipping:
            self.outline.add(text)

    def _hidden(self, attributes: dict[str, str | None]) -> bool:
        style = (attributes.get("style") or "").casefold()
        return "hidden" in attributes or attributes.get("aria-hidden") == "true" or bool(self._HIDDEN.search(style))
