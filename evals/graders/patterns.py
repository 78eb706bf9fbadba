"""Regular expressions with a time limit, so that no pattern and no answer can hold up a run."""

from __future__ import annotations

import regex

SECONDS = 0.25
"""The most that one search may take."""


class TooSlow(Exception):
    """The search took longer than allowed."""


def fault(pattern: object) -> str | None:
    """What is wrong with a pattern, or None."""
    if not isinstance(pattern, str):
        return "is no pattern"
    try:
        regex.compile(pattern)
    except regex.error as problem:
        return f"is no pattern: {problem}"
    return None


def found(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text. Raises :class:`TooSlow`."""
    try:
        return regex.search(pattern, text, timeout=SECONDS) is not None
    except TimeoutError as problem:
        raise TooSlow from problem
