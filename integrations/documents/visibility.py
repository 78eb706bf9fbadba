"""Which words of a PDF page a person can see.

The page is rendered twice, with its text and without. Where the two pictures are alike, the word leaves no mark; where
the colour of the text is that of the background under it, the mark cannot be read. So white on white, text behind a
picture, clipped text and hidden layers are found by what they have in common rather than one by one.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw

from domain.documents.page import Word

_SCALE = 1.5
_SMALLEST = 3.0  # points of height of the whole type; 6-point print has 6.9
_FAINT = 30  # of 255, largest difference among red, green and blue
_CLEAR = 26  # alpha of 255
_CHANGED = 12
_INVISIBLE_MODES = frozenset((3, 7))  # neither fill nor stroke; clip only (ISO 32000-1, table 106)
_UNFILLED_MODES = frozenset((1, 5))
_MOST_PIXELS = 12_000_000
_DEEP = 6


@dataclass(slots=True)
class Glyphs:
    """A word, the text page and index of its first character, and the ``reason`` why it cannot be seen (empty: it can)."""

    word: Word
    text: pdfium.PdfTextPage
    index: int
    reason: str = ""


class Visibility:
    """Judges every word of a page and writes the reason on it. ``pictured`` is the share of the page that pictures cover."""

    def __init__(self, page: pdfium.PdfPage, glyphs: list[Glyphs]) -> None:
        self.width, self.height = page.get_size()
        self.pictured = _pictured(page, self.width * self.height)
        suspects = [glyph for glyph in glyphs if not self._plainly(glyph)]
        if suspects:
            self._by_pictures(page, suspects)

    def _plainly(self, glyph: Glyphs) -> bool:
        """Settles what needs no picture."""
        word = glyph.word
        outside = word.right <= 0 or word.bottom <= 0 or word.left >= self.width or word.top >= self.height
        item = raw.FPDFText_GetTextObject(glyph.text, glyph.index)
        mode = raw.FPDFTextObj_GetTextRenderMode(item) if item else 0
        if outside:
            glyph.reason = "outside the page"
        elif mode in _INVISIBLE_MODES:
            glyph.reason = "invisible ink"
        elif word.height < _SMALLEST:
            glyph.reason = "too small to read"
        elif _colour(glyph, stroke=mode in _UNFILLED_MODES)[3] < _CLEAR:
            glyph.reason = "transparent"
        return bool(glyph.reason)

    def _by_pictures(self, page: pdfium.PdfPage, glyphs: list[Glyphs]) -> None:
        scale = min(_SCALE, (_MOST_PIXELS / max(1.0, self.width * self.height)) ** 0.5)
        colours = [_colour(glyph, stroke=_mode(glyph) in _UNFILLED_MODES) for glyph in glyphs]
        with_text = _render(page, scale)
        changed = list(page.get_objects(filter=(raw.FPDF_PAGEOBJ_TEXT,), max_depth=_DEEP))
        before = [raw.FPDFTextObj_GetTextRenderMode(item) for item in changed]
        for item in changed:
            raw.FPDFTextObj_SetTextRenderMode(item, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
        without = _render(page, scale)
        for item, mode in zip(changed, before, strict=True):
            raw.FPDFTextObj_SetTextRenderMode(item, mode)
        for glyph, colour in zip(glyphs, colours, strict=True):
            box = _pixels(glyph.word, scale, with_text.shape)
            ground, seen = without[box], with_text[box]
            if not ground.size:
                glyph.reason = "outside the page"
                continue
            difference = np.abs(ground.astype(np.int16) - seen.astype(np.int16)).max(axis=2)
            if int(difference.max()) < _CHANGED:
                glyph.reason = "covered or in the colour of its background"
            else:
                local = np.median(ground.reshape(-1, 3), axis=0)
                if float(np.abs(local - np.asarray(colour[:3])).max()) < _FAINT:
                    glyph.reason = "in the colour of its background"


def _render(page: pdfium.PdfPage, scale: float) -> Any:
    picture = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False, no_smoothtext=False)
    pixels = picture.to_numpy()
    return np.array(pixels[:, :, :3] if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2))  # noqa: PLR2004


def _pixels(word: Word, scale: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    top, bottom = max(0, int(word.top * scale)), min(shape[0], int(word.bottom * scale) + 1)
    left, right = max(0, int(word.left * scale)), min(shape[1], int(word.right * scale) + 1)
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def _mode(glyph: Glyphs) -> int:
    item = raw.FPDFText_GetTextObject(glyph.text, glyph.index)
    return int(raw.FPDFTextObj_GetTextRenderMode(item)) if item else 0


def _colour(glyph: Glyphs, *, stroke: bool) -> tuple[int, int, int, int]:
    parts = [ctypes.c_uint() for _ in range(4)]
    read = raw.FPDFText_GetStrokeColor if stroke else raw.FPDFText_GetFillColor
    if not read(glyph.text, glyph.index, *(ctypes.byref(part) for part in parts)):
        return 0, 0, 0, 255
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _pictured(page: pdfium.PdfPage, area: float) -> float:
    covered = 0.0
    for item in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=_DEEP):
        left, bottom, right, top = item.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return min(1.0, covered / area) if area else 0.0
