"""What is wrong with a file, collected so that one reading shows all of it."""

from __future__ import annotations

from kernel.errors import FieldError, Invalid

_MOST = 50
_SHOWN = 80


class Faults:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[FieldError] = []

    def add(self, line: int | None, field: str, message: str, remedy: str, value: object = None) -> None:
        """One fault; ``line`` from 1, None where it is of the whole file."""
        where = f"{self.file}, line {line}: {field}" if line is not None else f"{self.file}: {field}"
        shown = None if value is None else str(value)[:_SHOWN]
        self.found.append(FieldError(where, "case", message, remedy, shown))

    def stop(self) -> None:
        """Raises Invalid where there was a fault; beyond a limit the rest is only counted."""
        if self.found:
            more = f", the first {_MOST} of {len(self.found)} faults are shown" if len(self.found) > _MOST else ""
            raise Invalid(f"the file {self.file} cannot be used{more}", fields=tuple(self.found[:_MOST]))
