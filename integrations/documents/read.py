"""Bytes to a reading, in this process. The service calls it through :mod:`integrations.documents.process`."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from domain.documents.page import Attachment, Format, Note, Page, Reading
from integrations.documents import ocr
from integrations.documents.limits import Limits, refused
from integrations.documents.mail import Enclosed, read_mail
from integrations.documents.plain import read_delimited, read_text
from integrations.documents.sniff import format_of, pixels_of
from integrations.documents.spreadsheet import read_workbook
from kernel.errors import Invalid

PICTURES = frozenset((Format.PNG, Format.JPEG, Format.TIFF))


def read_document(data: bytes, name: str, limits: Limits, *, with_ocr: bool, deep: int = 0) -> Reading:
    """Read ``data`` by what it is. Pages that are pictures are recognised with ``with_ocr``; without it, or where the extra is
    not installed, they come back empty and marked. Raises Invalid with a remedy for what cannot be read.
    """
    kind = format_of(data, limits)
    attachments: tuple[Attachment, ...] = ()
    if kind is Format.PDF:
        pages, notes = _pdf(data, limits, with_ocr=with_ocr)
    elif kind in PICTURES:
        pages, notes = _picture(data, kind, limits, with_ocr=with_ocr)
    elif kind is Format.XLSX:
        pages, notes = read_workbook(data, limits)
    elif kind is Format.CSV:
        pages, notes = read_delimited(data, limits)
    elif kind is Format.EMAIL:
        pages, notes, enclosed = read_mail(data, limits)
        attachments = tuple(_attached(item, limits, with_ocr=with_ocr, deep=deep + 1) for item in enclosed)
    else:
        pages, notes = read_text(data, limits)
    reading = Reading(name, kind, tuple(pages), tuple(notes), attachments)
    if reading.needs_ocr and not ocr.ocr_installed():
        which = ", ".join(str(number) for number in reading.needs_ocr[:10])
        message = f"page {which} is a picture of text and needs OCR; {ocr.INSTALL}"
        reading = replace(reading, notes=(*reading.notes, Note("needs_ocr", message, reading.needs_ocr[0])))
    return reading


def _pdf(data: bytes, limits: Limits, *, with_ocr: bool) -> tuple[list[Page], list[Note]]:
    from integrations.documents.pdf import read_pdf, render  # noqa: PLC0415 - PDFium loads only for a PDF

    pages, notes = read_pdf(data, limits)
    if with_ocr and ocr.ocr_installed():
        pages = [
            replace(ocr.read_picture(render(data, page.number, ocr.DPI, limits), page.number), hidden=page.hidden)
            if page.picture
            else page
            for page in pages
        ]
    return pages, notes


def _picture(data: bytes, kind: Format, limits: Limits, *, with_ocr: bool) -> tuple[list[Page], list[Note]]:
    if pixels_of(data, kind) > limits.pixels:
        raise refused("too_many_pixels", f"the picture has more than {limits.pixels:,} pixels", "send it smaller")
    if not (with_ocr and ocr.ocr_installed()):
        return [Page(1, (), picture=True)], []
    frames = ocr.frames_of(data, kind, limits)
    return [ocr.read_picture(frame, number) for number, frame in enumerate(frames, 1)], []


def _attached(item: Enclosed, limits: Limits, *, with_ocr: bool, deep: int) -> Attachment:
    sha256 = hashlib.sha256(item.data).hexdigest()
    if deep > limits.deep:
        return Attachment(item.name, sha256, len(item.data), None, "it lies too deep inside other messages")
    try:
        reading = read_document(item.data, item.name, limits, with_ocr=with_ocr, deep=deep)
    except Invalid as problem:
        return Attachment(item.name, sha256, len(item.data), None, problem.detail)
    return Attachment(item.name, sha256, len(item.data), reading)
