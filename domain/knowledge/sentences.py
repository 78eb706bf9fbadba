"""Where sentences end, well enough to quote one."""

from __future__ import annotations

import re
from itertools import pairwise

_END = re.compile(r"""[.!?…]["'”\u2019)\]]*(?=\s+["'“\u2018(\[¿¡]*[^\W_])""")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|st|no|inc|ltd|co|corp|vs|etc|e\.g|i\.e|u\.s|a\.m|p\.m|approx|sr|sra|[A-Z])\.$",
    re.IGNORECASE,
)
_BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_LONGEST = 600


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, each on one line; lists and paragraphs end sentences too.

    An abbreviation does not end one. What runs on for more than 600 characters is cut at a space, so that a quote stays one.
    """
    found: list[str] = []
    for block in _BREAK.split(text):
        start = len(found)
        for part in _parts(block):
            piece = " ".join(part.split())
            if not piece:
                continue
            if len(found) > start and _ABBREVIATION.search(found[-1]):
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    return [piece for sentence in found for piece in _pieces(sentence)]


def _parts(block: str) -> list[str]:
    ends = [0, *(match.end() for match in _END.finditer(block)), len(block)]
    return [block[start:end] for start, end in pairwise(ends)]


def _pieces(sentence: str) -> list[str]:
    pieces = []
    while len(sentence) > _LONGEST:
        cut = sentence.rfind(" ", _LONGEST // 2, _LONGEST)
        cut = cut if cut > 0 else _LONGEST
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*pieces, sentence] if sentence else pieces
