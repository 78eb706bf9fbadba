"""Which addresses a URL that somebody gave us may lead to (server-side request forgery, OWASP A10:2021)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

# IPv6 that carries an IPv4 address: NAT64 (RFC 6052) in its last 32 bits; what 6to4, Teredo and mapped ones carry, Python knows.
_NAT64 = IPv6Network("64:ff9b::/96")

# Services of cloud hosts for their own machines that lie outside the link-local networks: Azure, Alibaba, AWS over IPv6.
_METADATA = frozenset(ip_address(one) for one in ("168.63.129.16", "100.100.100.200", "fd00:ec2::254"))


async def resolve(host: str, port: int) -> list[str]:
    """Addresses of ``host`` as the system resolves it, in its order. Raises OSError when it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def allowed(text: str, *, private: bool) -> bool:
    """Whether an address may be connected to: a public one; with ``private`` loopback and private networks too.

    Link-local addresses, those of cloud metadata, multicast, unspecified and reserved ones never are.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False  # with a zone, as in fe80::1%eth0
    return all(_allowed(one, private=private) for one in (address, *_carried(address)))


def is_public(text: str) -> bool:
    """Whether the whole Internet can be behind an address."""
    return allowed(text, private=False)


def _allowed(address: Address, *, private: bool) -> bool:
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA:
        return False
    if address.is_global:
        return True
    return private and (address.is_loopback or (address.is_private and not address.is_reserved))


def _carried(address: Address) -> list[Address]:
    if isinstance(address, IPv4Address):
        return []
    carried: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in carried if one is not None]
