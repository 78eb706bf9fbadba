"""How much a document may ask of us, and how its refusal reads."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Limits:
    """``bytes`` of the file, ``pages`` read of it (sheets of a workbook count as pages), ``pixels`` of one picture,
    ``unpacked`` bytes of a packed file, those of one ``part``, and the ``ratio`` by which it may grow, ``cells`` of a workbook,
    ``attachments`` of an e-mail and how ``deep`` they may nest.
    """

    bytes: int = 25_000_000
    pages: int = 200
    pixels: int = 60_000_000
    unpacked: int = 150_000_000
    part: int = 40_000_000
    ratio: int = 200
    cells: int = 500_000
    attachments: int = 25
    deep: int = 2


def refused(code: str, message: str, remedy: str, *, value: str | None = None) -> Invalid:
    """The error for a document that is not taken."""
    return Invalid(f"{message}: {remedy}", fields=(FieldError("file", code, message, remedy, value),))
