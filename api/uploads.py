"""A file in a request (the body itself, or the first file of a form), and the texts of a form."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP
from urllib.parse import unquote

from fastapi import Request

from api.errors import BadRequest

_NAMELESS = "document"
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
    raise BadRequest("the form holds no file; send one as a part with a filename, or send the file as the body")


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
    declared = Message()
    declared["content-type"] = content_type
    boundary = declared.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise BadRequest("the form has no boundary in its Content-Type; let your HTTP library set that header")
    delimiter = b"\r\n--" + boundary.encode("ascii", "replace")
    # RFC 2046, section 5.1.1: parts lie between delimiters that begin a line; two hyphens after the last one.
    for part in (b"\r\n" + body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        disposition = BytesHeaderParser(policy=HTTP).parsebytes(head + b"\r\n\r\n").get("content-disposition", "")
        yield str(disposition), content


def _name(disposition: str) -> str:
    header = Message()
    header["content-disposition"] = disposition
    given = header.get_filename()
    return unquote(given) if given else _NAMELESS
