"""Files as columns of text, plain or gzipped, and the outcome column as won, lost or open."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.leadfiles.csv_file import read_csv
from kernel.errors import FieldError, Invalid

_UNPACKED_LIMIT = 1_000_000_000
_GZIP = b"\x1f\x8b"
_WON_WORDS = frozenset(
    [
        "1",
        "1.0",
        "yes",
        "y",
        "true",
        "t",
        "won",
        "win",
        "sold",
        "bound",
        "converted",
        "conversion",
        "success",
        "successful",
        "positive",
        "customer",
        "closed_won",
        "issued",
    ]
)
_WINDOW = 1 << 20


@dataclass(frozen=True, slots=True)
class DataTable:
    """A file by column. ``cells`` hold stripped text by header, "" where a cell is missing; ``numbers`` are the file's row
    numbers, from 1 without the header, blank rows left out. ``digest`` is the SHA-256 of the bytes as sent.
    """

    cells: Mapping[str, Sequence[str]]
    numbers: Sequence[int]
    digest: str
    problems: tuple[FieldError, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the file."""
        return tuple(self.cells)

    def column(self, name: str, option: str) -> Sequence[str]:
        """A column by its header; raises Invalid naming ``option`` where there is none."""
        found = {" ".join(header.split()).casefold(): header for header in self.cells}
        header = name if name in self.cells else found.get(" ".join(name.split()).casefold())
        if header is None:
            remedy = f"use one of {', '.join(self.cells)}"
            fault = FieldError(option, "unknown_column", "the file has no such column", remedy[:400], name[:80])
            raise Invalid(f"no column {name[:80]!r}", fields=(fault,))
        return self.cells[header]

    def take(self, rows: Sequence[int]) -> DataTable:
        """The table of these rows only, by position."""
        cells = {name: [column[row] for row in rows] for name, column in self.cells.items()}
        return DataTable(cells, [self.numbers[row] for row in rows], self.digest, self.problems)

    def row_keys(self, without: str | None = None) -> list[str]:
        """For each row a hash over all its cells but those of ``without``, the same in whatever order the columns stand."""
        names = sorted(name for name in self.cells if name != without)
        columns = [self.cells[name] for name in names]
        head = "\x1f".join(names).encode()
        return [
            hashlib.blake2b("\x1f".join(row).encode(), digest_size=8, key=hashlib.sha256(head).digest()).hexdigest()
            for row in zip(*columns, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome column: ``won`` for the rows in ``rows`` (positions); rows whose cell is blank are open and left out."""

    rows: Sequence[int]
    won: NDArray[np.bool_]
    positive: str
    open_rows: int


def read_table(data: bytes) -> DataTable:
    """Read a delimited file of any usual encoding and delimiter, plain or gzipped.

    Raises :class:`kernel.errors.Invalid` as :func:`integrations.leadfiles.csv_file.read_csv` does, and for a gzip file that
    is damaged or unpacks to more than a gigabyte.
    """
    digest = hashlib.sha256(data).hexdigest()
    table = read_csv(_unpacked(data) if data.startswith(_GZIP) else data)
    rows = [row for row in table.rows if not row.blank]
    cells = {name: [" ".join(row.cells.get(name, "").split()) for row in rows] for name in table.header}
    return DataTable(cells, [row.number for row in rows], digest, table.problems)


def read_outcome(table: DataTable, target: str, positive: str | None = None) -> Outcome:
    """Which rows were won.

    Without ``positive`` the column must hold two values of which exactly one says won ("1", "yes", "sold", ...). With it,
    every other value means lost. Raises Invalid where that does not hold.
    """
    texts = [cell.casefold() for cell in table.column(target, "--target")]
    counts = Counter(text for text in texts if text)
    chosen = positive.strip().casefold() if positive is not None else _guessed(counts, target)
    if chosen not in counts or len(counts) < 2:  # noqa: PLR2004 - won and lost
        shown = ", ".join(f"{value} ({count})" for value, count in counts.most_common(10)) or "nothing"
        message = f"the column must hold {chosen!r} and at least one other value; it holds {shown}"
        fault = FieldError(
            "--positive" if positive else "--target", "no_two_outcomes", message, "name the won value", target
        )
        raise Invalid("the outcome cannot be learnt", fields=(fault,))
    rows = [row for row, text in enumerate(texts) if text]
    won = np.array([texts[row] == chosen for row in rows], dtype=bool)
    return Outcome(rows, won, chosen, len(texts) - len(rows))


def _guessed(counts: Counter[str], target: str) -> str:
    winners = [value for value in counts if value.replace(" ", "_") in _WON_WORDS]
    if len(counts) == 2 and len(winners) == 1:  # noqa: PLR2004 - won and lost
        return winners[0]
    shown = ", ".join(f"{value} ({count})" for value, count in counts.most_common(10)) or "nothing"
    fault = FieldError(
        "--target", "which_is_won", f"it is not clear which value means won; the column holds {shown}",
        "name it with --positive VALUE", target,
    )  # fmt: skip
    raise Invalid("the outcome column does not say which value means won", fields=(fault,))


def _unpacked(data: bytes) -> bytes:
    parts, size = [], 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            while part := packed.read(_WINDOW):
                size += len(part)
                if size > _UNPACKED_LIMIT:
                    raise _refused("too_large", "the file unpacks to more than a gigabyte", "send it in parts")
                parts.append(part)
    except (OSError, EOFError, zlib.error):
        raise _refused("damaged", "the gzip file is damaged or cut off", "pack or send it again") from None
    return b"".join(parts)


def _refused(code: str, message: str, remedy: str) -> Invalid:
    return Invalid(f"{message}: {remedy}", fields=(FieldError("file", code, message, remedy),))
