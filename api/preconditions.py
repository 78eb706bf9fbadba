"""Versions on the wire: ``ETag`` out, ``If-Match`` in (RFC 9110, sections 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Header, Response

from api.errors import BadRequest, PreconditionRequired


class Versioned(Protocol):
    """A record that counts its changes."""

    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=Versioned)
_TAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,17})"')


def put_etag(response: Response, version: int) -> None:
    """Tell the caller which version this is."""
    response.headers["ETag"] = f'"{version}"'


def tagged(found: T, response: Response) -> T:
    """The record, with its version told to the caller."""
    put_etag(response, found.version)
    return found


def read_if_match(if_match: str | None) -> int | None:
    """The version that the caller has seen; None for ``*``, which takes any.

    Raises PreconditionRequired without the header and BadRequest for one that is not an ETag of ours. The weak form counts
    like the strong one, because proxies that compress an answer weaken its tag.
    """
    if if_match is None:
        raise PreconditionRequired('send If-Match with the ETag you have seen, as in If-Match: "7"')
    tag = if_match.strip()
    if tag == "*":
        return None
    found = _TAG.fullmatch(tag)
    if found is None:
        raise BadRequest('If-Match must be one ETag of this record, as in "7", or *', code="malformed_if_match")
    return int(found.group(1))


async def _expected(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description="The record's ETag, or `*` for any version.")
    ] = None,
) -> int | None:
    return read_if_match(if_match)


Expected = Annotated[int | None, Depends(_expected)]
"""The version named by ``If-Match``; without the header the route answers 428."""
