"""Signed POSTs to subscribers, who may be anyone: the address is checked before it is connected to, and little is believed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

import httpx

from domain.deliveries import Attempt
from integrations.public_addresses import Resolve, allowed, is_public, resolve
from integrations.retries import retry_after
from kernel.errors import FieldError, Invalid

_CONNECT_SECONDS = 5.0
_ADDRESSES = 3  # tried of those that a name has
_ANSWER_BYTES = 16_384
_LONGEST_URL = 2_000
_LAST_PORT = 65_535
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


def signature(secrets: Sequence[bytes], message_id: UUID, at: int, body: bytes) -> str:
    """``t=<at>,v1=<hex>``, one ``v1`` per secret: HMAC-SHA256 over ``<id>.<at>.<body>``, ``at`` in Unix seconds.

    What is signed is what Standard Webhooks signs (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme"),
    so a body cannot be sent again later or under another id; several signatures let a secret be exchanged without a gap.
    """
    content = f"{message_id}.{at}.".encode() + body
    macs = [hmac.new(secret, content, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])


def headers(message_id: UUID, event: str, secrets: Sequence[bytes], at: datetime, body: bytes) -> dict[str, str]:
    """What goes with ``body``."""
    seconds = int(at.timestamp())
    return {
        "Content-Type": "application/json", "User-Agent": "Leadwright-Webhooks/1", "Leadwright-Id": str(message_id),
        "Leadwright-Event": event, "Leadwright-Timestamp": str(seconds),
        "Leadwright-Signature": signature(secrets, message_id, seconds, body),
    }  # fmt: skip


def checked_url(text: str, *, allow_private: bool) -> str:
    """``text`` as it is connected to. Raises Invalid naming what is wrong: https, a host, no user, no fragment, no private host.

    A name is not resolved here: what it means is asked, and checked, at every attempt.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise _refused(text, "malformed", "is no URL", "write it as https://host/path") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if url.scheme not in schemes:
        raise _refused(text, "scheme", "does not begin with https://", "use https") from None
    if not (
        _HOST.fullmatch(url.raw_host.decode("ascii"))
        and (url.port is None or 0 < url.port <= _LAST_PORT)
        and len(text) <= _LONGEST_URL
    ):
        remedy = f"write a host name and a port up to {_LAST_PORT}, at most {_LONGEST_URL} characters in all"
        raise _refused(text, "malformed", "has a host or port that cannot be, or is too long", remedy)
    if url.userinfo:
        raise _refused(text, "credentials", "carries a user name", "verify the signature instead")
    if url.fragment:
        raise _refused(text, "fragment", "has a fragment, which is never sent", "leave out what follows #")
    if (literal := _literal(url.host)) is not None and not allowed(literal, private=allow_private):
        raise _refused(text, "address", "leads to an address that is not public", "give a public address")
    if url.scheme == "http" and literal is not None and is_public(literal):
        raise _refused(text, "scheme", "would go over the Internet without TLS", "use https")
    return str(url)


class WebhookSender:
    """One POST at a time to whoever subscribed; holds no connection open, since one address may serve many names."""

    def __init__(
        self, *, timeout_seconds: float, allow_private: bool, tls: ssl.SSLContext | None = None,
        resolver: Resolve = resolve,
    ) -> None:  # fmt: skip
        self.timeout_seconds = timeout_seconds
        self.allow_private = allow_private
        self._resolve = resolver
        self._client = httpx.AsyncClient(
            verify=tls or True, trust_env=False, follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
        )  # fmt: skip

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def send(self, url: str, head: Mapping[str, str], body: bytes, now: datetime) -> Attempt:
        """POST ``body``; whatever happens is an :class:`Attempt`. Errors are named by class, without a word of the answer."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._sent(httpx.URL(url), head, body, now)
        except (TimeoutError, httpx.TimeoutException):
            return Attempt(error="timeout")
        except httpx.ConnectError as problem:
            return Attempt(error="tls" if _is_tls(problem) else "connect")
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            return Attempt(error="cut_off")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return Attempt(error="protocol")

    async def _sent(self, url: httpx.URL, head: Mapping[str, str], body: bytes, now: datetime) -> Attempt:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(url.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError):
            return Attempt(error="unresolved")
        # One bad address spoils the name: whoever answers with a mixture wants us to try until we are inside.
        if not addresses or not all(self._may_connect(url, address) for address in addresses):
            return Attempt(error="refused_address")
        *others, last = addresses[:_ADDRESSES]
        for address in others:
            try:
                return await self._posted(url, address, head, body, now)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._posted(url, last, head, body, now)

    def _may_connect(self, url: httpx.URL, address: str) -> bool:
        return allowed(address, private=self.allow_private) and (url.scheme == "https" or not is_public(address))

    async def _posted(
        self, url: httpx.URL, address: str, head: Mapping[str, str], body: bytes, now: datetime
    ) -> Attempt:
        """To the address that was checked, under the name that was given: a second look-up could answer otherwise."""
        request = self._client.build_request(
            "POST", url.copy_with(host=address), content=body, headers={**head, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )  # fmt: skip
        response = await self._client.send(request, stream=True)
        try:
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > _ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return Attempt(response.status_code, retry_after=retry_after(response.headers, now))


def _literal(host: str) -> str | None:
    """``host`` as an address if it is one, as in a browser: 127.1, 0x7f000001 and 2130706433 are 127.0.0.1."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _is_tls(problem: BaseException) -> bool:
    seen: BaseException | None = problem
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _refused(url: str, code: str, message: str, remedy: str) -> Invalid:
    return Invalid("the URL cannot be subscribed", fields=(FieldError("url", code, message, remedy, url[:80]),))
