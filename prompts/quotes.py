"""From words that a model quotes back to the sender's own words."""

from __future__ import annotations

import unicodedata

from prompts.envelope import MAX_CHARS, clean

_SIGNS = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
        "\u2026": "...", "<": "\u2039", "[": "(", "]": ")",
    }
)  # fmt: skip
_AROUND = " \"',;:.!?\u00a1\u00bf\u2039\u00ab\u00bb"


def find_quote(quote: str, source: str, *, limit: int = MAX_CHARS) -> str | None:
    """The words of ``source`` that ``quote`` repeats, exactly as they were sent, or None where it repeats none.

    Case, accents, width, blanks, quotation marks and dashes do not matter; words and their order do. Only the part that an
    envelope of ``limit`` characters shows is searched, so what the model was not shown cannot have been quoted.
    """
    shown = clean(source, limit)
    low, places = _folded(shown.text, shown.origins)
    wanted = _folded(clean(quote, limit).text)[0].strip(_AROUND)
    if not any(char.isalnum() for char in wanted):
        return None
    start = low.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        if not _inside_word(low, start) and not _inside_word(low, end):
            return _source(source, places[start], places[end - 1])
        start = low.find(wanted, start + 1)
    return None


def _source(source: str, first: int, last: int) -> str:
    end = last + 1
    while end < len(source) and unicodedata.combining(source[end]):
        end += 1
    return source[first:end]


def _inside_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _folded(text: str, origins: tuple[int, ...] | None = None) -> tuple[str, list[int]]:
    """Letters without case, accents and width, runs of blanks as one; with the origin of each."""
    folded: list[str] = []
    places: list[int] = []
    for place, raw in zip(origins or range(len(text)), text, strict=True):
        for char in unicodedata.normalize("NFKD", raw.translate(_SIGNS)).casefold():
            if unicodedata.combining(char):
                continue
            if char.isspace():
                if folded and folded[-1] == " ":
                    continue
                char = " "  # noqa: PLW2901 - every blank is alike
            folded.append(char)
            places.append(place)
    return "".join(folded), places
