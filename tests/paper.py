"""Documents made for tests: a small PDF writer, pictures without an imaging library, workbooks, e-mails."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from openpyxl import Workbook

HIGH = 792


@dataclass
class Sheet:
    """One page of letter paper; ``y`` counts from the top."""

    parts: list[str] = field(default_factory=list)
    picture: tuple[int, int, bytes] | None = None
    turn: int = 0

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 10,
        bold: bool = False,
        colour: tuple[float, ...] = (0, 0, 0),
        mode: int = 0,
        tilt: float = 0,
    ) -> Sheet:
        """Words with their baseline at ``y``; ``mode`` is the PDF's render mode."""
        raw = words.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
        red, green, blue = colour
        self.parts.append(
            f"BT {red} {green} {blue} rg {mode} Tr /F{2 if bold else 1} {size} Tf "
            f"{c:.5f} {s:.5f} {-s:.5f} {c:.5f} {x} {HIGH - y} Tm ({raw.decode('latin-1')}) Tj ET"
        )
        return self

    def box(
        self, x: float, y: float, wide: float, high: float, *, fill: tuple[float, ...] | None = None, line: float = 0.7
    ) -> Sheet:
        """A rectangle with its upper left corner at ``x``, ``y``."""
        if fill is not None:
            self.parts.append(f"q {fill[0]} {fill[1]} {fill[2]} rg {x} {HIGH - y - high} {wide} {high} re f Q")
        if line:
            self.parts.append(f"q {line} w {x} {HIGH - y - high} {wide} {high} re S Q")
        return self

    def grid(self, xs: Sequence[float], ys: Sequence[float]) -> Sheet:
        """Ruled columns and rows."""
        for y in ys:
            self.parts.append(f"q 0.7 w {xs[0]} {HIGH - y} m {xs[-1]} {HIGH - y} l S Q")
        for x in xs:
            self.parts.append(f"q 0.7 w {x} {HIGH - ys[0]} m {x} {HIGH - ys[-1]} l S Q")
        return self


def lines(sheet: Sheet, x: float, y: float, rows: Iterable[str], *, size: float = 10, step: float = 15) -> float:
    """Rows of text below each other; the next ``y``."""
    for row in rows:
        sheet.text(x, y, row, size=size)
        y += step
    return y


def pdf(*sheets: Sheet, locked: bool = False) -> bytes:
    """A PDF of the sheets; ``locked`` says that it needs a password that nobody has."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects += [
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for sheet in sheets:
        resources = "/Font << /F1 3 0 R /F2 4 0 R >>"
        content = "\n".join(sheet.parts)
        if sheet.picture:
            wide, high, pixels = sheet.picture
            packed = zlib.compress(pixels)
            objects.append(
                f"<< /Type /XObject /Subtype /Image /Width {wide} /Height {high} /ColorSpace /DeviceGray "
                f"/BitsPerComponent 8 /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode()
                + packed
                + b"\nendstream"
            )
            resources += f" /XObject << /Im {len(objects)} 0 R >>"
            content = f"q 612 0 0 792 0 0 cm /Im Do Q\n{content}"
        stream = content.encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate {sheet.turn} /Contents {len(objects)} 0 R "
            f"/Resources << {resources} >> >>".encode()
        )
        kids.append(len(objects))
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    out, places = io.BytesIO(b""), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    lock = f"/ID [<{'00' * 16}> <{'00' * 16}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >>"
    out.write(
        b"trailer\n<< /Size %d %s /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, lock.encode() if locked else b"", start)
    )
    return out.getvalue()


def photographed(
    data: bytes, number: int = 1, *, dpi: int = 150, tilt: float = 0, noise: float = 0, seed: int = 5, quarter: int = 0
) -> Any:
    """A page as a grey picture: tilted by degrees, noisy (standard deviation of 255), turned by quarters."""
    document = pdfium.PdfDocument(data)
    page = document[number - 1]
    pixels = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    pixels = np.array(pixels.reshape(pixels.shape[0], -1))
    document.close()
    if tilt:
        pixels = _tilted(pixels, tilt)
    if noise:
        grain = np.random.default_rng(seed).normal(0, noise, pixels.shape)
        pixels = np.clip(pixels.astype(float) * 0.93 + grain, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, quarter))


def scanned(*pictures: Any) -> bytes:
    """A PDF whose pages are only these pictures."""
    return pdf(*(Sheet(picture=(picture.shape[1], picture.shape[0], picture.tobytes())) for picture in pictures))


def png(pixels: Any) -> bytes:
    """A grey picture as PNG."""
    high, wide = pixels.shape
    rows = b"".join(b"\0" + pixels[row].tobytes() for row in range(high))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def workbook(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    """An XLSX of these rows by sheet."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def mail(subject: str, text: str, *, html: str | None = None, attachments: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """An e-mail with files."""
    message = EmailMessage()
    message["From"], message["To"] = "Dana Whitfield <dana.whitfield@example.com>", "desk@example.org"
    message["Subject"], message["Date"] = subject, "Mon, 05 Jan 2026 10:00:00 -0600"
    message["Message-ID"] = "<1@example.com>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def _tilted(pixels: Any, degrees: float) -> Any:
    """The picture turned about its middle on white, nearest pixel."""
    high, wide = pixels.shape
    angle = np.radians(degrees)
    ys, xs = np.mgrid[0:high, 0:wide]
    y, x = ys - high / 2, xs - wide / 2
    from_x = np.rint(np.cos(angle) * x + np.sin(angle) * y + wide / 2).astype(int)
    from_y = np.rint(-np.sin(angle) * x + np.cos(angle) * y + high / 2).astype(int)
    inside = (from_x >= 0) & (from_x < wide) & (from_y >= 0) & (from_y < high)
    turned = np.full_like(pixels, 255)
    turned[inside] = pixels[from_y[inside], from_x[inside]]
    return turned
