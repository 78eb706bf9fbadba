"""Where a request comes from, as far as it can be known."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from pydantic import IPvAnyNetwork
from starlette.datastructures import Headers
from starlette.types import Scope

_MOST = 50


def client_address(scope: Scope, trusted: Sequence[IPvAnyNetwork]) -> str | None:
    """The nearest address that is no trusted proxy: whoever is behind such a one stands in its ``X-Forwarded-For``.

    The header is read from its end, where our own proxies wrote; what a caller put before that is not believed. None where
    there is no address.
    """
    peer = _read(scope["client"][0]) if scope.get("client") else None
    if peer is None:
        return None
    chain = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")[-_MOST:]
    while chain and any(peer in network for network in trusted):
        before = _read(chain.pop().strip())
        if before is None:
            break
        peer = before
    return str(peer)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
