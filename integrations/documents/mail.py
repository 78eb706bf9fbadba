"""E-mails: the message as a page, its attachments as documents of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any

from domain.documents.page import Hidden, Note, Origin, Page
from integrations.documents.limits import Limits, refused
from integrations.documents.plain import text_pages

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_BLOCKS = frozenset(
    ("p", "div", "br", "tr", "li", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "ul", "ol")
)
_CELLS = frozenset(("td", "th"))
_SILENT = frozenset(("script", "style", "head", "title", "template", "noscript", "object", "svg"))
_VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "area", "base", "col", "embed", "source", "wbr"))
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*(?:0(?!\.[3-9])|[0-2](?:\.\d+)?px)|opacity\s*:\s*0(?:\.0\d*)?(?![\d.])|"
    r"(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent|rgba?\(\s*255\s*,\s*255\s*,\s*255)|"
    r"(?:max-)?height\s*:\s*0(?:px)?\s*(?:;|$)|mso-hide\s*:\s*all|text-indent\s*:\s*-\d{3,}|left\s*:\s*-\d{3,}", re.IGNORECASE,
)  # fmt: skip
_GROUND = re.compile(r"background(?:-color)?\s*:\s*(?!#fff|white|none|transparent)", re.IGNORECASE)
_LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside an e-mail."""

    name: str
    data: bytes


def read_mail(data: bytes, limits: Limits) -> tuple[list[Page], list[Note], list[Enclosed]]:
    """Pages of the message, notes, and its attachments with their bytes. Raises Invalid for a message that cannot be parsed."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        body, hidden = _body(message)
        enclosed = _enclosed(message, limits)
        head = [f"{name}: {' '.join(str(message[name]).split())}" for name in _HEADERS if message[name]]
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, IndexError) as problem:
        raise refused("broken_file", "the e-mail is damaged", "save the message again and resend") from problem
    pages = text_pages("\n".join([*head, "", body]), Origin.EMAIL, limits)
    notes = []
    if hidden:
        pages[0] = _with_hidden(pages[0], hidden)
        notes.append(Note("hidden_text", f"{len(hidden)} passages cannot be seen by a person; they were left out", 1))
    if len(enclosed) > limits.attachments:
        notes.append(Note("attachments_cut", f"only the first {limits.attachments} attachments were read", None))
    return pages, notes, enclosed[: limits.attachments]


def _body(message: EmailMessage) -> tuple[str, list[Hidden]]:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "", []
    text = part.get_content()
    if not isinstance(text, str):
        return "", []
    if part.get_content_subtype() != "html":
        return text, []
    seen = _Seen()
    seen.feed(text)
    seen.close()
    return seen.text(), [
        Hidden(" ".join(words.split()), "styled to be invisible") for words in seen.hidden if words.strip()
    ]


def _enclosed(message: EmailMessage, limits: Limits) -> list[Enclosed]:
    found: list[Enclosed] = []
    for number, part in enumerate(message.iter_attachments(), 1):
        if len(found) > limits.attachments:
            break
        content: Any = part.get_payload(decode=True) or b""
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            content = inner.as_bytes() if isinstance(inner, EmailMessage) else b""
        if isinstance(content, bytes) and content:
            found.append(Enclosed((part.get_filename() or f"attachment {number}")[:_LONGEST_NAME], content))
    return found


class _Seen(HTMLParser):
    """The text of HTML that a person would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hidden: list[str] = []
        self._parts: list[str] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        style = given.get("style", "") + (f";color:{given['color']}" if given.get("color") else "")
        unseen = "hidden" if "hidden" in given or (_UNSEEN.search(style) and not _GROUND.search(style)) else ""
        state = "silent" if tag in _SILENT else unseen or (self._open[-1][1] if self._open else "")
        if tag not in _VOID:
            self._open.append((tag, state))
        if tag in _BLOCKS:
            self._parts.append("\n")
        elif tag in _CELLS:
            self._parts.append("   ")

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _ in self._open):
            while self._open and self._open.pop()[0] != tag:
                pass
        if tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        state = self._open[-1][1] if self._open else ""
        if not state:
            self._parts.append(re.sub(r"\s+", " ", data))
        elif state == "hidden":
            self.hidden.append(data)

    def text(self) -> str:
        """Lines without the blanks that markup leaves."""
        lines = [line.strip() for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _with_hidden(page: Page, hidden: list[Hidden]) -> Page:
    return Page(page.number, page.lines, page.tables, page.width, page.height, page.name, page.origin, tuple(hidden))
