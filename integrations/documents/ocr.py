"""Words of pictures, by models that lie in the wheel: no network. Needs the extra ``ocr``."""

from __future__ import annotations

import importlib.util
import io
import logging
import math
from functools import cache
from typing import Any

from domain.documents.aligned import aligned_tables
from domain.documents.layout import in_reading_order, lines_of
from domain.documents.page import Format, Origin, Page, Word
from integrations.documents.limits import Limits, refused

INSTALL = "install it with make install-ocr"
DPI = 200
_LEAST = 0.5  # confidence of a line below which it is noise
_TURNED = math.radians(2)
_TALL = 1.5
_JUDGES = 9
_SURE_OF_TURN = 0.8
_POINTS = 72 / DPI


def ocr_installed() -> bool:
    """Whether pictures can be read here."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def read_picture(picture: Any, number: int) -> Page:
    """A grey or coloured picture (height, width[, 3]) as a page of words, in points at 200 dots per inch.

    A picture that is turned by a quarter or half, or tilted, is put upright first.
    """
    boxes = _recognised(picture)
    angle = _angle(boxes)
    if abs(angle) > _TURNED:
        picture = _turned(picture, angle)
        boxes = []
    if _upside_down(picture, boxes or _located(picture)):
        picture = picture[::-1, ::-1].copy()
        boxes = []
    boxes = boxes or _recognised(picture)
    words = [word for box in boxes for word in _words(box)]
    height, width = picture.shape[:2]
    lines = in_reading_order(lines_of(words, gap=1.2), width * _POINTS)
    return Page(
        number, tuple(lines), tuple(aligned_tables(lines)), width * _POINTS, height * _POINTS, None, Origin.OCR
    )  # fmt: skip


def frames_of(data: bytes, kind: Format, limits: Limits) -> list[Any]:
    """The pictures of an image file (a TIFF may hold several), upright by their own statement. Raises Invalid where the file
    is damaged or has too many pixels.
    """
    import numpy as np  # noqa: PLC0415 - only with the extra
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = limits.pixels
    frames: list[Any] = []
    try:
        with Image.open(io.BytesIO(data), formats=(kind.value.upper(),)) as image:
            for frame in ImageSequence.Iterator(image):
                if len(frames) >= limits.pages:
                    break
                if frame.width * frame.height > limits.pixels:
                    raise refused("too_many_pixels", "the picture has too many pixels", "send it smaller")
                upright = ImageOps.exif_transpose(frame.convert("RGB"))
                frames.append(np.asarray(upright)[:, :, ::-1].copy())
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise refused("broken_file", "the picture is damaged or too large", "save it anew as PNG or JPEG") from problem
    return frames


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 - half a gigabyte, only when a picture comes

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(params={
        "Global.log_level": "error", "Global.text_score": _LEAST, "Global.max_side_len": 2400,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    })  # fmt: skip


class _Box:
    """A line of text as found: its corners (clockwise from the upper left), its words, how sure."""

    def __init__(self, corners: Any, text: str, score: float) -> None:
        self.corners = [(float(x), float(y)) for x, y in corners]
        self.text = text
        self.score = score

    @property
    def width(self) -> float:
        """Length of the upper side."""
        (x0, y0), (x1, y1) = self.corners[0], self.corners[1]
        return math.hypot(x1 - x0, y1 - y0)

    @property
    def angle(self) -> float:
        """How far the upper side falls to the right, in radians."""
        (x0, y0), (x1, y1) = self.corners[0], self.corners[1]
        return math.atan2(y1 - y0, x1 - x0)


def _recognised(picture: Any) -> list[_Box]:
    result = _engine()(picture, use_det=True, use_cls=True, use_rec=True)
    if getattr(result, "boxes", None) is None or not result.txts:
        return []
    return [_Box(*parts) for parts in zip(result.boxes, result.txts, result.scores, strict=True) if parts[1].strip()]


def _located(picture: Any) -> list[_Box]:
    """Where lines are, without reading them."""
    result = _engine()(picture, use_det=True, use_cls=False, use_rec=False)
    boxes = getattr(result, "boxes", None)
    return [] if boxes is None else [_Box(corners, "line", 1.0) for corners in boxes]


def _upside_down(picture: Any, boxes: list[_Box]) -> bool:
    """Whether most of the widest lines stand on their heads; each is read upright all the same, but their order is not."""
    widest = sorted((box for box in boxes if not _stands(box)), key=lambda box: -box.width)[:_JUDGES]
    votes = [vote for box in widest if (vote := _half_turned(picture, box)) is not None]
    return sum(votes) * 2 > len(votes)


def _half_turned(picture: Any, box: _Box) -> bool | None:
    xs, ys = [int(x) for x, _ in box.corners], [int(y) for _, y in box.corners]
    crop = picture[max(0, min(ys)) : max(ys) + 1, max(0, min(xs)) : max(xs) + 1]
    if not crop.size:
        return None
    result = _engine()(crop, use_det=False, use_cls=True, use_rec=False)
    said = getattr(result, "cls_res", None)
    return bool(said and said[0][0] == "180" and said[0][1] > _SURE_OF_TURN) if said else None


def _angle(boxes: list[_Box]) -> float:
    """The angle of most of the text; the quarter turn where most lines stand upright."""
    long = sorted((box for box in boxes if len(box.text) >= 4), key=lambda box: -len(box.text))[:40]  # noqa: PLR2004
    if not long:
        return 0.0
    upright = sum(_stands(box) for box in long)
    if upright > len(long) / 2:
        return math.pi / 2
    angles = sorted(box.angle for box in long if not _stands(box))
    return angles[len(angles) // 2]


def _stands(box: _Box) -> bool:
    xs, ys = [x for x, _ in box.corners], [y for _, y in box.corners]
    return max(ys) - min(ys) > _TALL * (max(xs) - min(xs))


def _turned(picture: Any, angle: float) -> Any:
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    image = Image.fromarray(picture[:, :, ::-1] if picture.ndim == 3 else picture)  # noqa: PLR2004
    white = 255 if picture.ndim == 2 else (255, 255, 255)  # noqa: PLR2004
    turned = image.rotate(math.degrees(angle), expand=True, fillcolor=white, resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(turned)
    return pixels[:, :, ::-1].copy() if pixels.ndim == 3 else pixels  # noqa: PLR2004


def _words(box: _Box) -> list[Word]:
    """Words of a line, its width shared among them by their letters."""
    xs, ys = [x for x, _ in box.corners], [y for _, y in box.corners]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    text = box.text.strip()
    step = (right - left) / max(1, len(text))
    found, place = [], 0
    for word in text.split():
        place = text.index(word, place)
        start, end = left + place * step, left + (place + len(word)) * step
        found.append(Word(word, start * _POINTS, top * _POINTS, end * _POINTS, bottom * _POINTS, round(box.score, 4)))
        place += len(word)
    return found
