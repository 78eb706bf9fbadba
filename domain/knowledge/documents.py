"""A document as the rest of the product takes it: named, in sections under headings, without characters no store takes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

CUT_VERSION = "cut.1"
"""Goes into every digest: a new way of cutting passages makes every document a changed one."""

_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Section:
    """Text under one heading; ``heading`` joins those above it with " > " and is empty where there is none."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document. ``name`` is how its agency knows it (an id in a table, a path in a folder) and is what answers cite;
    ``source`` is the file it came in.
    """

    name: str
    title: str
    source: str
    sections: tuple[Section, ...]

    @property
    def digest(self) -> str:
        """The same for the same content cut the same way; the file's name does not matter."""
        parts = [CUT_VERSION, self.title, *(part for one in self.sections for part in (one.heading, one.text))]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def cleaned(text: str) -> str:
    """``text`` without NULs and lone surrogates, which no store takes, and with one kind of line end."""
    return _UNSAFE.sub(" ", text).replace("\r\n", "\n").replace("\r", "\n")


def one_line(text: str, limit: int) -> str:
    """``text`` on one line, cut to ``limit`` characters."""
    return " ".join(cleaned(text).split())[:limit]
