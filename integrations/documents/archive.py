"""Whether a packed file (ZIP, and what is built on it) may be unpacked at all, by its directory and the head of each part."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import BinaryIO

from integrations.documents.limits import Limits, refused

_HEAD = 65_536
_DECLARES = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ROOT = re.compile(r"<[A-Za-z_]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_archive(file: BinaryIO, size: int, limits: Limits) -> set[str]:
    """The names in a packed file of ``size`` bytes. Raises Invalid for a damaged one, and for one that unpacks to too much."""
    try:
        with zipfile.ZipFile(file) as packed:
            items = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as problem:
        raise refused(
            "broken_file", "the file is a damaged archive or workbook", "save it again and resend"
        ) from problem
    unpacked = sum(item.file_size for item in items)
    if unpacked > limits.unpacked or unpacked > limits.ratio * max(size, 10_000):
        message = f"the file unpacks to {unpacked:,} bytes, too many for its size"
        raise refused("zip_bomb", message, "save the workbook anew without empty formatted cells")
    return {item.filename for item in items}


def check_parts(file: BinaryIO, limits: Limits) -> None:
    """Raise Invalid where a part is too large, or an XML part declares a document type.

    No workbook needs one; those that have one want to make the parser work.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            for item in packed.infolist():
                if item.file_size > limits.part and not item.filename.startswith("xl/media/"):
                    raise refused("zip_bomb", "a part of the workbook unpacks to too many bytes", "send fewer rows")
                if item.filename.lower().endswith((".xml", ".rels")):
                    with packed.open(item) as part:
                        head = part.read(_HEAD)
                    if _declares(head, whole=item.file_size <= _HEAD):
                        raise refused("broken_file", "the workbook declares XML entities", "open it and save it anew")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as problem:
        raise refused("broken_file", "the workbook is damaged", "open it and save it anew") from problem


def _declares(head: bytes, *, whole: bool) -> bool:
    # A document type stands before the root element; one hidden behind a long comment, or in UTF-16, counts too.
    text = head.decode("utf-16" if head.startswith(_UTF16) else "utf-8", "replace")
    if "\0" in text:
        return True
    root = _ROOT.search(text)
    return _DECLARES.search(text, 0, root.start() if root else len(text)) is not None or (root is None and not whole)
