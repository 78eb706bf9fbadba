"""A file in a request: the body itself, or the first file of a form."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP
from urllib.parse import unquote

from fastapi import Request

from api.errors import BadRequest

_NAMELESS = "document"


async def read_upload(request: Request) -> tuple[str, bytes]:
    """The name and bytes of the file that was sent. Raises BadRequest for a form without a file, TooLarge over the limit.

    A raw body is named by ``Content-Disposition: attachment; filename="..."`` (RFC 6266; ``filename*`` too). The declared
    media type is not believed: the bytes say what they are.
    """
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "")
    body = await request.body()
    if declared.get_content_type() != "multipart/form-data":
        return _name(request.headers.get("content-disposition", "")), body
    boundary = declared.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise BadRequest("the form has no boundary in its Content-Type; let your HTTP library set that header")
    found = _first_file(body, boundary.encode("ascii", "replace"))
    if found is None:
        raise BadRequest("the form holds no file; send one as a part with a filename, or send the file as the body")
    return found


def _first_file(body: bytes, boundary: bytes) -> tuple[str, bytes] | None:
    # RFC 2046, section 5.1.1: parts lie between delimiters that begin a line; two hyphens after the last one.
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        disposition = BytesHeaderParser(policy=HTTP).parsebytes(head + b"\r\n\r\n").get("content-disposition", "")
        if "filename" in str(disposition):
            return _name(str(disposition)), content
    return None


def _name(disposition: str) -> str:
    header = Message()
    header["content-disposition"] = disposition
    given = header.get_filename()
    return unquote(given) if given else _NAMELESS
