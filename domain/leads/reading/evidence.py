"""What the cells of a column look like, whatever its header says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.leads.reading.dates import read_date
from domain.leads.reading.declared_line import declared_lines
from domain.leads.reading.states import read_state

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_PHONE = re.compile(
    r"(?:tel|ph|phone|cell)?[.:\s]*\+?[\d(][\d\s().+/-]*(?:\s*(?:x|ext\.?|#)\s*\d{1,7})?", re.IGNORECASE
)
_DATE_LIKE = re.compile(r"(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*")
_ZIP = re.compile(r"\d{5}(?:-\d{4})?")
_NAME_WORD = re.compile(r"[^\W\d_][^\d@/:;=<>]*")
_PHONE_DIGITS = range(10, 16)
_PROSE_LENGTH = 25
_PROSE_WORDS = 5
_NAME_WORDS = range(2, 6)
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """Shares, 0 to 1, of a column's filled cells that look like one kind; ``filled`` counts them, ``fill`` is their share.

    ``distinct`` is the share of different cells: one address repeated in every row is the agency's own, not the leads'.
    """

    filled: int
    fill: float
    distinct: float
    email: float
    phone: float
    mixed: float
    name: float
    word: float
    zip: float
    state: float
    date: float
    line: float
    prose: float


def is_email(text: str) -> bool:
    """Whether the whole cell has the form of an e-mail address; validity is not checked."""
    return _EMAIL.fullmatch(text.strip()) is not None


def is_phone(text: str) -> bool:
    """Whether the whole cell has the form of a phone number of 10 to 15 digits and is no date."""
    plain = text.strip()
    return (
        sum(char.isdigit() for char in plain) in _PHONE_DIGITS
        and _PHONE.fullmatch(plain) is not None
        and _DATE_LIKE.fullmatch(plain) is None
    )


def is_name(text: str) -> bool:
    """Whether the cell could be a person's full name: two to five words of letters, in either order."""
    words = text.replace(",", " ").split()
    return (
        len(words) in _NAME_WORDS
        and all(_NAME_WORD.fullmatch(word) for word in words)
        and any(word[0].isupper() for word in words)
        and not declared_lines(text)
    )


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a first row is already a lead and not a header: a cell of it is an e-mail address or a phone number."""
    return any(is_email(cell) or is_phone(cell) for cell in cells)


def weigh(cells: Iterable[str]) -> Evidence:
    """The evidence of a column, from its first 200 filled cells."""
    every = [cell.strip() for cell in cells]
    filled = [cell for cell in every if cell]
    sample = filled[:_SAMPLE]

    def share(test: Callable[[str], bool]) -> float:
        return sum(map(test, sample)) / len(sample) if sample else 0.0

    return Evidence(
        filled=len(filled),
        fill=len(filled) / len(every) if every else 0.0,
        distinct=len({cell.casefold() for cell in sample}) / len(sample) if sample else 0.0,
        email=share(is_email),
        phone=share(is_phone),
        mixed=share(_is_mixed),
        name=share(is_name),
        word=share(lambda cell: _NAME_WORD.fullmatch(cell) is not None and " " not in cell),
        zip=share(lambda cell: _ZIP.fullmatch(cell) is not None),
        state=share(lambda cell: read_state(cell) is not None),
        date=share(lambda cell: any(char.isdigit() for char in cell) and read_date(cell).day is not None),
        line=share(lambda cell: len(cell.split()) < _PROSE_WORDS and bool(declared_lines(cell))),
        prose=share(lambda cell: len(cell) >= _PROSE_LENGTH and len(cell.split()) >= _PROSE_WORDS),
    )


def _is_mixed(cell: str) -> bool:
    rest = re.sub(r"\S+@\S+", " ", cell)
    return "@" in cell and sum(char.isdigit() for char in rest) in range(_PHONE_DIGITS.start, 60)
