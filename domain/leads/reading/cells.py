"""The cells of one row while they are read: what is left, what was odd, and what is kept as it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.leads.reading.problems import problem
from kernel.errors import FieldError

# Longer text is read as nothing but prose: it is no name or number, and the readers' time grows with its square.
_LONGEST = 2_000
_PROSE = frozenset(("message", "consent_text"))
# What people and exports write for nothing. "None" may answer a question about consent, and Na and Null are family names.
_EMPTY = frozenset(("n/a", "#n/a", "-", "--", "---", "?", ".", "not provided", "none provided", "(blank)", "<null>"))
_EMPTY_WORDS = frozenset(("na", "null", "nil", "none", "nan", "tbd", "unknown", "undefined"))
_WORDS_COUNT = frozenset(
    (*_PROSE, "full_name", "first_name", "last_name", "consent", "line", "source", "source_status")
)


class Cells:
    """Cells by canonical field, each with the header it came under; a cell is typed by its reader or kept as an extra.

    ``values`` are (field, header, text) in the order of the columns; ``extras`` are cells without a field. Warnings and
    extras use the sender's own header.
    """

    def __init__(self, values: Iterable[tuple[str, str, str]], extras: Mapping[str, str]) -> None:
        self.warnings: list[FieldError] = []
        self.extras: dict[str, str] = {name: text for name, text in extras.items() if text.strip()}
        self._values: dict[str, list[tuple[str, str]]] = {}
        self._labels: dict[str, str] = {}
        for field, header, text in values:
            self._labels.setdefault(field, header)
            if len(text) > _LONGEST and field not in _PROSE:
                self.warn("too_long", header, text)
                self.extras[header] = text
            elif _says_nothing(field, text.strip().casefold()):
                self.keep(header, text.strip())
            elif text.strip():
                self._values.setdefault(field, []).append((header, text.strip()))

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not self._values and not self.extras

    def label(self, field: str) -> str:
        """The sender's word for ``field``; the field's own name where there is no such column."""
        return self._labels.get(field, field)

    def peek(self, field: str) -> str:
        """The text of ``field``, stripped; empty when there is none."""
        held = self._values.get(field)
        return held[0][1] if held else ""

    def take(self, field: str) -> str:
        """The text of ``field``, which is then gone from the row."""
        held = self._values.pop(field, [])
        for header, text in held[1:]:
            self.keep(header, text)
        return held[0][1] if held else ""

    def take_every(self, field: str) -> list[tuple[str, str]]:
        """Each (header, text) of a field that may have several columns, which are then gone from the row."""
        return self._values.pop(field, [])

    def exchange(self, one: str, other: str) -> None:
        """Let two fields change their texts; the headers stay, and a field without a text gets one."""
        mine, theirs = self._values.pop(one, []), self._values.pop(other, [])
        if theirs:
            self._values[one] = [(self.label(one), text) for _, text in theirs]
        if mine:
            self._values[other] = [(self.label(other), text) for _, text in mine]

    def warn(self, code: str, label: str, value: str | None = None) -> None:
        """Note a problem under the sender's word ``label``; the same problem of one cell is noted once."""
        found = problem(code, label, value)
        if found not in self.warnings:
            self.warnings.append(found)

    def keep(self, label: str, text: str) -> None:
        """Keep ``text`` as an extra under ``label``."""
        self.extras.setdefault(label, text)

    def unread(self, code: str, field: str, text: str) -> None:
        """Warn that ``text`` of ``field`` could not be typed, and keep it."""
        self.warn(code, self.label(field), text)
        self.keep(self.label(field), text)


def _says_nothing(field: str, text: str) -> bool:
    return field not in _PROSE and (text in _EMPTY or (text in _EMPTY_WORDS and field not in _WORDS_COUNT))
