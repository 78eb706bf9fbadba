"""What a file is, by its bytes."""

from __future__ import annotations

import io
import re
import struct

from domain.documents.page import Format
from integrations.documents.archive import check_archive
from integrations.documents.limits import Limits, refused
from integrations.leadfiles.encoding import decode
from integrations.leadfiles.records import layout_of, lines_of
from kernel.errors import Invalid

MIME = {
    Format.PDF: "application/pdf", Format.PNG: "image/png", Format.JPEG: "image/jpeg", Format.TIFF: "image/tiff",
    Format.EMAIL: "message/rfc822", Format.TEXT: "text/plain", Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
"""Media type of each format."""

ACCEPTED = "PDF, PNG, JPEG, TIFF, e-mail (.eml), text, CSV or XLSX"

_MAGIC = (
    ((b"\x89PNG\r\n\x1a\n",), Format.PNG),
    ((b"\xff\xd8\xff",), Format.JPEG),
    ((b"II*\0", b"MM\0*"), Format.TIFF),
)
_PDF_WITHIN = 1024  # ISO 32000 lets a header stand that far in; scanners put bytes of their own before it
_HEADERS = re.compile(
    rb"^(?:from|to|cc|subject|date|received|message-id|mime-version|return-path|content-type|reply-to|delivered-to|x-[\w-]+|"
    rb"dkim-signature|content-transfer-encoding|thread-topic|thread-index|sender|in-reply-to|references|bcc):", re.IGNORECASE,
)  # fmt: skip
_MAIL_NEEDS = re.compile(rb"^(?:from|received|message-id|mime-version|return-path):", re.IGNORECASE | re.MULTILINE)
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Office file, or an encrypted one", "save it as XLSX or PDF without a password"),
    (b"{\\rtf", "a rich text document", "save it as PDF"), (b"GIF8", "a GIF", "save it as PNG"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and send the files"), (b"Rar!", "an archive", "unpack it and send the files"),
    (b"7z\xbc\xaf", "an archive", "unpack it and send the files"), (b"MZ", "a program", "send a document"),
    (b"\x7fELF", "a program", "send a document"), (b"RIFF", "a WebP picture or a recording", "save it as PNG or JPEG"),
    (b"BM", "a bitmap", "save it as PNG"), (b"SQLite format 3", "a database", "export the table as CSV"),
)  # fmt: skip
_HEIC = re.compile(rb"^.{4}ftyp(?:heic|heix|mif1|msf1|hevc|avif)", re.DOTALL)
_MARKUP = re.compile(r"\s*(?:<\?xml|<!doctype|<html)", re.IGNORECASE)
_COLUMNS_OF_CSV = 2
_ROWS_OF_CSV = 2


def format_of(data: bytes, limits: Limits) -> Format:
    """The format of ``data``. Raises Invalid for an empty file, one over the limit, and formats that are not read."""
    if not data.strip():
        raise refused("empty_file", "the file is empty", f"send {ACCEPTED}")
    if len(data) > limits.bytes:
        message = f"the file has {len(data):,} bytes and {limits.bytes:,} are taken"
        raise refused("too_large", message, "send fewer pages, or scan them at 200 dots per inch")
    for magics, kind in _MAGIC:
        if data.startswith(magics):
            return kind
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return Format.PDF
    if data.startswith(b"PK\x03\x04"):
        return _packed(data, limits)
    if _HEIC.match(data):
        raise refused(
            "unsupported_type", "the file is a HEIC picture", "send it as JPEG: share it as 'most compatible'"
        )
    for magic, what, remedy in _FOREIGN:
        if data.startswith(magic):
            raise refused("unsupported_type", f"the file is {what}", remedy)
    return _text(data)


def pixels_of(data: bytes, kind: Format) -> int:
    """Width times height as the head of a picture states them, before anything is unpacked; 0 where it states none."""
    if kind is Format.PNG:
        width, height = struct.unpack(">II", data[16:24]) if len(data) >= 24 else (0, 0)  # noqa: PLR2004
        return int(width) * int(height)
    if kind is Format.JPEG:
        return _jpeg_pixels(data)
    return 0


def _jpeg_pixels(data: bytes) -> int:
    place = 2
    while place + 9 < len(data):
        if data[place] != 0xFF:  # noqa: PLR2004 - every segment begins so
            return 0
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004 - start of frame
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return int(width) * int(height)
        place += 2 + size
    return 0


def _packed(data: bytes, limits: Limits) -> Format:
    names = check_archive(io.BytesIO(data), len(data), limits)
    if "xl/workbook.xml" in names:
        return Format.XLSX
    if any(name.startswith("word/") for name in names):
        raise refused("unsupported_type", "the file is a Word document", "save it as PDF")
    if any(name.startswith("ppt/") for name in names):
        raise refused("unsupported_type", "the file is a presentation", "save it as PDF")
    if "xl/workbook.bin" in names:
        raise refused("unsupported_type", "the file is a binary workbook", "save it as XLSX")
    raise refused("unsupported_type", "the file is an archive", "unpack it and send the files one by one")


def _text(data: bytes) -> Format:
    if _is_mail(data):
        return Format.EMAIL
    try:
        text = decode(data).text
    except Invalid as problem:
        raise refused("unsupported_type", "the bytes are of no type that is read", f"send {ACCEPTED}") from problem
    if _MARKUP.match(text):
        raise refused("unsupported_type", "the file is HTML or XML", "save the page as PDF")
    return Format.CSV if _is_table(text) else Format.TEXT


def _is_mail(data: bytes) -> bool:
    head = data[:20_000].lstrip().replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    lines = [line for line in head.split(b"\n") if not line[:1].isspace()]
    known = sum(_HEADERS.match(line) is not None for line in lines)
    return known >= 3 and known == len(lines) and _MAIL_NEEDS.search(head) is not None  # noqa: PLR2004


def _is_table(text: str) -> bool:
    lines = [line for line in lines_of(text)[:50] if line.strip()]
    layout = layout_of(lines)
    counts = [line.count(layout.delimiter) for line in lines]
    if len(lines) < _ROWS_OF_CSV or (layout.delimiter == "|" and min(counts) == 0):
        return False
    usual = max(set(counts), key=counts.count)
    prose = sum(line.rstrip().endswith((".", ":")) for line in lines) > len(lines) / 4
    quoted = any('"' in line for line in lines)
    steady = counts.count(usual) >= len(counts) * (0.6 if quoted else 0.9)
    return usual >= _COLUMNS_OF_CSV - 1 and steady and not prose
