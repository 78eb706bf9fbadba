"""Which characters the bytes of a text file stand for. Unicode marks and strict UTF-8 first, then Windows-1252."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from integrations.leadfiles.table import refused
from kernel.errors import FieldError

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
_CHUNK = 1 << 20
_REST = "leadwright-cp1252"
_NUL_SHARE_OF_WIDE = 0.2
_MANY_FOREIGN = 0.3
_MANY_CONTROLS = 0.01

Opener = Callable[[], BinaryIO]
"""Opens a file from its beginning; each call is a reading of its own."""


class Decoded(NamedTuple):
    """The text without its byte order mark, the name of its encoding, and what was odd."""

    text: str
    encoding: str
    problems: tuple[FieldError, ...]


class Chosen(NamedTuple):
    """How a file becomes text: the encoding as it is shown, the codec and its way with errors, and how long its mark is."""

    encoding: str
    codec: str
    errors: str
    skip: int
    problems: tuple[FieldError, ...]

    def text(self, file: BinaryIO) -> io.TextIOWrapper:
        """``file`` as text from behind the mark, with line ends as they stand in it."""
        file.seek(self.skip)
        return io.TextIOWrapper(file, encoding=self.codec, errors=self.errors, newline="")


def decode(data: bytes) -> Decoded:
    """The text of a file; raises :class:`kernel.errors.Invalid` where it is another format, binary, or empty."""
    chosen = choose_encoding(lambda: io.BytesIO(data))
    with chosen.text(io.BytesIO(data)) as text:
        return Decoded(text.read().replace("\0", ""), chosen.encoding, chosen.problems)


def choose_encoding(source: Opener, *, declared: str | None = None) -> Chosen:
    """Settle the encoding of a file by reading it through once, a part at a time.

    ``declared`` is what the file itself names, for example in an XML declaration; it counts where the bytes do not say more.
    Raises :class:`kernel.errors.Invalid` where the file is another format, binary, or empty.
    """
    with source() as file:
        head = file.read(_SAMPLE)
    if not any(part.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe") for part in _parts(source)):
        raise refused("empty_file", "the file is empty", "send a file with a header and a row for each lead")
    for magic, what, remedy in _FOREIGN_FORMATS:
        if head.startswith(magic):
            raise refused("not_csv", f"this is {what} and not CSV", remedy)
    chosen = _chosen(source, head, declared)
    with chosen.text(source()) as text:
        sample = text.read(_SAMPLE)
        nuls = sample.count("\0") + sum(part.count("\0") for part in iter(lambda: text.read(_CHUNK), ""))
    if nuls:
        fault = FieldError("file", "nul_characters", f"{nuls} NUL characters were left out", "export the file again")
        chosen = chosen._replace(problems=(*chosen.problems, fault))
    sample = sample.replace("\0", "")
    controls = sum(1 for char in sample if (char < " " and char not in "\t\r\n\f\v") or char == "\ufffd")
    if controls > max(1, len(sample) * _MANY_CONTROLS):
        raise refused("not_csv", "the file is binary and not CSV", "save the table as CSV UTF-8")
    return chosen


def _parts(source: Opener, skip: int = 0) -> Iterator[bytes]:
    with source() as file:
        file.seek(skip)
        while part := file.read(_CHUNK):
            yield part


def _chosen(source: Opener, head: bytes, declared: str | None) -> Chosen:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _marked(source, len(mark), encoding)
    if b"\0" in head and (wide := _wide(source, head)):
        return Chosen(wide, wide, "strict", 0, ())
    if _decodes(source, "utf-8"):
        return Chosen("utf-8", "utf-8", "strict", 0, ())
    return _narrow(source, head, declared)


def _marked(source: Opener, skip: int, encoding: str) -> Chosen:
    if _decodes(source, encoding, skip):
        return Chosen(encoding, encoding, "strict", skip, ())
    broken = FieldError("file", "broken_characters", f"some bytes are not {encoding}", "export the file again as UTF-8")
    return Chosen(encoding, encoding, _REST if encoding == "utf-8" else "replace", skip, (broken,))


def _wide(source: Opener, sample: bytes) -> str | None:
    # UTF-16 without a mark. Latin text has a NUL in every other byte; other scripts at least at delimiters and line ends.
    little, big = sample[1::2].count(0), sample[0::2].count(0)
    likely = "utf-16-le" if little >= big else "utf-16-be"
    if max(little, big) * 2 / len(sample) < _NUL_SHARE_OF_WIDE and _decodes(source, "utf-8"):
        return None
    return likely if _decodes(source, likely) and _readable(sample.decode(likely, "ignore")) else None


def _readable(sample: str) -> bool:
    # Bytes of another encoding read as UTF-16 give no delimiters and line ends, but NULs and private characters.
    return any(char in ",;\t|\r\n" for char in sample) and "\0" not in sample


def _decodes(source: Opener, encoding: str, skip: int = 0) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for part in _parts(source, skip):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _narrow(source: Opener, head: bytes, declared: str | None) -> Chosen:
    # Not UTF-8 as a whole. Files glued together are UTF-8 in some places and Windows-1252 in others.
    if declared and _known(declared) and _decodes(source, declared):
        return Chosen(declared.lower(), declared, "strict", 0, ())
    if _partly_utf8(source):
        mixed = FieldError(
            "file", "mixed_encodings", "lines of two encodings stand in one file; each was read by its own",
            "export the whole file as UTF-8",
        )  # fmt: skip
        return Chosen("utf-8+cp1252", "utf-8", _REST, 0, (mixed,))
    high = sum(byte > 0x7F for byte in head)  # noqa: PLR2004 - above ASCII
    letters = high + sum(chr(byte).isalpha() for byte in head if byte < 0x80)  # noqa: PLR2004
    if _decodes(source, "cp1252") and high <= letters * _MANY_FOREIGN:
        return Chosen("cp1252", "cp1252", "strict", 0, ())
    best = from_bytes(head).best()
    guessed = best.encoding if best else "cp1252"
    doubt = FieldError(
        "file", "encoding_guessed", f"the encoding is not stated; {guessed} fits best", "export the file as UTF-8"
    )  # fmt: skip
    return Chosen(guessed, guessed, "replace", 0, (doubt,))


def _known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding)._is_text_encoding  # noqa: SLF001 - what open() asks too: no rot13, no zlib
    except LookupError:
        return False


def _partly_utf8(source: Opener) -> bool:
    """Whether some line that is not ASCII is UTF-8. A line over the size of a part is judged part by part."""
    with source() as file:
        while line := file.readline(_CHUNK):
            if not line.isascii() and _is_utf8(line):
                return True
    return False


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _as_cp1252(problem: UnicodeError) -> tuple[str, int]:
    assert isinstance(problem, UnicodeDecodeError)
    return problem.object[problem.start : problem.end].decode("cp1252", errors="replace"), problem.end


codecs.register_error(_REST, _as_cp1252)
