"""A file in a request (the body itself, or the first file of a form), and the texts of a form."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from fastapi import Request

from api.errors import BadRequest

_NO_FILE = "the form holds no file; send one as a part with a filename, or send the file as the body"
_NAMELESS = "document"
_FIELD_BYTES = 65_536
_HEAD_BYTES = 16_384
_FIELDS = 20
_MULTIPART = "multipart/form-data"


async def read_upload(request: Request) -> tuple[str, bytes]:
    """The name and bytes of the file that was sent. Raises BadRequest for a form without a file, TooLarge over the limit.

    A raw body is named by ``Content-Disposition: attachment; filename="..."`` (RFC 6266; ``filename*`` too). The declared
    media type is not believed: the bytes say what they are.
    """
    content_type = request.headers.get("content-type", "")
    body = await request.body()
    if media_type(content_type) != _MULTIPART:
        return _name(request.headers.get("content-disposition", "")), body
    for disposition, content in parts_of(body, content_type):
        if "filename" in disposition:
            return _name(disposition), content
    raise BadRequest(_NO_FILE)


@dataclass(slots=True)
class Streamed:
    """A file that was written to disk as it came: its name (empty where none was given) and the other fields of its form."""

    name: str = ""
    found: bool = False
    fields: dict[str, str] = field(default_factory=dict)


async def stream_upload(request: Request, path: Path) -> Streamed:
    """Write the file of a request to ``path``, a part at a time: the body itself, or the first file of a form.

    Raises BadRequest for a form without a file or with a part that cannot be read, TooLarge over the limit.
    """
    content_type = request.headers.get("content-type", "")
    boundary = _boundary(content_type) if media_type(content_type) == _MULTIPART else None
    with path.open("wb") as target:
        if boundary is None:
            async for chunk in request.stream():
                await asyncio.to_thread(target.write, chunk)
            return Streamed(_given_name(request.headers.get("content-disposition", "")), found=True)
        form = _Form(boundary, target)
        async for chunk in request.stream():
            await asyncio.to_thread(form.feed, chunk)
    if not form.read.found:
        raise BadRequest(_NO_FILE)
    if not form.ended:
        raise BadRequest("the form breaks off before its end; send it again")
    return form.read


class _Form:
    """A form read a part at a time (RFC 2046, section 5.1.1; RFC 7578): its first file goes to ``target``."""

    def __init__(self, boundary: bytes, target: BinaryIO) -> None:
        self.read = Streamed()
        self.ended = False
        self._mark = b"\r\n--" + boundary
        self._target = target
        self._held = b"\r\n"  # so that the first delimiter looks like every other
        self._sink: BinaryIO | None = None
        self._field: str | None = None
        self._in_head = False

    def feed(self, chunk: bytes) -> None:
        """Take in the next part of the body."""
        self._held += chunk
        while not self.ended and (self._read_head() if self._in_head else self._read_content()):
            pass

    def _read_content(self) -> bool:
        """Hand on what belongs to the part at hand; True where a delimiter ended it."""
        place = self._held.find(self._mark)
        if place < 0:
            keep = len(self._mark) + 2
            self._hand_on(self._held[:-keep])
            self._held = self._held[-keep:]
            return False
        if len(self._held) < place + len(self._mark) + 2:
            return False
        self._hand_on(self._held[:place])
        behind = self._held[place + len(self._mark) :]
        if self._field is not None and self._sink is not None:
            self.read.fields[self._field] = self._text(self._sink)
        self._sink, self._field = None, None
        self.ended, self._in_head, self._held = behind.startswith(b"--"), True, behind
        return True

    def _read_head(self) -> bool:
        """Read what stands above a part's content; False while it has not all come."""
        head, found, content = self._held.lstrip(b" \t").partition(b"\r\n\r\n")
        if not found:
            if len(self._held) > _HEAD_BYTES:
                raise BadRequest("a part of the form has no end of its headers")
            return False
        text = head.removeprefix(b"\r\n") + b"\r\n\r\n"
        disposition = str(BytesHeaderParser(policy=HTTP).parsebytes(text).get("content-disposition", ""))
        parsed = Message()
        parsed["content-disposition"] = disposition
        self._in_head, self._held = False, content
        if parsed.get_filename() is not None or "filename" in disposition:
            if not self.read.found:
                self.read.found, self.read.name, self._sink = True, _given_name(disposition), self._target
        elif isinstance(name := parsed.get_param("name", header="content-disposition"), str):
            if len(self.read.fields) >= _FIELDS:
                raise BadRequest(f"the form has more than {_FIELDS} fields")
            self._field, self._sink = name, io.BytesIO()
        return True

    def _hand_on(self, data: bytes) -> None:
        if self._sink is None or not data:
            return
        if self._field is not None and self._sink.tell() + len(data) > _FIELD_BYTES:
            raise BadRequest(f"a field of the form has more than {_FIELD_BYTES} bytes")
        self._sink.write(data)

    @staticmethod
    def _text(sink: BinaryIO) -> str:
        sink.seek(0)
        try:
            return sink.read().decode("utf-8")
        except UnicodeDecodeError as problem:
            raise BadRequest("a field of the form is not UTF-8 text") from problem


def read_texts(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Name and text of each field of a multipart form (RFC 7578), in their order; files are left out.

    Raises BadRequest for text that is not UTF-8 or holds U+0000.
    """
    found = []
    for disposition, content in parts_of(body, content_type):
        header = Message()
        header["content-disposition"] = disposition
        name = header.get_param("name", header="content-disposition")
        if not isinstance(name, str) or "filename" in disposition:
            continue
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise BadRequest("a field of the form is not UTF-8 text") from problem
        if "\0" in text + name:
            raise BadRequest("a field of the form contains the character U+0000")
        found.append((name, text))
    return found


def media_type(content_type: str) -> str:
    """The media type that the header declares, in lower case, without its parameters."""
    declared = Message()
    declared["content-type"] = content_type
    return declared.get_content_type()


def parts_of(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """The Content-Disposition and content of each part. Raises BadRequest where the header names no boundary."""
    delimiter = b"\r\n--" + _boundary(content_type)
    # RFC 2046, section 5.1.1: parts lie between delimiters that begin a line; two hyphens after the last one.
    for part in (b"\r\n" + body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        disposition = BytesHeaderParser(policy=HTTP).parsebytes(head + b"\r\n\r\n").get("content-disposition", "")
        yield str(disposition), content


def _boundary(content_type: str) -> bytes:
    declared = Message()
    declared["content-type"] = content_type
    boundary = declared.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise BadRequest("the form has no boundary in its Content-Type; let your HTTP library set that header")
    return boundary.encode("ascii", "replace")


def _name(disposition: str) -> str:
    return _given_name(disposition) or _NAMELESS


def _given_name(disposition: str) -> str:
    header = Message()
    header["content-disposition"] = disposition
    return unquote(header.get_filename() or "")
