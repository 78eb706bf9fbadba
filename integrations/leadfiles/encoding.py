"""Which characters the bytes of a text file stand for. Unicode marks and strict UTF-8 first, then Windows-1252."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from charset_normalizer import from_bytes

from kernel.errors import FieldError, Invalid

# Longest first: the mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_FOREIGN_FORMATS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "open it and save as CSV, or send the workbook as .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save it as CSV UTF-8"),
    (b"%PDF", "a PDF", "send the table it was made from as CSV"), (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"\x89PNG", "an image", "send the table as CSV"), (b"\xff\xd8\xff", "an image", "send the table as CSV"),
    (b"GIF8", "an image", "send the table as CSV"), (b"SQLite format 3", "a database", "export the table as CSV"),
    (b"PAR1", "a Parquet file", "export it as CSV"), (b"{\\rtf", "a rich text document", "save it as CSV or plain text"),
)  # fmt: skip
_SAMPLE = 65_536
_NUL_SHARE_OF_WIDE = 0.2
_MANY_FOREIGN = 0.3
_MANY_CONTROLS = 0.01


class Decoded(NamedTuple):
    """The text without its byte order mark, the name of its encoding, and what was odd."""

    text: str
    encoding: str
    problems: tuple[FieldError, ...]


def decode(data: bytes) -> Decoded:
    """The text of a file; raises :class:`kernel.errors.Invalid` where it is another format, binary, or empty."""
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise _refused("empty_file", "the file is empty", "send a file with a header and a row for each lead")
    for magic, what, remedy in _FOREIGN_FORMATS:
        if data.startswith(magic):
            raise _refused("not_csv", f"this is {what} and not CSV", remedy)
    text, encoding, problems = _text(data)
    if "\0" in text:
        problems.append(
            FieldError(
                "file", "nul_characters", f"{text.count(chr(0))} NUL characters were left out", "export the file again"
            )
        )
        text = text.replace("\0", "")
    sample = text[:_SAMPLE]
    controls = sum(1 for char in sample if (char < " " and char not in "\t\r\n\f\v") or char == "\ufffd")
    if controls > max(1, len(sample) * _MANY_CONTROLS):
        raise _refused("not_csv", "the file is binary and not CSV", "save the table as CSV UTF-8")
    return Decoded(text, encoding, tuple(problems))


def _refused(code: str, message: str, remedy: str) -> Invalid:
    return Invalid(f"{message}: {remedy}", fields=(FieldError("file", code, message, remedy),))


def _text(data: bytes) -> tuple[str, str, list[FieldError]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding)
    if b"\0" in data and (wide := _wide(data)):
        return data.decode(wide), wide, []
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        return _narrow(data)


def _marked(body: bytes, encoding: str) -> tuple[str, str, list[FieldError]]:
    try:
        return body.decode(encoding), encoding, []
    except UnicodeDecodeError:
        broken = FieldError(
            "file", "broken_characters", f"some bytes are not {encoding}", "export the file again as UTF-8"
        )
        if encoding == "utf-8":
            text, _, _ = _narrow(body)
            return text, encoding, [broken]
        return body.decode(encoding, errors="replace"), encoding, [broken]


def _wide(data: bytes) -> str | None:
    # UTF-16 without a mark. Latin text has a NUL in every other byte; other scripts at least at delimiters and line ends.
    if len(data) % 2:
        return None
    sample = data[:_SAMPLE]
    little, big = sample[1::2].count(0), sample[0::2].count(0)
    likely = "utf-16-le" if little >= big else "utf-16-be"
    if max(little, big) * 2 / len(sample) < _NUL_SHARE_OF_WIDE and _decodes(data, "utf-8"):
        return None
    return likely if _decodes(data, likely) and _readable(data.decode(likely)) else None


def _readable(text: str) -> bool:
    # Bytes of another encoding read as UTF-16 give no delimiters and line ends, but NULs and private characters.
    sample = text[:_SAMPLE]
    return any(char in ",;\t|\r\n" for char in sample) and "\0" not in sample


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _narrow(data: bytes) -> tuple[str, str, list[FieldError]]:
    # Not UTF-8 as a whole. Files glued together are UTF-8 in some lines and Windows-1252 in others.
    lines = data.split(b"\n")
    accented = [line for line in lines if not line.isascii()]
    if any(_decodes(line, "utf-8") for line in accented):
        text = "\n".join(_line(line) for line in lines)
        mixed = FieldError(
            "file", "mixed_encodings", "lines of two encodings stand in one file; each was read by its own",
            "export the whole file as UTF-8",
        )  # fmt: skip
        return text, "utf-8+cp1252", [mixed]
    return _single(data)


def _line(line: bytes) -> str:
    return line.decode("utf-8") if _decodes(line, "utf-8") else line.decode("cp1252", errors="replace")


def _single(data: bytes) -> tuple[str, str, list[FieldError]]:
    high = sum(byte > 0x7F for byte in data[:_SAMPLE])  # noqa: PLR2004 - above ASCII
    letters = high + sum(chr(byte).isalpha() for byte in data[:_SAMPLE] if byte < 0x80)  # noqa: PLR2004
    if _decodes(data, "cp1252") and high <= letters * _MANY_FOREIGN:
        return data.decode("cp1252"), "cp1252", []
    best = from_bytes(data[:_SAMPLE]).best()
    guessed = best.encoding if best else "cp1252"
    doubt = FieldError(
        "file", "encoding_guessed", f"the encoding is not stated; {guessed} fits best", "export the file as UTF-8"
    )  # fmt: skip
    return data.decode(guessed, errors="replace"), guessed, [doubt]
